/** Why this offer came to me, in a sentence. */
import type { Offer } from '@/domain/entities';
import type { T } from '@/workbench/parts';

const KNOWN = [
  'longest_idle',
  'least_loaded',
  'alone',
  'preferred',
  'transferred',
  'picked',
  'assigned',
] as const;

export function whyWords(offer: Offer, queue: string, t: T): string {
  const code = KNOWN.find((known) => known === offer.why.code);
  return code === undefined ? t('offer.why.other', { queue }) : t(`offer.why.${code}`);
}
