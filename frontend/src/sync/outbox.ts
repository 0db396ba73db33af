/** Letters that must arrive: kept on this device before they are sent, sent in order, each with its effect once. */
import type { Id, Message, Millis } from '@/domain/entities';

import { mayPass, problemOf, UNREACHABLE, type Api } from './api';
import { Cell } from './cell';
import { Pauses } from './pauses';
import type { Keep, Neighbours, Timer, World } from './ports';
import {
  Refused,
  type Letter,
  type Outbox,
  type OutboxEntry,
  type Problem,
  type Readable,
} from './types';

/** The hub remembers a command's answer for a day: after that a repeat could be a second message. */
const REMEMBERED: Millis = 23 * 3_600_000;

/** What the outbox must know of the conversation a letter goes to. */
export type Lane = {
  /** The newest message there by a colleague, after this ordinal, if any is known. */
  colleagueAfter: (conversation: Id, ordinal: number) => Message | undefined;
  lastOrdinal: (conversation: Id) => number;
  /** True while a command given before this letter is still under way there. */
  isBusy: (conversation: Id, order: number) => boolean;
};

export type OutboxDeps = {
  world: World;
  api: Api;
  keep: Keep;
  neighbours: Neighbours;
  lane: Lane;
  /** True while letters may leave: live and caught up. */
  isOpen: () => boolean;
  /** Rises when the hub's history turned out to be another than this screen knew. */
  generation: () => number;
  /** The hub answered with the message: show it before its entry goes. */
  arrived: (message: Message) => void;
  changed: (conversation: Id) => void;
  signedOut: () => void;
};

const NONE: readonly OutboxEntry[] = [];

export class LetterOutbox implements Outbox {
  readonly all = new Cell<readonly OutboxEntry[]>([]);

  private owner: Id | null = null;
  private readonly lanes = new Map<Id, OutboxEntry[]>();
  private readonly cells = new Map<Id, Cell<readonly OutboxEntry[]>>();
  private readonly sending = new Set<Id>();
  /** Entries that are on this device's disk: nothing leaves before it is. */
  private readonly kept = new Set<Id>();
  private readonly gone = new Set<Id>();
  private readonly pauses: Pauses;
  private timer: Timer | null = null;
  private resting = false;
  private order = 0;

  constructor(private readonly deps: OutboxDeps) {
    this.pauses = new Pauses(deps.world.random, 500, 15_000);
  }

  /** Take up what this agent's tabs, now closed, could not send. */
  async adopt(owner: Id): Promise<void> {
    const { keep, neighbours } = this.deps;
    this.owner = owner;
    await neighbours.alone('adopt', async () => {
      const found = (await keep.list('outbox', `${owner}/`)) as OutboxEntry[];
      for (const entry of found.sort((a, b) => a.order - b.order)) {
        if (this.has(entry.id) || this.gone.has(entry.id)) continue;
        if (entry.tab !== neighbours.id && (await neighbours.alive(entry.tab))) continue;
        const mine: OutboxEntry = { ...entry, tab: neighbours.id };
        if (mine.state === 'sending') mine.state = 'queued';
        await keep.put('outbox', this.keyOf(mine.id), mine);
        this.kept.add(mine.id);
        if (!this.has(mine.id)) this.insert(mine);
      }
    });
    this.pump();
  }

  nextOrder(): number {
    this.order = Math.max(this.order + 1, this.deps.world.now());
    return this.order;
  }

  async post(letter: Letter): Promise<OutboxEntry> {
    const { world, keep, neighbours } = this.deps;
    if (this.owner === null) throw new Refused({ status: 401, code: 'not_signed_in' });
    const { conversation, mode, attachments = [] } = letter;
    const isReply = mode === 'reply';
    const now = world.now();
    const entry: OutboxEntry = {
      id: world.newId(),
      conversation,
      mode,
      path: `/api/conversations/${conversation}/${isReply ? 'replies' : 'notes'}`,
      body: {
        text: letter.text,
        attachments: attachments.map(({ id }) => id),
        ...(isReply && { seen_ordinal: letter.seen_ordinal }),
        ...(isReply && letter.subject !== undefined && { subject: letter.subject }),
      },
      attachments: [...attachments],
      state: 'queued',
      order: this.nextOrder(),
      made_at: now,
      not_before: now + (letter.undo_for ?? 0),
      attempts: 0,
      tried_at: null,
      problem: null,
      tab: neighbours.id,
    };
    this.insert(entry);
    try {
      await keep.put('outbox', this.keyOf(entry.id), entry);
    } catch (error) {
      await this.remove(entry);
      throw error; // not kept, so not promised: the words are still in the composer
    }
    this.kept.add(entry.id);
    if (this.gone.has(entry.id)) await keep.remove('outbox', this.keyOf(entry.id));
    this.pump();
    return entry;
  }

