/** A wait is told as a range, or not at all: never as one figure that will be false. */
import type { Millis } from './protocol.ts';

export type Range = {
  readonly unit: 'minutes' | 'hours';
  readonly from: number;
  readonly to: number;
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Beyond this a count of minutes says more than anybody knows. */
const COARSE = 90 * MINUTE;
/** Beyond this nobody can know. */
const UNKNOWN = 24 * HOUR;

export function range(
  estimate: { readonly low: Millis; readonly high: Millis } | null,
): Range | null {
  if (!estimate) return null;
  const low = Math.min(estimate.low, estimate.high);
  const high = Math.max(estimate.low, estimate.high);
  if (!(low >= 0 && high <= UNKNOWN)) return null;
  const [unit, size] = high > COARSE ? (['hours', HOUR] as const) : (['minutes', MINUTE] as const);
  const from = Math.floor(low / size);
  return { unit, from, to: Math.max(Math.ceil(high / size), from + 1) };
}
