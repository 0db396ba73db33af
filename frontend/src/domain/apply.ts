/** The one rule by which a change alters what a screen holds (docs/realtime.md, section 2). */
import type { Id } from './entities';
import type { Change } from './frames';

/** An entity as held: `value` is null when it was removed, and its `rev` stays as a tombstone. */
export type Held = { rev: number; value: Readonly<Record<string, unknown>> | null };

/** Held entities by `kind`, then by `id`. */
export type HeldEntities = Map<string, Map<Id, Held>>;

/**
 * What became of a change:
 * - `applied`: the held entity is now as the hub's was at that `rev`
 * - `stale`: what is held is as new or newer
 * - `missing`: a patch for something not held; nothing is known, so nothing is kept
 * - `behind`: a patch more than one `rev` ahead; the entity must be fetched again
 */
export type Outcome = 'applied' | 'stale' | 'missing' | 'behind';

/** Decide what a change does to one held entity. Pure: the answer is the new entity, or why there is none. */
export function changed(
  held: Held | undefined,
  change: Change,
): { outcome: 'applied'; held: Held } | { outcome: Exclude<Outcome, 'applied'> } {
  if (held !== undefined && change.rev <= held.rev) return { outcome: 'stale' };
  if (change.full !== undefined) {
    return { outcome: 'applied', held: { rev: change.rev, value: change.full } };
  }
  if (change.patch === undefined) {
    return { outcome: 'applied', held: { rev: change.rev, value: null } };
  }
  if (held?.value == null) return { outcome: 'missing' };
  if (change.rev > held.rev + 1) return { outcome: 'behind' };
  const value = { ...held.value, ...change.patch, rev: change.rev };
  return { outcome: 'applied', held: { rev: change.rev, value } };
}

/** Apply one change to a store of held entities. */
export function apply(store: HeldEntities, change: Change): Outcome {
  let kind = store.get(change.entity);
  const answer = changed(kind?.get(change.id), change);
  if (answer.outcome !== 'applied') return answer.outcome;
  if (kind === undefined) store.set(change.entity, (kind = new Map<Id, Held>()));
  kind.set(change.id, answer.held);
  return 'applied';
}
