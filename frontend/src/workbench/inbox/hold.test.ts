/** The list stands still under the pointer. */
import { expect, test } from 'vitest';

import { extendHeld, freeList, heldList, neighbour } from './hold';

test('a held list shows what it had, in the order it had', () => {
  const held = heldList(['a', 'b', 'c'], ['c', 'a', 'b']);

  expect(held.shown).toEqual(['a', 'b', 'c']);
  expect(held.arrived).toBe(0);
});

test('new rows wait and are counted', () => {
  const held = heldList(['a', 'b'], ['x', 'a', 'y', 'b']);

  expect(held.shown).toEqual(['a', 'b']);
  expect(held.arrived).toBe(2);
});

test('a row that left the view stays until the list is let go', () => {
  expect(heldList(['a', 'b'], ['b']).shown).toEqual(['a', 'b']);
  expect(freeList(['b']).shown).toEqual(['b']);
});

test('a further page goes to the end of a held list: nothing above it moves', () => {
  expect(extendHeld(['a', 'b'], ['x', 'a', 'b', 'c', 'd'])).toEqual(['a', 'b', 'c', 'd']);
  const before = ['a', 'b'];
  expect(extendHeld(before, ['x', 'a', 'b'])).toBe(before);
});

test('J and K go to the neighbour and stop at the ends', () => {
  const ids = ['a', 'b', 'c'];

  expect(neighbour(ids, 'a', 1)).toBe('b');
  expect(neighbour(ids, 'a', -1)).toBe('a');
  expect(neighbour(ids, 'c', 1)).toBe('c');
  expect(neighbour(ids, undefined, 1)).toBe('a');
  expect(neighbour([], undefined, 1)).toBeUndefined();
});
