/** When Enter sends, and when it only ends a pinyin word. */
import { expect, test } from 'vitest';

import { meaningOf, type EnterKey } from './enter';

const NEVER = { endedAt: null };
const enter = (fields: Partial<EnterKey> = {}): EnterKey => ({
  key: 'Enter',
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  keyCode: 13,
  ...fields,
});

test('a plain Enter sends where Enter sends', () => {
  expect(meaningOf(enter(), NEVER, 5000, true)).toBe('send');
});

test('a plain Enter is a new line where only Ctrl+Enter sends', () => {
  expect(meaningOf(enter(), NEVER, 5000, false)).toBe('new_line');
  expect(meaningOf(enter({ ctrlKey: true }), NEVER, 5000, false)).toBe('send');
  expect(meaningOf(enter({ metaKey: true }), NEVER, 5000, false)).toBe('send');
});

test('Shift+Enter is always a new line', () => {
  expect(meaningOf(enter({ shiftKey: true }), NEVER, 5000, true)).toBe('new_line');
});

test('Enter while a word is being composed never sends', () => {
  expect(meaningOf(enter({ isComposing: true, keyCode: 229 }), NEVER, 5000, true)).toBe(
    'composing',
  );
  expect(meaningOf(enter({ isComposing: true, ctrlKey: true }), NEVER, 5000, true)).toBe(
    'composing',
  );
});

test('the Enter that ends a composition, told too late with code 229, never sends', () => {
  expect(meaningOf(enter({ keyCode: 229 }), { endedAt: 4990 }, 5000, true)).toBe('composing');
});

test('code 229 alone, long after any composition, is an ordinary Enter', () => {
  expect(meaningOf(enter({ keyCode: 229 }), NEVER, 5000, true)).toBe('send');
  expect(meaningOf(enter({ keyCode: 229 }), { endedAt: 4000 }, 5000, true)).toBe('send');
});

test('an ordinary Enter right after a composition sends: the word is whole', () => {
  expect(meaningOf(enter({ keyCode: 13 }), { endedAt: 4990 }, 5000, true)).toBe('send');
});

test('other keys mean nothing', () => {
  expect(meaningOf(enter({ key: 'a' }), NEVER, 5000, true)).toBe('nothing');
});
