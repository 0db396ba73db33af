/** The seconds of an offer. */
import { expect, test } from 'vitest';

import { anOffer, NOON, SECOND } from '@/workbench/testing';

import { BEHIND, countdownOf, openOffers, stackOf } from './countdown';

test('one pip a second, lit for those left', () => {
  expect(countdownOf(anOffer(), NOON + 6 * SECOND)).toEqual({
    left: 14,
    total: 20,
    pips: 20,
    lit: 14,
  });
});

test('a second that has begun still counts', () => {
  expect(countdownOf(anOffer(), NOON + 6 * SECOND + 1).left).toBe(14);
  expect(countdownOf(anOffer(), NOON + 7 * SECOND).left).toBe(13);
});

test('a long offer keeps to twenty pips', () => {
  const offer = anOffer({ deadline: NOON + 60 * SECOND });

  expect(countdownOf(offer, NOON)).toEqual({ left: 60, total: 60, pips: 20, lit: 20 });
  expect(countdownOf(offer, NOON + 30 * SECOND).lit).toBe(10);
});

test('after the deadline nothing is left, and never less', () => {
  expect(countdownOf(anOffer(), NOON + 90 * SECOND)).toMatchObject({ left: 0, lit: 0 });
});

test('only my own pending offers are open, the most pressing first', () => {
  const late = anOffer({ id: 'late', deadline: NOON + 30 * SECOND });
  const soon = anOffer({ id: 'soon', deadline: NOON + 10 * SECOND });
  const others = anOffer({ id: 'others', agent_id: 'li' });
  const gone = anOffer({ id: 'gone', state: 'withdrawn' });
  const over = anOffer({ id: 'over', deadline: NOON });

  const open = openOffers([late, others, gone, over, soon], 'me', NOON);

  expect(open.map(({ id }) => id)).toEqual(['soon', 'late']);
});

const soonest = ['a', 'b', 'c', 'd', 'e', 'f'].map((id, at) =>
  anOffer({ id, deadline: NOON + (at + 5) * SECOND }),
);
const ids = (offers: readonly { id: string }[]) => offers.map(({ id }) => id).join('');

test('the most pressing is in front, the next ones behind it, the rest out of sight', () => {
  const { front, behind, hidden } = stackOf(soonest, null);

  expect(front?.id).toBe('a');
  expect(behind).toHaveLength(BEHIND);
  expect([ids(behind), ids(hidden)]).toEqual(['bcd', 'ef']);
});

test('what is in front stays there while it is open', () => {
  const { front, behind } = stackOf(soonest, 'c');

  expect(front?.id).toBe('c');
  expect(ids(behind)).toBe('abd');
  expect(stackOf(soonest.slice(3), 'c').front?.id).toBe('d');
});

test('with nothing open there is nothing in front', () => {
  expect(stackOf([], 'a')).toEqual({ front: undefined, behind: [], hidden: [] });
});
