/** Why this offer came to me, in a sentence. */
import type { Offer } from '@/domain/entities';
import type { Key } from '@/i18n/workbench/catalogue';
import type { T } from '@/workbench/parts';

const SENTENCES: Record<string, Key> = {
  longest_idle: 'offer.why.longest_idle',
  least_loaded: 'offer.why.least_loaded',
  only_one: 'offer.why.alone',
  preferred: 'offer.why.preferred',
  transferred: 'offer.why.transferred',
  direct: 'offer.why.transferred',
  picked: 'offer.why.picked',
  assigned: 'offer.why.assigned',
  forced: 'offer.why.assigned',
};

export function whyWords(offer: Offer, queue: string, t: T): string {
  return t(SENTENCES[offer.why.code] ?? 'offer.why.other', { queue });
}
