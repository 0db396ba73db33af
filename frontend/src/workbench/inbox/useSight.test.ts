/** The rows in sight are few, are there, and move as little as possible. */
import { describe, expect, test } from 'vitest';

import { scrollFor, sightOf } from './useSight';

describe('what is drawn', () => {
  test('is what fits the window, and a few more', () => {
    expect(sightOf(0, 600, 60, 10_000)).toEqual({ from: 0, to: 18 });
    expect(sightOf(6_000, 600, 60, 10_000)).toEqual({ from: 92, to: 118 });
  });

  test('ends with the list', () => {
    expect(sightOf(0, 600, 60, 3)).toEqual({ from: 0, to: 3 });
    expect(sightOf(599_400, 600, 60, 10_000)).toEqual({ from: 9_982, to: 10_000 });
  });

  test('is nothing of an empty list, however far the last one was scrolled', () => {
    expect(sightOf(6_000, 600, 60, 0)).toEqual({ from: 0, to: 0 });
  });

  test('does not mind a list pulled beyond its top', () => {
    expect(sightOf(-80, 600, 60, 10_000)).toEqual({ from: 0, to: 18 });
  });
});

describe('a row that is walked to', () => {
  const sight = { scrolled: 600, window: 600 };

  test('does not move the list while it is in sight', () => {
    expect(scrollFor(10, 60, sight)).toBeNull();
    expect(scrollFor(19, 60, sight)).toBeNull();
  });

  test('comes to the edge it was beyond', () => {
    expect(scrollFor(9, 60, sight)).toBe(540);
    expect(scrollFor(20, 60, sight)).toBe(660);
  });
});
