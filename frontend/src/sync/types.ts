/** The public face of the sync layer: everything a screen may ask of it. No React here; `sync-react` binds it. */
import type {
  Boot,
  DraftMode,
  Entities,
  Id,
  Kind,
  Me,
  Message,
  Millis,
  ViewName,
} from '@/domain/entities';
import type { LiveTopic, LiveTopics } from '@/domain/frames';

export type Listener = () => void;
export type Unsubscribe = () => void;

/** A value that can be read and watched. `get` answers the same reference until it has changed. */
export type Readable<T> = {
  get: () => T;
  subscribe: (listener: Listener) => Unsubscribe;
};

// --- The connection ---------------------------------------------------------------------------

export type ConnectionState =
  /** `start` has not been called. */
  | 'idle'
  /** The first snapshot is being read; nothing can be shown yet. */
  | 'booting'
  /** A line is being opened, or the missed events are arriving. */
  | 'connecting'
  /** Everything shown is true now. */
  | 'live'
  /** No line; the next try is at `retry_at`. */
  | 'waiting'
  /** The session ended: show the sign-in page. */
  | 'signed_out'
  /** The hub asked this tab not to come back by itself. */
  | 'closed';

export type Connection = {
  state: ConnectionState;
  /** When the line was last not live (this device's clock), or null while it is live. */
  down_since: Millis | null;
  /** The next try (this device's clock), or null. */
  retry_at: Millis | null;
  /** True once a snapshot has been painted: the screen may be behind, but is never empty. */
  painted: boolean;
};

// --- What is held -----------------------------------------------------------------------------

/** The entity store: the log's truth with this person's own unconfirmed commands laid over it. */
export type Store = {
  get<K extends Kind>(kind: K, id: Id): Entities[K] | undefined;
  /** All held entities of a kind, in no order. For short kinds (agents, queues, offers). Stable until one changes. */
  all<K extends Kind>(kind: K): readonly Entities[K][];
  /** The listener runs at most once per frame, when this entity as seen has changed. */
  subscribe(kind: Kind, id: Id, listener: Listener): Unsubscribe;
  /** The listener runs at most once per frame, when any entity of this kind has changed. */
  subscribeKind(kind: Kind, listener: Listener): Unsubscribe;
  /** Keep what was read by a request of one's own (search, a customer, a ticket page). Older than held: ignored. */
  put<K extends Kind>(kind: K, entities: readonly Entities[K][]): void;
  /** The entity, read from the hub when it is not held. `undefined`: there is none, or none that one may see. */
  want<K extends Kind>(kind: K, id: Id): Promise<Entities[K] | undefined>;
};

export type View = {
  /** Conversation ids in the view's order. The same array until the order or the members change. */
  ids: readonly Id[];
  /** How many the hub holds: may exceed `ids.length` until `complete`. */
  count: number;
  /** True when `ids` is all there is. */
  complete: boolean;
};

export type Views = {
  view(name: ViewName): Readable<View>;
  /** Read the next page (call when the list nears its end). Does nothing when complete. */
  more(name: ViewName): Promise<void>;
};

/** One line of a conversation: a message of the log, or one's own that is still on its way. */
export type ThreadItem =
  { kind: 'message'; id: Id; message: Message } | { kind: 'pending'; id: Id; entry: OutboxEntry };

export type Thread = {
  /** Oldest first. What is pending comes last. */
  items: readonly ThreadItem[];
  /** True when there are older messages to read. */
  has_older: boolean;
  loading: boolean;
  /** False until the newest page has been read once. */
  loaded: boolean;
};

export type Threads = {
  thread(conversation: Id): Readable<Thread>;
  /** Hold this conversation's messages from now on (reads the newest page). Returns how to let go. */
  open(conversation: Id): Unsubscribe;
  /** Read the newest page ahead of opening (hover, J/K). */
  preload(conversation: Id): void;
  older(conversation: Id): Promise<void>;
};

/** Ephemeral state: typing, who is viewing, presence, the live strip. */
export type Live = {
  get<T extends LiveTopic>(topic: T, key: string): LiveTopics[T] | undefined;
  all<T extends LiveTopic>(topic: T): ReadonlyMap<string, LiveTopics[T]>;
  subscribe(topic: LiveTopic, key: string, listener: Listener): Unsubscribe;
  subscribeTopic(topic: LiveTopic, listener: Listener): Unsubscribe;
};

// --- Commands ---------------------------------------------------------------------------------

export type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What the screen shows at once, before the hub has confirmed. */
export type Optimism = {
  entity: Kind;
  id: Id;
  /** Fields to show instead; null hides the entity. */
  patch: Record<string, unknown> | null;
};

/** One change asked of the hub. Sent at least once, has its effect exactly once. */
export type Command = {
  method: Method;
  /** Below the origin, as in docs/http-api.md: `/api/offers/…/accept` */
  path: string;
  body?: Record<string, unknown> | undefined;
  /** Commands of one lane (a conversation's id) leave in the order they were given. */
  lane?: Id | undefined;
  optimism?: readonly Optimism[] | undefined;
  /** Give up trying after this long without an answer. Default 10 s. */
  patience?: Millis | undefined;
};

