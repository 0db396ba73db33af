/** A hub in memory for tests: holds what it is given, keeps what it is asked to do. */
import type { Entities, Id, Kind } from '@/domain/entities';
import type { LiveTopic, LiveTopics } from '@/domain/frames';
import type {
  Command,
  Connection,
  DraftView,
  Ground,
  Hub,
  Letter,
  OutboxEntry,
  Readable,
  Thread,
  View,
} from '@/sync';

import { NOON, someMe } from './builders';

class Held<T> implements Readable<T> {
  private readonly listeners = new Set<() => void>();
  constructor(private value: T) {}
  readonly get = (): T => this.value;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  set(value: T): void {
    this.value = value;
    for (const listener of this.listeners) listener();
  }
}

const EMPTY_DRAFT: DraftView = {
  text: '',
  attachments: [],
  state: 'clean',
  theirs: null,
  loaded: true,
};
const EMPTY_THREAD: Thread = { items: [], has_older: false, loading: false, loaded: true };

export class FakeHub implements Hub {
  readonly commands: Command[] = [];
  readonly letters: Letter[] = [];
  /** What reading a path answers; an error is thrown. */
  readonly reads = new Map<string, unknown>();
  /** How `METHOD path` is refused. */
  readonly refusals = new Map<string, Error>();
  readonly shown: Id[] = [];
  clock = NOON;

  readonly connection = new Held<Connection>({
    state: 'live',
    down_since: null,
    retry_at: null,
    painted: true,
  });
  readonly ground = new Held<Ground | null>({
    me: someMe(),
    rights: [],
    statuses: {},
    organisation: {},
  });
  private readonly entities = new Map<string, unknown>();
  private readonly kinds = new Map<Kind, readonly unknown[]>();
  private readonly changed = new Held(0);
  private readonly draftsHeld = new Map<string, Held<DraftView>>();
  private readonly threadsHeld = new Map<Id, Held<Thread>>();
  private readonly entriesHeld = new Map<Id, Held<readonly OutboxEntry[]>>();
  private readonly liveHeld = new Map<string, unknown>();
  private readonly viewHeld = new Held<View>({ ids: [], count: 0, complete: true });

  readonly store: Hub['store'] = {
    get: <K extends Kind>(kind: K, id: Id) =>
      this.entities.get(`${kind}/${id}`) as Entities[K] | undefined,
    all: <K extends Kind>(kind: K) => (this.kinds.get(kind) ?? NONE) as readonly Entities[K][],
    subscribe: (_kind, _id, listener) => this.changed.subscribe(listener),
    subscribeKind: (_kind, listener) => this.changed.subscribe(listener),
    put: (kind, entities) => {
      for (const entity of entities) this.entities.set(`${kind}/${entity.id}`, entity);
      this.kinds.set(
        kind,
        [...this.entities]
          .filter(([key]) => key.startsWith(`${kind}/`))
          .map(([, entity]) => entity),
      );
      this.changed.set(this.changed.get() + 1);
    },
    want: (kind, id) => Promise.resolve(this.store.get(kind, id)),
  };
  readonly views: Hub['views'] = { view: () => this.viewHeld, more: () => Promise.resolve() };
  readonly threads: Hub['threads'] = {
    thread: (id) => held(this.threadsHeld, id, EMPTY_THREAD),
    open: () => () => undefined,
    preload: () => undefined,
    older: () => Promise.resolve(),
  };
  readonly live: Hub['live'] = {
    get: <L extends LiveTopic>(topic: L, key: string) =>
      this.liveHeld.get(`${topic}/${key}`) as LiveTopics[L] | undefined,
    all: () => NOTHING,
    subscribe: (_topic, _key, listener) => this.changed.subscribe(listener),
    subscribeTopic: (_topic, listener) => this.changed.subscribe(listener),
  };
  readonly outbox: Hub['outbox'] = {
    post: (letter) => {
      this.letters.push(letter);
      return Promise.resolve(anEntry(letter));
    },
    entries: (id) => held<readonly OutboxEntry[]>(this.entriesHeld, id, NO_ENTRIES),
    all: new Held<readonly OutboxEntry[]>(NO_ENTRIES),
    retry: () => Promise.resolve(),
    insist: (id) => {
      this.insisted.push(id);
      return Promise.resolve();
    },
    discard: (id) => {
      for (const entries of this.entriesHeld.values()) {
        entries.set(entries.get().filter((entry) => entry.id !== id));
      }
      return Promise.resolve(true);
    },
  };
  readonly insisted: Id[] = [];
  readonly drafts: Hub['drafts'] = {
    draft: (id, mode) => held(this.draftsHeld, `${id}:${mode}`, EMPTY_DRAFT),
    write: (id, mode, text, attachments = []) =>
      held(this.draftsHeld, `${id}:${mode}`, EMPTY_DRAFT).set({
        ...EMPTY_DRAFT,
        text,
        attachments,
      }),
    resolve: () => undefined,
  };
  readonly tabs: Hub['tabs'] = { id: 'tab', leads: new Held(false) };

  readonly now = (): number => this.clock;
  readonly start = (): void => undefined;
  readonly stop = (): void => undefined;
  readonly retry = (): void => undefined;
  readonly typing = (): void => undefined;
  readonly viewing = (): void => undefined;
  readonly offerShown = (offer: Id): void => {
    this.shown.push(offer);
  };

  command<T>(command: Command): Promise<T> {
    this.commands.push(command);
    const refusal = this.refusals.get(`${command.method} ${command.path}`);
    return refusal === undefined ? Promise.resolve({} as T) : Promise.reject(refusal);
  }

  read<T>(path: string): Promise<T> {
    const answer = this.reads.get(path) ?? this.reads.get(path.split('?')[0] ?? path);
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve((answer ?? { items: [], next: null }) as T);
  }

  hold(id: Id, entries: readonly OutboxEntry[]): void {
    held<readonly OutboxEntry[]>(this.entriesHeld, id, NO_ENTRIES).set(entries);
  }

  show(id: Id, thread: Partial<Thread>): void {
    held(this.threadsHeld, id, EMPTY_THREAD).set({ ...EMPTY_THREAD, ...thread });
  }
}

const NONE: readonly never[] = [];
const NO_ENTRIES: readonly OutboxEntry[] = [];
const NOTHING = new Map<string, never>();

function held<T>(all: Map<string, Held<T>>, key: string, empty: T): Held<T> {
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = new Held(empty);
  all.set(key, made);
  return made;
}

export function anEntry(letter: Letter, fields: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    id: 'e1',
    conversation: letter.conversation,
    mode: letter.mode,
    path: '',
    body: { text: letter.text, attachments: [], seen_ordinal: letter.seen_ordinal },
    attachments: letter.attachments ?? [],
    state: 'queued',
    order: 1,
    made_at: NOON,
    not_before: NOON,
    attempts: 0,
    tried_at: null,
    problem: null,
    tab: 'tab',
    ...fields,
  };
}
