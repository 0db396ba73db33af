/** The things a screen holds, exactly as the hub sends them (docs/http-api.md): snake_case, moments in whole milliseconds UTC. */

export type Id = string;
/** A moment since 1970 UTC, or a duration, in whole milliseconds. */
export type Millis = number;

export type Role = 'agent' | 'supervisor' | 'admin';
export type Language = 'zh' | 'en';

export type Agent = {
  id: Id;
  rev: number;
  name: string;
  role: Role;
  languages: string[];
  teams: string[];
  disabled: boolean;
  avatar: string | null;
};

export type Preferences = { language?: Language; theme?: string; [name: string]: unknown };

export type Me = Agent & { email: string; preferences: Preferences; csrf?: string };

export type Queue = {
  id: Id;
  rev: number;
  key: string;
  name: { zh: string; en: string };
  medium: string;
  /** The promised time to answer. */
  target: Millis;
  /** The share (0..1) to be answered within the target. */
  goal: number;
  members: Id[];
};

export type ChannelKind = 'chat' | 'email' | 'webhook' | 'memory' | 'sms';
export type ConversationStatus = 'open' | 'ended';
export type RoutingStage = 'waiting' | 'offered' | 'assigned' | 'none';
export type Named = { id: Id; name: string };
export type Rating = { score: number; solved: boolean | null; comment: string };

export type Preview = { text: string; direction: Direction; author_name: string };

export type Conversation = {
  id: Id;
  rev: number;
  number: number;
  channel: ChannelKind;
  channel_id: Id;
  customer: Named;
  subject: string | null;
  status: ConversationStatus;
  routing: RoutingStage;
  queue_id: Id | null;
  agent_id: Id | null;
  language: string | null;
  opened_at: Millis;
  ended_at: Millis | null;
  waiting_since: Millis | null;
  first_reply_due: Millis | null;
  last_message_at: Millis;
  preview: Preview | null;
  unread: number;
  message_count: number;
  last_ordinal: number;
  ticket_ids: Id[];
  rating: Rating | null;
  wrap_up_until: Millis | null;
};

export type Direction = 'in' | 'out' | 'note' | 'event';
export type AuthorKind = 'customer' | 'agent' | 'hub' | 'bot';
export type MessageState =
  'received' | 'read' | 'queued' | 'sending' | 'sent' | 'delivered' | 'failed' | 'unknown';

export type Attachment = {
  id: Id;
  name: string;
  media_type: string;
  size: number;
  inline: boolean;
  content_id: string | null;
};

export type Message = {
  id: Id;
  rev: number;
  conversation_id: Id;
  ordinal: number;
  direction: Direction;
  author: { kind: AuthorKind; id: Id | null; name: string };
  text: string;
  html: string | null;
  quoted: string | null;
  subject: string | null;
  at: Millis;
  state: MessageState;
  error: string | null;
  attachments: Attachment[];
  automatic: boolean;
  trust: string | null;
};

/** `claimed`: the customer only said so, nobody has proven it. */
export type Identity = {
  id: Id;
  kind: string;
  address: string;
  verified: boolean;
  claimed: boolean;
};

export type Customer = {
  id: Id;
  rev: number;
  name: string;
  language: string | null;
  vip: boolean;
  note: string;
  tags: string[];
  created_at: Millis;
  identities: Identity[];
  open_tickets: number;
  conversations: number;
};

export type TicketStatus = 'new' | 'open' | 'pending' | 'on_hold' | 'solved' | 'closed';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';

export type Ticket = {
  id: Id;
  rev: number;
  number: number;
  subject: string;
  status: TicketStatus;
  priority: Priority;
  requester: Named;
  assignee_id: Id | null;
  created_at: Millis;
  updated_at: Millis;
  solved_at: Millis | null;
  conversation_ids: Id[];
};

export type OfferState = 'pending' | 'accepted' | 'declined' | 'expired' | 'withdrawn';

