/** The lists of the inbox: derived from the held conversations, kept true with each frame. */
import type { Boot, Conversation, Id, ViewName } from '@/domain/entities';
import type { Change } from '@/domain/frames';
import { placings, viewNames } from '@/domain/views';

import type { Api } from './api';
import { Cell } from './cell';
import { SortedIds } from './sorted';
import type { EntityStore } from './store';
import type { Readable, View, Views } from './types';

type Kept = {
  name: ViewName;
  sorted: SortedIds;
  cell: Cell<View>;
  readable: Readable<View>;
  /** How many the hub said there are, when it was asked, and since then come and gone. */
  count: number;
  complete: boolean;
  cursor: string | null;
  reading: Promise<void> | null;
  /** Conversations moved that are not held: the pages have holes. */
  holes: boolean;
};

const EMPTY: View = { ids: [], count: 0, complete: false };

export class ConversationViews implements Views {
  private readonly kept: Record<ViewName, Kept>;
  private me: Id = '';
  private counting = false;

  constructor(
    private readonly store: EntityStore,
    private readonly api: Api,
  ) {
    this.kept = { mine: this.keep('mine'), waiting: this.keep('waiting'), all: this.keep('all') };
    store.watch((kind, ids) => {
      if (kind === 'conversation') this.follow(ids);
    });
  }

  view(name: ViewName): Readable<View> {
    return this.kept[name].readable;
  }

  more(name: ViewName): Promise<void> {
    const kept = this.kept[name];
    if (kept.complete) return Promise.resolve();
    kept.reading ??= this.page(kept).finally(() => (kept.reading = null));
    return kept.reading;
  }

  /** Read a view to its end. */
  async finish(name: ViewName): Promise<void> {
    while (!this.kept[name].complete) await this.more(name);
  }

  /** True when a patch of a conversation that is not held should make it be read. */
  concernedBy(change: Change): boolean {
    const patch = change.patch ?? {};
    if (patch.agent_id === this.me) return true;
    if (patch.routing === 'waiting' || patch.routing === 'offered') return true;
    const { all } = this.kept;
    if (all.cell.watched) return true;
    all.holes = true;
    all.complete = false;
    all.cursor = null;
    return false;
  }

  /** Take the counts of a snapshot whose first rows are already in the store. */
  ground(boot: Boot): void {
    this.me = boot.me.id;
    for (const name of viewNames) {
      const { count, items } = boot.views[name];
      const kept = this.kept[name];
      Object.assign(kept, { count, complete: items.length >= count, cursor: null, holes: false });
    }
    this.counting = false;
    this.store.flush();
    this.rebuild();
    this.counting = true;
  }

  /**
   * The rows a reset needs so that every list is as long as it was: read behind the painted screen.
   * They are newer than the snapshot, which the revs sort out.
   */
  async refill(boot: Boot): Promise<Conversation[]> {
    const rows: Conversation[] = [];
    for (const name of viewNames) {
      const { count, items } = boot.views[name];
      const painted = Math.min(this.kept[name].sorted.size, count);
      let had = items.length;
      let cursor: string | null = null;
      if (painted <= had) continue;
      had = 0;
      do {
        const page = await this.api.conversations(name, cursor);
        rows.push(...page.items);
        had += page.items.length;
        cursor = page.next;
      } while (cursor !== null && had < painted);
    }
    return rows;
  }

  /** Ids of every conversation that some view shows. */
  shows(id: Id): boolean {
    return viewNames.some((name) => this.kept[name].sorted.has(id));
  }

  private keep(name: ViewName): Kept {
    const cell = new Cell(EMPTY);
    const kept: Kept = {
      name,
      sorted: new SortedIds(),
      cell,
      readable: {
        get: cell.get,
        subscribe: (listener) => {
          if (kept.holes) void this.again(kept);
          return cell.subscribe(listener);
        },
      },
      count: 0,
      complete: false,
      cursor: null,
      reading: null,
      holes: false,
    };
    return kept;
  }

  private async page(kept: Kept): Promise<void> {
    const { generation } = this.store;
    const page = await this.api.conversations(kept.name, kept.cursor);
    if (generation !== this.store.generation) return;
    kept.cursor = page.next;
    if (page.next === null) {
      kept.complete = true;
      kept.holes = false;
    }
    this.counting = false;
    this.store.put('conversation', page.items);
    this.store.flush();
    this.counting = true;
    this.publish(kept);
  }

  /** Read from the top what moved while nobody looked. */
  private async again(kept: Kept): Promise<void> {
    kept.holes = false;
    kept.cursor = null;
    try {
      await this.more(kept.name);
    } catch {
      kept.holes = true; // the next look tries again
    }
  }

  private follow(ids: ReadonlySet<Id>): void {
    for (const name of viewNames) {
      const { sorted } = this.kept[name];
      const before = sorted.size;
      if (sorted.set([...ids].map((id) => [id, this.place(name, id)]))) {
        this.count(this.kept[name], before);
      }
    }
  }

  /** Whose views these are may have changed: all is placed anew. */
  private rebuild(): void {
    const conversations = this.store.all('conversation');
    for (const name of viewNames) {
      const { sorted } = this.kept[name];
      const before = sorted.size;
      sorted.clear();
      sorted.set(conversations.map((one) => [one.id, placings[name](one, this.me)]));
      this.count(this.kept[name], before);
    }
  }

  private place(name: ViewName, id: Id): number | null {
    const conversation = this.store.get('conversation', id);
    return conversation === undefined ? null : placings[name](conversation, this.me);
  }

  private count(kept: Kept, before: number): void {
    if (this.counting) kept.count += kept.sorted.size - before;
    this.publish(kept);
  }

  private publish({ cell, sorted, complete, count: known }: Kept): void {
    const was = cell.get();
    const ids = sorted.ids();
    const count = complete ? ids.length : Math.max(ids.length, known);
    if (was.ids === ids && was.count === count && was.complete === complete) return;
    cell.set({ ids, count, complete });
  }
}
