/** Drafts: on this device with each key, at the hub a moment later, and never lost to another tab or device. */
import type { Draft, DraftMode, Id, Millis } from '@/domain/entities';

import { mayPass, problemOf, unlessAbsent, type Api } from './api';
import { Cell } from './cell';
import { Pauses } from './pauses';
import type { HttpAnswer, Keep, Timer, World } from './ports';
import type { EntityStore } from './store';
import { Refused, type DraftAttachment, type Drafts, type DraftView, type Readable } from './types';

/** Send after so long without a key. */
const QUIET: Millis = 800;

/** So many texts on the wire without an answer are remembered as ours. */
const SENT_KEPT = 20;

/** What is kept on this device while the hub has not confirmed it. */
type LocalCopy = {
  text: string;
  attachments: readonly DraftAttachment[];
  /** The hub's draft that this text was written over. */
  base: { rev: number; text: string };
  /** What was put on the wire since then, newest last: seen again at the hub, it is ours. */
  sent: readonly string[];
  /** The other text, while the two are not reconciled. */
  theirs: string | null;
};

type Kept = {
  id: Id;
  conversation: Id;
  mode: DraftMode;
  cell: Cell<DraftView>;
  local: LocalCopy;
  /** The hub's draft as it was last looked at. */
  seen: Draft | null;
  timer: Timer | null;
  saving: boolean;
  loading: boolean;
  /** The hub's draft has been read. */
  read: boolean;
  pauses: Pauses;
};

const EMPTY: DraftView = { text: '', attachments: [], state: 'clean', theirs: null, loaded: false };
const NOTHING: LocalCopy = {
  text: '',
  attachments: [],
  base: { rev: 0, text: '' },
  sent: [],
  theirs: null,
};

export type DraftsDeps = {
  world: World;
  api: Api;
  keep: Keep;
  store: EntityStore;
  owner: () => Id | null;
};

export class DraftKeeper implements Drafts {
  private readonly kept = new Map<Id, Kept>();

  constructor(private readonly deps: DraftsDeps) {
    deps.store.watch((kind, ids) => {
      if (kind === 'draft') for (const id of ids) this.heard(id);
      if (kind === 'conversation') this.accompany(ids);
    });
  }

  draft(conversation: Id, mode: DraftMode): Readable<DraftView> {
    return this.open(conversation, mode).cell;
  }

  write(
    conversation: Id,
    mode: DraftMode,
    text: string,
    attachments?: readonly DraftAttachment[],
  ): void {
    const kept = this.open(conversation, mode);
    const files = attachments ?? kept.local.attachments;
    if (text === kept.local.text && sameFiles(files, kept.local.attachments)) return;
    kept.local = { ...kept.local, text, attachments: files };
    const { state } = kept.cell.get();
    this.show(kept, { state: state === 'conflict' ? state : 'dirty' });
    this.keepLocal(kept);
    if (state !== 'conflict') this.soon(kept, QUIET);
  }

  resolve(conversation: Id, mode: DraftMode, takeTheirs: boolean): void {
    const kept = this.open(conversation, mode);
    if (kept.cell.get().state !== 'conflict') return;
    const { local } = kept;
    if (takeTheirs && local.theirs === local.base.text) {
      kept.local = { ...local, text: local.base.text, theirs: null };
      this.settle(kept);
      return;
    }
    kept.local = { ...local, text: takeTheirs ? (local.theirs ?? '') : local.text, theirs: null };
    this.keepLocal(kept);
    this.show(kept, { state: 'dirty' });
    this.soon(kept, 0);
  }

  /** The line is back: what is not at the hub yet goes there, what was never read is read. */
  pump(): void {
    for (const kept of this.kept.values()) {
      const { state } = kept.cell.get();
      if (!kept.read) void this.load(kept);
      else if (state === 'dirty' && kept.timer === null) this.soon(kept, 0);
    }
  }

  /** The hub's draft has moved on by more than was told. */
  reread(id: Id): void {
    const kept = this.kept.get(id);
    if (kept === undefined) return;
    kept.read = false;
    void this.load(kept);
  }

  /** What a reset needs: the hub's drafts of the conversations that are looked at. */
  async refill(): Promise<Draft[]> {
    const watched = [...this.kept.values()].filter((kept) => kept.read);
    const drafts: Draft[] = [];
    for (const conversation of new Set(watched.map((kept) => kept.conversation))) {
      drafts.push(...((await unlessAbsent(this.deps.api.drafts(conversation))) ?? []));
    }
    return drafts;
  }