export type Offer = {
  id: Id;
  rev: number;
  item_id: Id;
  conversation_id: Id;
  queue_id: Id;
  agent_id: Id;
  state: OfferState;
  made_at: Millis;
  deadline: Millis;
  /** How long the customer has waited when the offer was made. */
  waited: Millis;
  customer: Named;
  channel: ChannelKind;
  preview: string;
  why: { code: string; facts: Record<string, unknown> };
};

export type DraftMode = 'reply' | 'note';

export type Draft = {
  /** `<conversation_id>:<mode>` */
  id: Id;
  rev: number;
  conversation_id: Id;
  mode: DraftMode;
  text: string;
  attachments: Attachment[];
  updated_at: Millis;
};

export type ArticleStatus = 'draft' | 'published' | 'archived';

export type Article = {
  id: Id;
  rev: number;
  slug: string;
  language: Language;
  title: string;
  status: ArticleStatus;
  text: string;
  html: string;
  tags: string[];
  translation_of: Id | null;
  updated_at: Millis;
  published_at: Millis | null;
  author_id: Id;
};

/** Every kind of entity the log may change, and its shape. */
export type Entities = {
  agent: Agent;
  queue: Queue;
  conversation: Conversation;
  message: Message;
  customer: Customer;
  ticket: Ticket;
  offer: Offer;
  draft: Draft;
  article: Article;
};

export type Kind = keyof Entities;
export type Entity = Entities[Kind];

// What only administrators see.

/** One way to reach us, as `GET /api/channels` tells it; its secrets are never told, only named. */
export type Channel = {
  id: Id;
  rev: number;
  kind: ChannelKind;
  key: string;
  name: string;
  queue_id: Id | null;
  language: Language | null;
  reply_within: Millis | null;
  enabled: boolean;
  settings: Record<string, unknown>;
  /** The names of those that are held. */
  secrets: string[];
  /** Where others reach it, below this origin when it is a path; null where the hub goes there itself. */
  url: string | null;
  /** Whether it receives; null where nothing has to be reached, or nobody has tried yet. */
  is_up: boolean | null;
  /** Why it does not. */
  error: string | null;
  /** How much of it lies in quarantine. */
  quarantined: number;
  /** Null: not lately. */
  last_in: Millis | null;
  last_out: Millis | null;
};

/** Something that came in and could not be understood. */
export type Quarantined = {
  id: Id;
  at: Millis;
  channel_id: Id;
  channel: ChannelKind;
  channel_name: string;
  reason: string;
  sender: string;
  /** What tells it from all others of its channel. */
  key: string;
  attempts: number;
};

/** The beginning of it, as text. */
export type QuarantinedText = { id: Id; text: string; size: number; is_whole: boolean };

/** An event that a reader of the log could not digest. */
export type Parked = {
  /** `<subscription>:<seq>` */
  id: string;
  subscription: string;
  seq: number;
  type: string;
  at: Millis;
  data: Record<string, unknown>;
  /** `retrying`: the hub still tries by itself. */
  state: 'retrying' | 'parked';
  attempts: number;
  error: string;
  since: Millis;
};

export type PresenceStatus = 'available' | 'busy' | 'away' | 'offline';

export type Presence = {
  status: PresenceStatus;
  reason: string | null;
  since: Millis;
  routing_state: 'idle' | 'interacting' | 'unresponsive';
  load: number;
  capacity: number;
};

export type Page<T> = { items: T[]; next: string | null };

export type ViewName = 'mine' | 'waiting' | 'all';

/** `GET /api/boot`: what is true at position `seq` of the log of this `epoch`. */
export type Boot = {
  epoch: string;
  seq: number;
  now: Millis;
  me: Me;
  rights: string[];
  agents: Agent[];
  queues: Queue[];
  views: Record<ViewName, { count: number; items: Conversation[] }>;
  offers: Offer[];
  presence: Record<Id, Presence>;
  statuses: unknown;
  organisation: Record<string, unknown>;
};
