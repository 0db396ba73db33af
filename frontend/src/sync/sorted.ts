/** Ids in an order, kept by binary search: 10,000 of them cost nothing to keep true. */
import type { Id } from '@/domain/entities';

/** Smaller keys first, equal keys by id. */
export class SortedIds {
  private order: readonly Id[] = [];
  private readonly keys = new Map<Id, number>();

  get size(): number {
    return this.order.length;
  }

  has(id: Id): boolean {
    return this.keys.has(id);
  }

  /** The ids now, as an array that will not change. */
  ids(): readonly Id[] {
    return this.order;
  }

  /** Put, move or remove (key null) so many at once, each named once. True when the order changed. */
  set(entries: Iterable<readonly [Id, number | null]>): boolean {
    const leaving: number[] = [];
    const moved: (readonly [Id, number | null])[] = [];
    for (const entry of entries) {
      const [id, key] = entry;
      const old = this.keys.get(id) ?? null;
      if (old === key) continue;
      if (old !== null) leaving.push(this.place(id, old));
      moved.push(entry);
    }
    if (moved.length === 0) return false;
    if (leaving.length > 0) this.order = without(this.order, leaving.sort(ascending));
    for (const [id, key] of moved) {
      if (key === null) this.keys.delete(id);
      else this.keys.set(id, key);
    }
    this.merge(moved.flatMap(([id, key]) => (key === null ? [] : [id])));
    return true;
  }

  clear(): void {
    this.order = [];
    this.keys.clear();
  }

  private merge(arriving: Id[]): void {
    const pieces: (readonly Id[])[] = [];
    let run: Id[] = [];
    let from = 0;
    arriving.sort((a, b) => this.compare(a, this.keyOf(a), b, this.keyOf(b)));
    for (const id of arriving) {
      const at = this.place(id, this.keyOf(id), from);
      if (at > from) {
        pieces.push(run, this.order.slice(from, at));
        run = [];
        from = at;
      }
      run.push(id);
    }
    this.order = joined([...pieces, run, this.order.slice(from)]);
  }

  private place(id: Id, key: number, from = 0): number {
    let low = from;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.order[middle] ?? '';
      if (this.compare(other, this.keyOf(other), id, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private compare(a: Id, keyA: number, b: Id, keyB: number): number {
    if (keyA !== keyB) return keyA - keyB;
    return a < b ? -1 : a > b ? 1 : 0;
  }

  private keyOf(id: Id): number {
    return this.keys.get(id) ?? 0;
  }
}

const ascending = (a: number, b: number): number => a - b;

const joined = (pieces: readonly (readonly Id[])[]): readonly Id[] =>
  ([] as readonly Id[]).concat(...pieces);

/** The list without what stands at these places, which ascend. */
function without(ids: readonly Id[], places: readonly number[]): readonly Id[] {
  const left: (readonly Id[])[] = [];
  let from = 0;
  for (const at of places) {
    if (at > from) left.push(ids.slice(from, at));
    from = at + 1;
  }
  return joined([...left, ids.slice(from)]);
}
