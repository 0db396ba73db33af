/** Ids in an order, kept by binary search: 10,000 of them cost nothing to keep true. */
import type { Id } from '@/domain/entities';

/** Smaller keys first, equal keys by id. */
export class SortedIds {
  private order: Id[] = [];
  private readonly keys = new Map<Id, number>();

  get size(): number {
    return this.order.length;
  }

  has(id: Id): boolean {
    return this.keys.has(id);
  }

  /** Put, move or remove (`key` null). True when the order changed. */
  set(id: Id, key: number | null): boolean {
    const old = this.keys.get(id);
    if (old === key || (old === undefined && key === null)) return false;
    if (old !== undefined) this.order.splice(this.place(id, old), 1);
    if (key === null) {
      this.keys.delete(id);
      return true;
    }
    this.order.splice(this.place(id, key), 0, id);
    this.keys.set(id, key);
    return true;
  }

  /** The ids now, as an array that will not change. */
  ids(): readonly Id[] {
    return this.order.slice();
  }

  /** Replace everything: cheaper than many single moves. */
  fill(entries: readonly (readonly [Id, number])[]): void {
    this.keys.clear();
    for (const [id, key] of entries) this.keys.set(id, key);
    const sorted = entries.map(([id]) => id);
    sorted.sort((a, b) => this.compare(a, this.keyOf(a), b, this.keyOf(b)));
    this.order = sorted;
  }

  private place(id: Id, key: number): number {
    let low = 0;
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
