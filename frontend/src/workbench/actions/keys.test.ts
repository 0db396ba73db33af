/** When a key is a command and when it is only a letter. */
import { expect, test } from 'vitest';

import { firesOn, nameOf, type Pressed } from './keys';
import { KEYS } from './shortcuts';

const press = (code: string, fields: Partial<Pressed> = {}): Pressed => ({
  code,
  key: code.replace('Key', '').toLowerCase(),
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  isComposing: false,
  keyCode: 74,
  ...fields,
});
const idle = { writing: false, singleKeys: true };

test('a single letter acts while nobody writes', () => {
  expect(firesOn(press('KeyJ'), KEYS.next[0], idle)).toBe(true);
  expect(firesOn(press('KeyJ'), KEYS.next[0], { ...idle, writing: true })).toBe(false);
});

test('single letters can be switched off, the Alt form stays', () => {
  const off = { writing: false, singleKeys: false };

  expect(firesOn(press('KeyJ'), KEYS.next[0], off)).toBe(false);
  expect(firesOn(press('KeyJ', { altKey: true }), KEYS.next[1], off)).toBe(true);
});

test('the Alt form works while writing', () => {
  expect(firesOn(press('KeyL', { altKey: true }), KEYS.reply[1], { ...idle, writing: true })).toBe(
    true,
  );
});

test('nothing fires while a word is composed', () => {
  expect(firesOn(press('KeyJ', { isComposing: true }), KEYS.next[0], idle)).toBe(false);
  expect(firesOn(press('KeyJ', { keyCode: 229 }), KEYS.next[0], idle)).toBe(false);
});

test('a slash searches, a question mark helps, on any layout', () => {
  expect(firesOn(press('Slash', { key: '/' }), KEYS.search[0], idle)).toBe(true);
  expect(firesOn(press('Slash', { key: '?', shiftKey: true }), KEYS.search[0], idle)).toBe(false);
  expect(firesOn(press('Slash', { key: '?', shiftKey: true }), KEYS.help[0], idle)).toBe(true);
});

test('keys are printed as people know them', () => {
  expect(nameOf(KEYS.palette[0], true)).toBe('⌘K');
  expect(nameOf(KEYS.palette[0], false)).toBe('Ctrl K');
  expect(nameOf(KEYS.accept[0], false)).toBe('Alt A');
  expect(nameOf(KEYS.help[0], false)).toBe('?');
});
