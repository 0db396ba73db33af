/** What survives a reload, and what happens where storage is refused or full. */
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { Keep } from './keep.ts';
import type { Command } from './outbox.ts';

beforeEach(() => localStorage.clear());

function aCommand(id: string, change: Partial<Command> = {}): Command {
  const frame = { t: 'send' as const, id, text: id, attachments: [] };
  return { id, frame, at: 1, state: 'waiting', tries: 0, since: 1, attachments: [], ...change };
}

describe('what is kept', () => {
  it('is there for the next page of the same channel, and no other', () => {
    const keep = new Keep('web', localStorage);
    keep.token = 't';
    keep.details = { name: 'Alice' };
    keep.draft = { text: 'half a', attachments: [] };

    expect(new Keep('web', localStorage)).toMatchObject({
      token: 't',
      details: { name: 'Alice' },
      draft: { text: 'half a' },
    });
    expect(new Keep('shop', localStorage).token).toBeNull();
  });

  it('comes back oldest first, to be said again; what failed stays failed', () => {
    const keep = new Keep('web', localStorage);
    keep.keep(aCommand('b', { at: 2, state: 'sending' }));
    keep.keep(aCommand('a', { at: 1, state: 'failed' }));
    keep.keep(aCommand('c', { at: 3 }));
    keep.forget('c');

    expect(keep.outbox().map(({ id, state }) => [id, state])).toEqual([
      ['a', 'failed'],
      ['b', 'waiting'],
    ]);
  });

  it('of two tabs does not overwrite each other', () => {
    new Keep('web', localStorage).keep(aCommand('a', { at: 1 }));
    new Keep('web', localStorage).keep(aCommand('b', { at: 2 }));

    expect(new Keep('web', localStorage).outbox()).toHaveLength(2);
  });

  it('tells the loader whether a conversation is under way', () => {
    const keep = new Keep('web', localStorage);
    keep.live = true;
    expect(localStorage.getItem('hub:web:live')).not.toBeNull();

    keep.live = false;
    expect(localStorage.getItem('hub:web:live')).toBeNull();
  });

  it('lives as long as the page where storage is refused or full', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    for (const storage of [null, localStorage]) {
      const keep = new Keep('web', storage);
      keep.keep(aCommand('a'));
      keep.token = 't';

      expect(keep.outbox().map(({ id }) => id)).toEqual(['a']);
      expect(keep.token).toBe('t');
      keep.forget('a');
      expect(keep.outbox()).toEqual([]);
    }
  });

  it('is passed over when somebody else wrote nonsense there', () => {
    localStorage.setItem('hub:web:out:x', '{');
    localStorage.setItem('hub:web:draft', 'nonsense');
    const keep = new Keep('web', localStorage);

    expect(keep.outbox()).toEqual([]);
    expect(keep.draft.text).toBe('');
  });
});
