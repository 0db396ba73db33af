/** The messages of the conversations that are, or lately were, open on this screen. */
import type { Conversation, Id, Message } from '@/domain/entities';
import type { Change } from '@/domain/frames';

import { mayPass, unlessAbsent, type Api } from './api';
import { Cell } from './cell';
import type { EntityStore } from './store';
import {
  Refused,
  type OutboxEntry,
  type Readable,
  type Thread,
  type ThreadItem,
  type Threads,
  type Unsubscribe,
} from './types';

/** Threads kept though nobody looks at them, so that going back is instant. */
const KEPT_CLOSED = 30;

type Kept = {
  conversation: Id;
  cell: Cell<Thread>;
  /** By ordinal. */
  messages: Message[];
  holders: number;
  loaded: boolean;
  has_older: boolean;
  reading: Promise<void> | null;
};

/** Access was lost while the page was on its way. */
const GONE = { status: 404, code: 'not_found' };

export type Refill = {
  conversations: Conversation[];
  messages: Message[];
  settle: () => void;
};

const EMPTY: Thread = { items: [], has_older: false, loading: false, loaded: false };

export type ThreadDeps = {
  store: EntityStore;
  api: Api;
  /** Own letters on their way, oldest first. */
  pending: (conversation: Id) => readonly OutboxEntry[];
  /** Something about a conversation that opened has to be read besides its messages. */
  opened: (conversation: Id) => void;
  /** A read failed: call back when it may work again. */
  later: (again: () => void) => void;
};

export class ConversationThreads implements Threads {
  private readonly kept = new Map<Id, Kept>();
  private readonly readables = new Map<Id, Readable<Thread>>();
  /** Where a held message belongs, once it is gone from the store. */
  private readonly homes = new Map<Id, Id>();
  private failed = false;

  constructor(private readonly deps: ThreadDeps) {
    deps.store.watch((kind, ids) => {
      if (kind === 'message') this.follow(ids);
      if (kind === 'conversation') this.accompany(ids);
    });
  }

  thread(conversation: Id): Readable<Thread> {
    let readable = this.readables.get(conversation);
    if (readable === undefined) {
      readable = {
        get: () => this.kept.get(conversation)?.cell.get() ?? EMPTY,
        subscribe: (listener) => this.keep(conversation).cell.subscribe(listener),
      };
      this.readables.set(conversation, readable);
    }
    return readable;
  }