export type Problem = {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  faults?: { path: string; problem: string }[];
  [fact: string]: unknown;
};

/** The hub refused a command, or could not be reached in time (`code` is `unreachable`). */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = 'Refused';
    this.problem = problem;
  }
  get code(): string {
    return this.problem.code;
  }
}

/** A message that must reach the hub whatever happens to this tab. */
export type Letter = {
  conversation: Id;
  mode: DraftMode;
  text: string;
  attachments?: readonly { id: Id; name: string; media_type: string; size: number }[];
  subject?: string;
  /** The newest ordinal its author had seen: the hub, and the outbox, hold it back when a colleague wrote after it. */
  seen_ordinal: number;
  /** Wait this long before sending, so that it can be taken back (e-mail 5 s, chat 0). */
  undo_for?: Millis;
};

/** Once the hub has kept it there is no entry any more: its message is in the thread, `sent` or further. */
export type OutboxState =
  /** waits for the line, its turn, or the end of its undo time (`not_before`) */
  | 'queued'
  | 'sending'
  /** a colleague wrote meanwhile: insist or discard */
  | 'held'
  /** refused: retry, copy or discard */
  | 'failed';

export type OutboxEntry = {
  /** Also the Idempotency-Key, and the `command_id` of the event it causes. */
  id: Id;
  conversation: Id;
  mode: DraftMode;
  path: string;
  body: {
    text: string;
    attachments: Id[];
    seen_ordinal?: number;
    subject?: string;
    [more: string]: unknown;
  };
  attachments: readonly { id: Id; name: string; media_type: string; size: number }[];
  state: OutboxState;
  /** Order within the conversation. */
  order: number;
  made_at: Millis;
  not_before: Millis;
  attempts: number;
  /** When it was first put on the wire, or null. */
  tried_at: Millis | null;
  /** Why it is `failed` or `held`. */
  problem: Problem | null;
  /** The tab that carries it. */
  tab: string;
};

export type Outbox = {
  /** Keep it (durably), show it, and send it as soon as that is right. Resolves once it is kept. */
  post(letter: Letter): Promise<OutboxEntry>;
  entries(conversation: Id): Readable<readonly OutboxEntry[]>;
  /** Every entry that is not through: for "2 messages waiting" and for guarding the sign-out. */
  all: Readable<readonly OutboxEntry[]>;
  retry(id: Id): Promise<void>;
  /** Send a `held` one although a colleague replied. */
  insist(id: Id): Promise<void>;
  /** Take it back: only before its first try, or while `held` or `failed`. False when it is too late. */
  discard(id: Id): Promise<boolean>;
};

// --- Drafts -----------------------------------------------------------------------------------

export type DraftState =
  | 'clean'
  /** typed here, kept on this device, not yet at the hub */
  | 'dirty'
  | 'saving'
  /** written elsewhere too: `theirs` holds the other text */
  | 'conflict';

export type DraftAttachment = { id: Id; name: string; media_type: string; size: number };

export type DraftView = {
  text: string;
  attachments: readonly DraftAttachment[];
  state: DraftState;
  theirs: string | null;
  /** False until the local copy and the hub's have been read. */
  loaded: boolean;
};

export type Drafts = {
  draft(conversation: Id, mode: DraftMode): Readable<DraftView>;
  /** Keep what was typed: on this device at once, at the hub a moment later. */
  write(
    conversation: Id,
    mode: DraftMode,
    text: string,
    attachments?: readonly DraftAttachment[],
  ): void;
  /** End a conflict: keep what is here (false) or take the other (true). */
  resolve(conversation: Id, mode: DraftMode, take_theirs: boolean): void;
};

// --- Tabs -------------------------------------------------------------------------------------

export type Tabs = {
  /** This tab's own id, the same after a reload. */
  id: string;
  /** True in exactly one tab of this browser: it alone makes sounds and desktop notifications. */
  leads: Readable<boolean>;
};

// --- Everything together ----------------------------------------------------------------------

/** What the last snapshot said that is not an entity. */
export type Ground = {
  me: Me;
  rights: readonly string[];
  statuses: unknown;
  organisation: Boot['organisation'];
};

export type Hub = {
  connection: Readable<Connection>;
  ground: Readable<Ground | null>;
  store: Store;
  views: Views;
  threads: Threads;
  live: Live;
  outbox: Outbox;
  drafts: Drafts;
  tabs: Tabs;
  /** The hub's clock, as well as this device can know it. */
  now(): Millis;
  start(): void;
  stop(): void;
  /** "Try now" of the banner. */
  retry: () => void;
  /** Ask for a change; answers the hub's JSON or throws `Refused`. Retried with the same key while the line is bad. */
  command<T = unknown>(command: Command): Promise<T>;
  /** Read JSON (`GET`). Throws `Refused`. Entities read so may be handed to `store.put`. */
  read<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** Tell colleagues and the customer that one types (throttled; call it on each key), or has stopped (null). */
  typing(conversation: Id, mode: DraftMode | null): void;
  viewing(conversation: Id | null): void;
  offerShown(offer: Id): void;
};
