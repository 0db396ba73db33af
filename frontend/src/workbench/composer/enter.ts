/** What Enter means: a sentence sent, a new line, or only the end of a word still being composed. */

export type EnterKey = {
  key: string;
  shiftKey: boolean;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  keyCode: number;
};

/** When a composition ended last (`event.timeStamp` of compositionend), null when there was none. */
export type Composition = { endedAt: number | null };

const AFTERGLOW = 100;

/**
 * Some browsers report the Enter that ends a composition after it has ended, with `isComposing` false and key code 229; others keep
 * code 229 on ordinary keys. So 229 alone only counts just after a composition.
 */
export function belongsToComposition(
  event: Pick<EnterKey, 'isComposing' | 'keyCode'>,
  composition: Composition,
  now: number,
): boolean {
  if (event.isComposing) return true;
  const { endedAt } = composition;
  return event.keyCode === 229 && endedAt !== null && now - endedAt < AFTERGLOW;
}

export type EnterMeaning = 'send' | 'new_line' | 'composing' | 'nothing';

export function meaningOf(
  event: EnterKey,
  composition: Composition,
  now: number,
  enterSends: boolean,
): EnterMeaning {
  if (event.key !== 'Enter') return 'nothing';
  if (belongsToComposition(event, composition, now)) return 'composing';
  if (event.ctrlKey || event.metaKey) return 'send';
  if (event.shiftKey || event.altKey) return 'new_line';
  return enterSends ? 'send' : 'new_line';
}
