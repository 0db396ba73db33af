/** One polite voice for screen readers: what is said is kept short, and no faster than it can be read out. */
import { useSyncExternalStore } from 'react';

const PAUSE = 1500;

let said = '';
let waiting: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function speakNext(): void {
  const next = waiting.shift();
  timer = next === undefined ? undefined : setTimeout(speakNext, PAUSE);
  if (next === undefined) return;
  // The same sentence twice is only read out when the text differs.
  said = next === said ? `${next}\u00a0` : next;
  for (const listener of listeners) listener();
}

export function announce(sentence: string): void {
  if (waiting.at(-1) === sentence) return;
  waiting = [...waiting.slice(-3), sentence];
  if (timer === undefined) speakNext();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Announcer() {
  const sentence = useSyncExternalStore(subscribe, () => said);
  return (
    <div className="vh" role="status" aria-live="polite" aria-atomic="true">
      {sentence}
    </div>
  );
}
