/** Enter sends a message, and never half a word of an input method. */
// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { meansSend, NO_COMPOSITION, type Key } from './ime.ts';

function enter(change: Partial<Key> = {}): Key {
  return {
    key: 'Enter',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it has no successor, see ime.ts
    keyCode: 13,
    isComposing: false,
    shiftKey: false,
    altKey: false,
    timeStamp: 5_000,
    ...change,
  };
}

describe('Enter', () => {
  it('sends when no input method is at work', () => {
    expect(meansSend(enter(), NO_COMPOSITION)).toBe(true);
  });

  it('makes a new line with Shift or Alt', () => {
    expect(meansSend(enter({ shiftKey: true }), NO_COMPOSITION)).toBe(false);
    expect(meansSend(enter({ altKey: true }), NO_COMPOSITION)).toBe(false);
  });

  it('chooses a word while the browser says it is composing (Chrome, Firefox)', () => {
    const key = enter({ isComposing: true, keyCode: 229 });

    expect(meansSend(key, { composing: true, endedAt: -Infinity })).toBe(false);
  });

  it('chooses a word when only we have seen the composition begin', () => {
    expect(meansSend(enter(), { composing: true, endedAt: -Infinity })).toBe(false);
  });

  it('chooses a word when it comes just after the composition ended (Safari)', () => {
    const key = enter({ keyCode: 229 });

    expect(meansSend(key, { composing: false, endedAt: 4_950 })).toBe(false);
  });

  it('sends with key 229 when no composition ended just now: some keyboards always say 229', () => {
    const key = enter({ keyCode: 229 });

    expect(meansSend(key, { composing: false, endedAt: 4_900 })).toBe(true);
    expect(meansSend(key, NO_COMPOSITION)).toBe(true);
  });

  it('sends at once after a word was chosen by space, so that fast typists are not held up', () => {
    expect(meansSend(enter(), { composing: false, endedAt: 4_990 })).toBe(true);
  });

  it('is the only key that sends', () => {
    expect(meansSend(enter({ key: 'a' }), NO_COMPOSITION)).toBe(false);
  });
});
