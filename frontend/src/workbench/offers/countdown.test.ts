/** The seconds of an offer. */
import { expect, test } from 'vitest';

import { anOffer, NOON, SECOND } from '@/workbench/testing';

import { countdownOf, openOffers } from './countdown';

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
