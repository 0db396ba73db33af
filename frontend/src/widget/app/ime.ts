/** When Enter means "send", and when it only chooses a word in an input method. */

/** What composition has been seen on a field, in the events' own clock. */
export type Composition = { readonly composing: boolean; readonly endedAt: number };

export const NO_COMPOSITION: Composition = { composing: false, endedAt: -Infinity };

/** Safari ends the composition first and reports the Enter that ended it afterwards, as key 229. */
const JUST_ENDED = 100;

export type Key = Pick<
  KeyboardEvent,
  'key' | 'keyCode' | 'isComposing' | 'shiftKey' | 'altKey' | 'timeStamp'
>;

/** Neither `isComposing` alone nor 229 alone is right in the field: both rules are needed. */
export function belongsToInputMethod(key: Key, { composing, endedAt }: Composition): boolean {
  // It is deprecated and has no successor: 229 alone says "this key went to the input method".
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const { keyCode } = key;
  return composing || key.isComposing || (keyCode === 229 && key.timeStamp - endedAt < JUST_ENDED);
}

export function meansSend(key: Key, composition: Composition): boolean {
  return (
    key.key === 'Enter' && !key.shiftKey && !key.altKey && !belongsToInputMethod(key, composition)
  );
}
