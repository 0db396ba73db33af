/** Keeps a list still while somebody aims at it: rows never move under the pointer. */

export type Held = {
  /** What is drawn. */
  shown: readonly string[];
  /** How many are new since the list was held. */
  arrived: number;
};

// A list of thousands is held while dozens of events a second pass by: its set is made once.
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(ids: readonly string[]): ReadonlySet<string> {
  const known = sets.get(ids);
  if (known !== undefined) return known;
  const made = new Set(ids);
  sets.set(ids, made);
  return made;
}

/** What a held list shows: the rows it had, in the order it had; what left the view stays until it is let go. */
export function heldList(before: readonly string[], latest: readonly string[]): Held {
  const had = setOf(before);
  let arrived = 0;
  for (const id of latest) if (!had.has(id)) arrived += 1;
  return { shown: before, arrived };
}

export function freeList(latest: readonly string[]): Held {
  return { shown: latest, arrived: 0 };
}

/** A further page read while the list is held belongs at its end: nothing moves. */
export function extendHeld(
  before: readonly string[],
  latest: readonly string[],
): readonly string[] {
  const last = before.at(-1);
  const from = last === undefined ? -1 : latest.lastIndexOf(last);
  if (from < 0 || from === latest.length - 1) return before;
  const had = setOf(before);
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