  /** The hub went back to a backup: words that it had confirmed, and lost, are still here. */
  rescue(): void {
    for (const kept of this.kept.values()) {
      const there = this.deps.store.get('draft', kept.id);
      if (kept.cell.get().state !== 'clean' || kept.local.text === (there?.text ?? '')) continue;
      const base = { rev: there?.rev ?? 0, text: there?.text ?? '' };
      kept.local = { ...kept.local, base };
      this.show(kept, { state: 'dirty' });
      this.keepLocal(kept);
      this.soon(kept, 0);
    }
  }

  /** Access to a conversation was lost, and with it word of its drafts, or is back. */
  private accompany(conversations: ReadonlySet<Id>): void {
    const { store } = this.deps;
    for (const kept of this.kept.values()) {
      if (!conversations.has(kept.conversation)) continue;
      if (store.isGone('conversation', kept.conversation)) {
        kept.read = false;
        store.forget('draft', [kept.id]);
      } else if (!kept.read) void this.load(kept);
      else if (kept.cell.get().state === 'dirty' && kept.timer === null) this.soon(kept, QUIET);
    }
  }

  private open(conversation: Id, mode: DraftMode): Kept {
    const id = `${conversation}:${mode}`;
    let kept = this.kept.get(id);
    if (kept === undefined) {
      kept = {
        id,
        conversation,
        mode,
        cell: new Cell(EMPTY),
        local: NOTHING,
        seen: null,
        timer: null,
        saving: false,
        loading: false,
        read: false,
        pauses: new Pauses(this.deps.world.random, 500, 15_000),
      };
      this.kept.set(id, kept);
      void this.load(kept);
    }
    return kept;
  }

  /** First what this device kept, then what the hub has. */
  private async load(kept: Kept): Promise<void> {
    if (kept.loading || this.deps.owner() === null) return;
    kept.loading = true;
    try {
      const [found] = (await this.deps.keep.list('drafts', this.keyOf(kept))) as LocalCopy[];
      if (found !== undefined && !kept.cell.get().loaded) this.found(kept, found);
      await this.readAll(kept);
      kept.read = true;
      this.show(kept, { loaded: true });
      this.heard(kept.id);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Not reached: what is here is shown, and `pump` reads again when the line is back.
      kept.read = !mayPass(error.problem.status);
      this.show(kept, { loaded: true });
    } finally {
      kept.loading = false;
    }
    if (kept.cell.get().state === 'dirty' && kept.timer === null) this.soon(kept, 0);
  }

  private async readAll(kept: Kept): Promise<void> {
    const { store, api } = this.deps;
    for (;;) {
      const { generation } = store;
      const drafts = await api.drafts(kept.conversation);
      if (generation !== store.generation) continue;
      store.put('draft', drafts);
      return;
    }
  }

  /** This device kept words that never reached the hub. */
  private found(kept: Kept, found: LocalCopy): void {
    if (kept.local === NOTHING) kept.local = found;
    else if (found.text !== kept.local.text) {
      kept.local = { ...kept.local, base: found.base, sent: found.sent, theirs: found.text };
    }
    this.show(kept, { state: kept.local.theirs === null ? 'dirty' : 'conflict' });
  }

  /** The hub's draft may have changed. */
  private heard(id: Id): void {
    const kept = this.kept.get(id);
    if (kept === undefined || kept.saving) return; // an answer is coming that says it better
    const draft = this.deps.store.get('draft', id);
    if (draft !== undefined) {
      if (draft === kept.seen) return;
      kept.seen = draft;
      if (draft.rev > kept.local.base.rev) this.meet(kept, draft);
      return;
    }
    const { state, loaded } = kept.cell.get();
    if (loaded && state === 'clean' && kept.local.text !== '') {
      kept.local = NOTHING;
      this.settle(kept);
    }
  }

  /** Bring together what is here and what the hub has. */
  private meet(kept: Kept, hub: Pick<Draft, 'rev' | 'text' | 'attachments'>): void {
    const { local } = kept;
    const { state } = kept.cell.get();
    if (hub.rev === local.base.rev && hub.text === local.base.text) return;
    const base = { rev: hub.rev, text: hub.text };
    if (state === 'clean') {
      kept.local = { text: hub.text, attachments: hub.attachments, base, sent: [], theirs: null };
      this.settle(kept);
      return;
    }
    const ours = [...local.sent, local.base.text, local.text, ''].includes(hub.text);
    kept.local = { ...local, base, theirs: ours ? local.theirs : hub.text };
    this.keepLocal(kept);
    if (!ours) this.show(kept, { state: 'conflict' });
    else if (hub.text === local.text && local.sent.includes(local.text)) this.settle(kept);
    else if (state !== 'conflict') this.soon(kept, QUIET);
  }

