/** `/` at the start of a word opens the articles; what follows it is what to look for. */

export type Slash = { from: number; to: number; q: string };

export function slashAt(text: string, caret: number): Slash | null {
  const before = text.slice(0, caret);
  const from = before.lastIndexOf('/');
  if (from < 0) return null;
  const q = before.slice(from + 1);
  if (q.includes('\n') || q.length > 40 || q.startsWith(' ') || q.startsWith('/')) return null;
  const previous = from === 0 ? '' : before[from - 1];
  // Chinese has no spaces between words: the sign may follow any of its characters and marks.
  if (previous !== undefined && !/^$|\s|[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]/u.test(previous))
    return null;
  return { from, to: caret, q };
}

export function insertAt(
  text: string,
  slash: { from: number; to: number },
  words: string,
): { text: string; caret: number } {
  const head = text.slice(0, slash.from);
  return { text: head + words + text.slice(slash.to), caret: head.length + words.length };
}