  entries(conversation: Id): Readable<readonly OutboxEntry[]> {
    return this.cell(conversation);
  }

  pending(conversation: Id): readonly OutboxEntry[] {
    return this.cells.get(conversation)?.get() ?? NONE;
  }

  async retry(id: Id): Promise<void> {
    const entry = this.find(id);
    if (entry?.state !== 'failed') return;
    await this.update(id, { state: 'queued', problem: null, not_before: 0, tried_at: null });
    this.pump();
  }

  async insist(id: Id): Promise<void> {
    const entry = this.find(id);
    if (entry?.state !== 'held') return;
    const seen_ordinal = Math.max(
      this.deps.lane.lastOrdinal(entry.conversation),
      Number(entry.problem?.ordinal ?? 0),
    );
    const body = { ...entry.body, seen_ordinal };
    await this.update(id, { state: 'queued', problem: null, not_before: 0, body });
    this.pump();
  }

  async discard(id: Id): Promise<boolean> {
    const entry = this.find(id);
    if (entry === undefined) return false;
    const untried = entry.state === 'queued' && entry.tried_at === null;
    if (!untried && entry.state !== 'held' && entry.state !== 'failed') return false;
    await this.remove(entry);
    return true;
  }

  /** The log has this command's event: its message is there. */
  confirm(command: Id): void {
    const entry = this.find(command);
    if (entry !== undefined) void this.remove(entry);
  }

  /** True while letters given before `order` to this conversation are still to leave by themselves. */
  isBusy(conversation: Id, order: number): boolean {
    return (this.lanes.get(conversation) ?? []).some(
      (entry) => entry.order < order && (entry.state === 'queued' || entry.state === 'sending'),
    );
  }

  /** Send whatever may leave now. Call it whenever that may have changed. */
  pump(): void {
    this.cancel();
    if (this.resting || this.owner === null || !this.deps.isOpen()) return;
    const now = this.deps.world.now();
    let next = Infinity;
    for (const entries of [...this.lanes.values()]) {
      const head = entries[0];
      if (head?.state !== 'queued' || this.sending.has(head.id) || !this.kept.has(head.id))
        continue;
      const wait = head.made_at > now ? 0 : head.not_before - now; // a clock set back must not hold it
      if (wait > 0) next = Math.min(next, wait);
      else if (!this.deps.lane.isBusy(head.conversation, head.order)) void this.send(head);
    }
    if (next < Infinity) this.timer = this.deps.world.after(next, () => this.pump());
  }

  private async send(entry: OutboxEntry): Promise<void> {
    this.sending.add(entry.id);
    try {
      await this.tryOnce(entry);
    } finally {
      this.sending.delete(entry.id);
    }
    this.pump();
  }

