/** Keeps a list still while somebody aims at it: rows never move under the pointer. */

export type Held = {
  /** What is drawn. */
  shown: readonly string[];
  /** How many are new since the list was held. */
  arrived: number;
  /** The order has changed behind the still list. */
  moved: boolean;
};

/** What a held list shows: the rows it had, in the order it had; what left the view stays until it is let go. */
export function heldList(before: readonly string[], latest: readonly string[]): Held {
  const had = new Set(before);
  const arrived = latest.reduce((count, id) => (had.has(id) ? count : count + 1), 0);
  const kept = latest.filter((id) => had.has(id));
  const moved = kept.length !== before.length || kept.some((id, at) => id !== before[at]);
  return { shown: before, arrived, moved };
}

export function freeList(latest: readonly string[]): Held {
  return { shown: latest, arrived: 0, moved: false };
}

/** A further page read while the list is held belongs at its end: nothing moves. */
export function extendHeld(
  before: readonly string[],
  latest: readonly string[],
): readonly string[] {
  const last = before.at(-1);
  const from = last === undefined ? -1 : latest.lastIndexOf(last);
  if (from < 0 || from === latest.length - 1) return before;
  const had = new Set(before);
  const further = latest.slice(from + 1).filter((id) => !had.has(id));
  return further.length === 0 ? before : [...before, ...further];
}

/** The neighbour that J or K goes to. Without a place in the list, the first. */
export function neighbour(
  ids: readonly string[],
  from: string | undefined,
  step: 1 | -1,
): string | undefined {
  const at = from === undefined ? -1 : ids.indexOf(from);
  if (at < 0) return ids[0];
  return ids[Math.min(ids.length - 1, Math.max(0, at + step))];
}
