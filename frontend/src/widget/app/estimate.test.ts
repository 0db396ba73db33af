/** A wait is a range that can be kept, or no figure at all. */
// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { range } from './estimate.ts';

const MINUTE = 60_000;

describe('an estimate', () => {
  it.each([
    [130_000, 230_000, { unit: 'minutes', from: 2, to: 4 }],
    [2 * MINUTE, 2 * MINUTE, { unit: 'minutes', from: 2, to: 3 }],
    [0, 20_000, { unit: 'minutes', from: 0, to: 1 }],
    [10_000, 3 * MINUTE, { unit: 'minutes', from: 0, to: 3 }],
    [4 * MINUTE, 2 * MINUTE, { unit: 'minutes', from: 2, to: 4 }],
    [50 * MINUTE, 100 * MINUTE, { unit: 'hours', from: 0, to: 2 }],
  ])('from %i to %i ms is told as %o', (low, high, told) => {
    expect(range({ low, high })).toEqual(told);
  });

  it('is never one single figure', () => {
    for (let low = 0; low < 120 * MINUTE; low += 7_777) {
      const told = range({ low, high: low });
      expect(told && told.to > told.from).toBe(true);
    }
  });

  it.each([
    ['there is none', null],
    ['it is beyond a day', { low: 0, high: 25 * 60 * MINUTE }],
    ['it is no number', { low: Number.NaN, high: MINUTE }],
    ['it is in the past', { low: -1, high: MINUTE }],
  ])('is not told when %s', (_, estimate) => {
    expect(range(estimate)).toBeNull();
  });
});