  private async tryOnce(entry: OutboxEntry): Promise<void> {
    const { id } = entry;
    const obstacle = this.obstacle(entry);
    if (obstacle !== null) {
      await this.update(id, obstacle);
      return;
    }
    const tried_at = entry.tried_at ?? this.deps.world.now();
    await this.update(id, { state: 'sending', attempts: entry.attempts + 1, tried_at });
    const generation = this.deps.generation();
    const answer = await this.deps.api
      .ask({ method: 'POST', path: entry.path, body: entry.body, key: id })
      .catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
        return { status: error.problem.status, body: error.problem, retry_after: null };
      });
    if (this.find(id) === undefined) return; // its event was faster
    if (generation !== this.deps.generation()) {
      await this.update(id, { state: 'queued' }); // an answer of the past: ask the hub of now
    } else if (answer.status >= 200 && answer.status < 300) {
      this.pauses.reset();
      this.deps.arrived(answer.body as Message);
      await this.remove(entry);
    } else if (answer.status === 401) {
      await this.update(id, { state: 'queued' });
      this.deps.signedOut();
    } else if (mayPass(answer.status)) {
      await this.update(id, { state: 'queued' });
      this.rest(Math.max(answer.retry_after ?? 0, this.pauses.next()));
    } else {
      await this.refused(id, problemOf(answer));
    }
  }

  /** Why a letter must not be sent now by itself. Once tried it is only repeated: the hub knows what became of it. */
  private obstacle(entry: OutboxEntry): Partial<OutboxEntry> | null {
    if (entry.tried_at !== null) {
      const forgotten = this.deps.world.now() - entry.tried_at > REMEMBERED;
      return forgotten ? { state: 'failed', problem: { ...UNREACHABLE, code: 'too_old' } } : null;
    }
    const { seen_ordinal } = entry.body;
    if (seen_ordinal === undefined) return null;
    const message = this.deps.lane.colleagueAfter(entry.conversation, seen_ordinal);
    if (message === undefined) return null;
    const { author, ordinal } = message;
    const problem = { status: 409, code: 'colleague_replied', author, ordinal };
    return { state: 'held', problem };
  }

  private async refused(id: Id, problem: Problem): Promise<void> {
    const state = problem.code === 'colleague_replied' ? 'held' : 'failed';
    await this.update(id, { state, problem, tried_at: null }); // a refusal is not stored: nothing happened
  }

  private rest(pause: Millis): void {
    this.resting = true;
    this.deps.world.after(pause, () => {
      this.resting = false;
      this.pump();
    });
  }

  // --- Entries ---

  private find(id: Id): OutboxEntry | undefined {
    for (const entries of this.lanes.values()) {
      const entry = entries.find((other) => other.id === id);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  private has(id: Id): boolean {
    return this.find(id) !== undefined;
  }

  private insert(entry: OutboxEntry): void {
    const entries = [...(this.lanes.get(entry.conversation) ?? []), entry];
    entries.sort((a, b) => a.order - b.order);
    this.lanes.set(entry.conversation, entries);
    this.order = Math.max(this.order, entry.order);
    this.publish(entry.conversation);
  }

  private async update(id: Id, change: Partial<OutboxEntry>): Promise<void> {
    const entry = this.find(id);
    if (entry === undefined) return;
    const changed = { ...entry, ...change };
    const entries = this.lanes.get(entry.conversation) ?? [];
    this.lanes.set(
      entry.conversation,
      entries.map((other) => (other.id === id ? changed : other)),
    );
    this.publish(entry.conversation);
    try {
      await this.deps.keep.put('outbox', this.keyOf(id), changed);
    } catch {
      return; // the disk has it as it was: enough to send it again under the same key
    }
    // Removed while it was being written: the write must not bring it back.
    if (this.gone.has(id)) await this.deps.keep.remove('outbox', this.keyOf(id));
  }

  private async remove(entry: OutboxEntry): Promise<void> {
    const entries = (this.lanes.get(entry.conversation) ?? []).filter(({ id }) => id !== entry.id);
    if (entries.length > 0) this.lanes.set(entry.conversation, entries);
    else this.lanes.delete(entry.conversation);
    this.gone.add(entry.id);
    this.publish(entry.conversation);
    await this.deps.keep.remove('outbox', this.keyOf(entry.id));
    this.pump();
  }

  private publish(conversation: Id): void {
    this.cell(conversation).set(this.lanes.get(conversation) ?? NONE);
    this.all.set([...this.lanes.values()].flat());
    this.deps.changed(conversation);
  }

  private cell(conversation: Id): Cell<readonly OutboxEntry[]> {
    let cell = this.cells.get(conversation);
    if (cell === undefined) this.cells.set(conversation, (cell = new Cell(NONE)));
    return cell;
  }

  private keyOf(id: Id): string {
    return `${this.owner ?? ''}/${id}`;
  }

  private cancel(): void {
    if (this.timer !== null) this.deps.world.cancel(this.timer);
    this.timer = null;
  }
}
