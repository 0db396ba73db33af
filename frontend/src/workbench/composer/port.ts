/** Lets the article panel put words where the cursor is, without knowing the composer. */
type Insert = (words: string) => void;

let current: Insert | null = null;

export function openPort(insert: Insert): () => void {
  current = insert;
  return () => {
    if (current === insert) current = null;
  };
}

/** False when there is nothing to write into. */
export function insertWords(words: string): boolean {
  current?.(words);
  return current !== null;
}
