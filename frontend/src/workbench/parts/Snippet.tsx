/** A piece of found text with the words that were looked for marked in it. */
import type { ReactNode } from 'react';

/** `marks`: places from–to in the text. */
export type Snippet = { text: string; marks: readonly (readonly [number, number])[] };

export function SnippetText({ snippet }: { snippet: Snippet | string | null | undefined }) {
  if (snippet == null) return null;
  if (typeof snippet === 'string') return snippet;
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [from, to] of snippet.marks) {
    parts.push(
      snippet.text.slice(at, from),
      <mark key={from}>{snippet.text.slice(from, to)}</mark>,
    );
    at = to;
  }
  parts.push(snippet.text.slice(at));
  return parts;
}