  open(conversation: Id): Unsubscribe {
    const kept = this.keep(conversation);
    kept.holders += 1;
    this.kept.delete(conversation); // the most lately opened is last
    this.kept.set(conversation, kept);
    this.preload(conversation);
    this.deps.opened(conversation);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      kept.holders -= 1;
      this.letGo();
    };
  }

  preload(conversation: Id): void {
    const kept = this.keep(conversation);
    if (!kept.loaded) this.inBackground(this.read(kept, () => this.newest(kept)));
  }

  older(conversation: Id): Promise<void> {
    const kept = this.keep(conversation);
    if (!kept.loaded || !kept.has_older) return Promise.resolve();
    return this.read(kept, async () => {
      const page = await this.page(kept, kept.messages[0]?.ordinal ?? null);
      if (page !== null) kept.has_older = page.has_older;
    });
  }

  /** True when a message's change should be held: its thread is. */
  concernedBy(change: Change): boolean {
    const conversation = change.full?.conversation_id;
    if (typeof conversation === 'string') return this.kept.has(conversation);
    return this.deps.store.revOf('message', change.id) !== undefined;
  }

  isOpen(conversation: Id): boolean {
    return (this.kept.get(conversation)?.holders ?? 0) > 0;
  }

  /** The newest message by another agent after `ordinal`, as far as is known here. */
  colleagueAfter(conversation: Id, ordinal: number, me: Id): Message | undefined {
    return this.kept
      .get(conversation)
      ?.messages.findLast(
        (message) =>
          message.ordinal > ordinal &&
          message.direction === 'out' &&
          message.author.kind === 'agent' &&
          message.author.id !== me,
      );
  }

  /** After a line came back: open threads that are shorter than their conversation says are read again. */
  recheck(): void {
    for (const kept of this.kept.values()) {
      if (kept.holders === 0) continue;
      const { conversation } = kept;
      const last = this.deps.store.get('conversation', conversation)?.last_ordinal ?? 0;
      if (kept.loaded && last <= (kept.messages.at(-1)?.ordinal ?? 0)) continue;
      this.inBackground(this.read(kept, () => this.newest(kept)));
    }
  }

  /** What a reset needs: the open threads, as long as they were. `settle` when they have been exchanged. */
  async refill(): Promise<Refill> {
    const conversations: Conversation[] = [];
    const messages: Message[] = [];
    const older = new Map<Kept, boolean>();
    for (const kept of [...this.kept.values()]) {
      if (kept.holders === 0 || !kept.loaded) continue;
      const conversation = await unlessAbsent(
        this.deps.api.entity('conversation', kept.conversation),
      );
      if (conversation === null) continue;
      conversations.push(conversation as Conversation);
      const painted = kept.messages.length;
      let before: number | null = null;
      let had = 0;
      do {
        const page = await this.deps.api.messages(kept.conversation, before);
        messages.push(...page.items);
        had += page.items.length;
        before = page.items[0]?.ordinal ?? null;
        older.set(kept, page.next !== null);
      } while (older.get(kept) === true && had < painted);
    }
    return { conversations, messages, settle: () => this.settle(older) };
  }

  /** After a reset: what was read for it is loaded, everything else that is open must be read. */
  private settle(older: ReadonlyMap<Kept, boolean>): void {
    for (const kept of this.kept.values()) {
      kept.loaded = older.has(kept);
      kept.has_older = older.get(kept) ?? false;
      this.publish(kept);
    }
    this.letGo();
    for (const kept of this.kept.values()) {
      if (kept.holders > 0 && !kept.loaded) this.preload(kept.conversation);
    }
  }

  /** The outbox changed here. */
  repaint(conversation: Id): void {
    const kept = this.kept.get(conversation);
    if (kept !== undefined) this.publish(kept);
  }

  private keep(conversation: Id): Kept {
    let kept = this.kept.get(conversation);
    if (kept === undefined) {
      kept = {
        conversation,
        cell: new Cell(EMPTY),
        messages: [],
        holders: 0,
        loaded: false,
        has_older: false,
        reading: null,
      };
      this.kept.set(conversation, kept);
      this.publish(kept);
    }
    return kept;
  }

  private read(kept: Kept, run: () => Promise<void>): Promise<void> {
    kept.reading ??= run().finally(() => {
      kept.reading = null;
      this.publish(kept);
    });
    this.publish(kept);
    return kept.reading;
  }

  /** Read from the newest page down to what is held without a hole. */
  private async newest(kept: Kept): Promise<void> {
    const newestHeld = () => (kept.loaded ? (kept.messages.at(-1)?.ordinal ?? 0) : null);
    let held = newestHeld();
    let before: number | null = null;
    for (;;) {
      const page = await this.page(kept, before);
      if (this.kept.get(kept.conversation) !== kept) return;
      if (page === null) {
        held = newestHeld(); // a reset came between: from the top
        before = null;
        continue;
      }
      before = page.oldest;
      if (held === null) kept.has_older = page.has_older;
      if (held === null || !page.has_older || before === null || before <= held + 1) break;
    }
    kept.loaded = true;
  }

  private async page(
    kept: Kept,
    before: number | null,
  ): Promise<{ has_older: boolean; oldest: number | null } | null> {
    const { store, api } = this.deps;
    const { generation } = store;
    const { items, next } = await api.messages(kept.conversation, before);
    if (generation !== store.generation) return null;
    if (this.kept.get(kept.conversation) !== kept) return null;
    if (store.isGone('conversation', kept.conversation)) throw new Refused(GONE);
    store.put('message', items);
    store.flush();
    return { has_older: next !== null, oldest: items[0]?.ordinal ?? null };
  }

  /** A conversation that may no longer be seen takes its messages with it, and brings them back when it may. */
  private accompany(ids: ReadonlySet<Id>): void {
    for (const id of ids) {
      const kept = this.kept.get(id);
      if (kept === undefined) continue;
      const isThere = this.deps.store.get('conversation', id) !== undefined;
      if (isThere && kept.holders > 0 && !kept.loaded) this.preload(id);
      if (!isThere && (kept.loaded || kept.messages.length > 0)) {
        kept.loaded = false;
        kept.has_older = false;
        this.empty(kept);
        this.publish(kept);
      }
    }
  }

  private empty(kept: Kept): void {
    const ids = kept.messages.map((message) => message.id);
    kept.messages = [];
    for (const id of ids) this.homes.delete(id);
    this.deps.store.forget('message', ids);
  }

  /** Nobody waits for this read: when the line failed it, all is looked at again later. */
  private inBackground(reading: Promise<void>): void {
    reading.catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      if (this.failed || !mayPass(error.problem.status)) return;
      this.failed = true;
      this.deps.later(() => {
        this.failed = false;
        this.recheck();
      });
    });
  }

  private follow(ids: ReadonlySet<Id>): void {
    const repaint = new Set<Kept>();
    for (const id of ids) {
      const message = this.deps.store.get('message', id);
      const kept = this.kept.get(message?.conversation_id ?? this.homes.get(id) ?? '');
      if (kept === undefined) continue;
      place(kept.messages, id, message);
      if (message === undefined) this.homes.delete(id);
      else this.homes.set(id, message.conversation_id);
      repaint.add(kept);
    }
    for (const kept of repaint) {
      if (this.deps.store.isGone('conversation', kept.conversation)) this.empty(kept);
      this.publish(kept);
    }
  }

  private publish(kept: Kept): void {
    const items: ThreadItem[] = kept.messages.map((message) => ({
      kind: 'message',
      id: message.id,
      message,
    }));
    for (const entry of this.deps.pending(kept.conversation)) {
      items.push({ kind: 'pending', id: entry.id, entry });
    }
    const { has_older, loaded } = kept;
    kept.cell.set({ items, has_older, loaded, loading: kept.reading !== null });
  }

  private letGo(): void {
    const closed = [...this.kept.values()].filter(
      (kept) => kept.holders === 0 && !kept.cell.watched && kept.reading === null,
    );
    const spare = closed.length - KEPT_CLOSED;
    for (const [at, kept] of closed.entries()) {
      if (at >= spare && kept.loaded) continue;
      this.kept.delete(kept.conversation);
      this.empty(kept);
    }
  }
}

/** Put, replace or take out one message in a list sorted by ordinal. */
function place(messages: Message[], id: Id, message: Message | undefined): void {
  if (message === undefined) {
    const at = messages.findIndex((other) => other.id === id);
    if (at >= 0) messages.splice(at, 1);
    return;
  }
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.ordinal ?? 0) < message.ordinal) low = middle + 1;
    else high = middle;
  }
  const same = messages[low]?.id === id;
  messages.splice(low, same ? 1 : 0, message);
}
