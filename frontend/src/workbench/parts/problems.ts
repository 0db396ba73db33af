/** A refusal of the hub, in words a person can act on. */
import { Refused } from '@/sync';

import type { T } from './words';

const KNOWN = [
  'not_found',
  'forbidden',
  'conflict',
  'stale_rev',
  'offer_gone',
  'no_room',
  'invalid',
  'too_large',
  'too_many',
  'storage_down',
  'not_signed_in',
  'colleague_replied',
  'conversation_ended',
  'has_ended',
  'not_yours',
  'capacity',
  'cannot_take',
  'offered_elsewhere',
  'not_waiting',
  'ticket_closed',
  'cannot_become',
  'already_linked',
  'email_taken',
  'key_taken',
  'last_admin',
  'not_an_address',
  'still_unreadable',
  'still_indigestible',
  'reader_gone',
  'damaged',
  'not_to_retry',
  'already_translated',
  'nothing_to_send',
  'wrong_sign_in',
] as const;
type Known = (typeof KNOWN)[number];

export function wordsFor(code: string, t: T): string {
  if (code === 'unreachable') return t('errors.network');
  const known = KNOWN.find((name): name is Known => name === code);
  return known === undefined ? t('errors.unknown') : t(`errors.${known}`);
}

export function problemOf(error: unknown, t: T): string {
  if (error instanceof Refused) return wordsFor(error.code, t);
  return t('errors.network');
}
