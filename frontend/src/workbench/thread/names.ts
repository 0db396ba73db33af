/** File names from outside, made safe to look at. */

// Characters that reorder, hide or break what stands around them.
const TRICKS = /[\u0000-\u001f\u007f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u202b\u202e\u2067]/u;

export type ShownName = { text: string; rtl: boolean };

export function shownName(name: string): ShownName {
  const text = name.replace(TRICKS, '\u2423').trim();
  return { text: text === '' ? '\u2423' : text, rtl: RIGHT_TO_LEFT.test(name) };
}
