/** A person's own text, cut into what is plain and what is a link. */

export type Piece = { readonly text: string; readonly href?: string };

const LINK = /https?:\/\/[^\s<>"'，。；！？、（）【】《》]+/g;
const TRAILING = /[.,;:!?)\]}]+$/;

export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const href = match[0].replace(TRAILING, '');
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: href, href });
    end = match.index + href.length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

/** 韩梅 is 韩, Alice Chen is AC. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  if (/^\p{Script=Han}/u.test(name.trim())) return first(name.trim());
  return [words[0], words.length > 1 ? words.at(-1) : '']
    .map((word) => first(word ?? ''))
    .join('')
    .toUpperCase();
}

/** The first character, whole, even outside the basic plane. */
function first(text: string): string {
  return Array.from(text)[0] ?? '';
}

/** Sorts what was typed into one field: an address, a number, or neither. */
export function contact(text: string): { email?: string; phone?: string } | null {
  const typed = text.trim();
  if (!typed) return {};
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(typed)) return { email: typed };
  const digits = typed.replace(/[\s().-]/g, '');
  return /^\+?\d{5,15}$/.test(digits) ? { phone: digits } : null;
}
