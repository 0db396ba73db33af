/** The pips of an offer: one a second, a set of twenty at most. */
import type { Millis, Offer } from '@/domain/entities';

const MOST = 20;

export type Countdown = { left: number; total: number; pips: number; lit: number };

export function countdownOf(offer: Pick<Offer, 'made_at' | 'deadline'>, now: Millis): Countdown {
  const total = Math.max(1, Math.round((offer.deadline - offer.made_at) / 1000));
  const left = Math.min(total, Math.max(0, Math.ceil((offer.deadline - now) / 1000)));
  const pips = Math.min(MOST, total);
  return { left, total, pips, lit: Math.ceil((left / total) * pips) };
}

/** Offers still open to me, the most pressing first. */
export function openOffers(offers: readonly Offer[], me: string, now: Millis): Offer[] {
  return offers
    .filter((offer) => offer.agent_id === me && offer.state === 'pending' && offer.deadline > now)
    .sort((a, b) => a.deadline - b.deadline);
}

/** How many are shown behind the one in front. */
export const BEHIND = 3;

export type Stack = {
  /** The one that Enter accepts. It stays in front while it is open, whatever else comes. */
  front: Offer | undefined;
  /** Those shown beneath it, the most pressing first. */
  behind: readonly Offer[];
  /** Those there is no room for; nobody has seen them. */
  hidden: readonly Offer[];
};

export function stackOf(open: readonly Offer[], held: string | null): Stack {
  const front = open.find((offer) => offer.id === held) ?? open[0];
  const others = open.filter((offer) => offer !== front);
  return { front, behind: others.slice(0, BEHIND), hidden: others.slice(BEHIND) };
}
