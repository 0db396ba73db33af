/** How a lost line is told: nothing, a dot, a banner; never more. */
import { expect, test } from 'vitest';

import { lineSigns } from './line';

const down = (since: number | null) => ({ state: 'waiting' as const, down_since: since });

test('under two seconds nobody is bothered', () => {
  expect(lineSigns(down(1000), 2900)).toBe('none');
});

test('then a dot, and after ten seconds a slim banner', () => {
  expect(lineSigns(down(1000), 3000)).toBe('dot');
  expect(lineSigns(down(1000), 10_999)).toBe('dot');
  expect(lineSigns(down(1000), 11_000)).toBe('banner');
});

test('live is silent', () => {
  expect(lineSigns({ state: 'live', down_since: null }, 99_999)).toBe('none');
});
