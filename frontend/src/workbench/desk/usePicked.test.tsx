/** What one walks to is shown at once; the address follows whoever stays, and is believed when it knows better. */
import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { REST, usePicked } from './usePicked';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function aDesk(at?: string) {
  const told: string[] = [];
  const desk = renderHook(
    ({ addressed }: { addressed: string | undefined }) =>
      usePicked(addressed, (id) => told.push(id)),
    { initialProps: { addressed: at } },
  );
  return {
    told,
    shown: () => desk.result.current.shown,
    pick: (id: string) => {
      act(() => desk.result.current.pick(id));
    },
    address: (addressed: string | undefined) => desk.rerender({ addressed }),
    rest: () => void act(() => vi.advanceTimersByTime(REST)),
  };
}

test('what was picked is shown before the address knows', () => {
  const desk = aDesk('ann');

  desk.pick('bob');

  expect(desk.shown()).toBe('bob');
  expect(desk.told).toEqual([]);
});

test('the address hears of where one stays, not of what one passes', () => {
  const desk = aDesk('ann');

  desk.pick('bob');
  desk.pick('cid');
  desk.rest();

  expect(desk.told).toEqual(['cid']);
});

test('an address that comes late does not pull one back', () => {
  const desk = aDesk('ann');
  desk.pick('bob');
  desk.rest();

  desk.pick('cid');
  desk.address('bob');
  const meanwhile = desk.shown();
  desk.rest();

  expect(meanwhile).toBe('cid');
  expect(desk.told).toEqual(['bob', 'cid']);
});

test('an address from elsewhere is believed', () => {
  const desk = aDesk('ann');
  desk.pick('bob');

  desk.address('dot');
  desk.rest();

  expect(desk.shown()).toBe('dot');
  expect(desk.told).toEqual([]);
});

test('going back to where one came from works', () => {
  const desk = aDesk('ann');
  desk.pick('bob');
  desk.rest();
  desk.address('bob');

  desk.address('ann');

  expect(desk.shown()).toBe('ann');
});

test('leaving the conversation leaves nothing shown', () => {
  const desk = aDesk('ann');
  desk.pick('bob');

  desk.address(undefined);

  expect(desk.shown()).toBeUndefined();
});