  private soon(kept: Kept, pause: Millis): void {
    if (kept.timer !== null) this.deps.world.cancel(kept.timer);
    kept.timer = this.deps.world.after(pause, () => {
      kept.timer = null;
      void this.save(kept);
    });
  }

  private async save(kept: Kept): Promise<void> {
    if (kept.saving || kept.cell.get().state !== 'dirty') return;
    const { text, attachments, base } = kept.local;
    kept.saving = true;
    kept.local = { ...kept.local, sent: [...kept.local.sent, text].slice(-SENT_KEPT) };
    this.keepLocal(kept);
    this.show(kept, { state: 'saving' });
    const { generation } = this.deps.store;
    let answer: HttpAnswer;
    try {
      answer = await this.put(kept, text, attachments, base.rev);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      answer = { status: error.problem.status, body: error.problem, retry_after: null };
    }
    kept.saving = false;
    if (generation !== this.deps.store.generation) {
      this.show(kept, { state: 'dirty' }); // an answer of the past
      this.soon(kept, 0);
      return;
    }
    this.answered(kept, answer, text, attachments);
  }

  private put(
    kept: Kept,
    text: string,
    attachments: readonly DraftAttachment[],
    if_rev: number,
  ): Promise<HttpAnswer> {
    return this.deps.api.ask({
      method: 'PUT',
      path: `/api/conversations/${kept.conversation}/drafts/${kept.mode}`,
      body: { text, attachments: attachments.map(({ id }) => id), if_rev },
      key: this.deps.world.newId(),
    });
  }

  private answered(
    kept: Kept,
    answer: HttpAnswer,
    text: string,
    attachments: readonly DraftAttachment[],
  ): void {
    this.show(kept, { state: 'dirty' });
    if (answer.status < 300 && answer.status > 0) {
      const draft = answer.body as Draft;
      kept.pauses.reset();
      kept.local = { ...kept.local, base: { rev: draft.rev, text }, sent: [text] };
      this.deps.store.put('draft', [draft]);
      if (kept.local.text === text && sameFiles(kept.local.attachments, attachments)) {
        this.settle(kept);
      } else {
        this.keepLocal(kept);
        this.soon(kept, QUIET);
      }
      this.heard(kept.id); // something newer may have come while this was on its way
      return;
    }
    const problem = problemOf(answer);
    if (problem.code === 'stale_rev') {
      const current = problem.current as Draft | null | undefined;
      if (current?.id !== undefined) this.deps.store.put('draft', [current]);
      this.meet(kept, current ?? { rev: 0, text: '', attachments: [] });
      if (kept.cell.get().state === 'dirty') this.soon(kept, kept.pauses.next());
    } else if (mayPass(answer.status)) {
      this.soon(kept, Math.max(answer.retry_after ?? 0, kept.pauses.next() + QUIET));
    }
    // Any other refusal: the words stay here, and the next key tries again.
  }

  /** Here and at the hub the same: nothing need be kept on this device. */
  private settle(kept: Kept): void {
    if (kept.timer !== null) this.deps.world.cancel(kept.timer);
    kept.timer = null;
    this.show(kept, { state: 'clean' });
    this.deps.keep.remove('drafts', this.keyOf(kept)).catch(noRoom);
  }

  /** The device carries out what is asked of it in the order it is asked. */
  private keepLocal(kept: Kept): void {
    this.deps.keep.put('drafts', this.keyOf(kept), kept.local).catch(noRoom);
  }

  private show(kept: Kept, change: Partial<DraftView>): void {
    const { text, attachments, theirs } = kept.local;
    kept.cell.set({ ...kept.cell.get(), text, attachments, theirs, ...change });
  }

  private keyOf(kept: Kept): string {
    return `${this.deps.owner() ?? ''}/${kept.id}`;
  }
}

/** A full disk takes nothing: the text is still in the composer, and on its way to the hub. */
function noRoom(): void {
  return;
}

function sameFiles(a: readonly DraftAttachment[], b: readonly DraftAttachment[]): boolean {
  return a.length === b.length && a.every(({ id }, at) => id === b[at]?.id);
}
