/** What is said over the socket, both ways (docs/realtime.md). */
import type { DraftMode, Id, Millis, Presence } from './entities';

/** What one event does to one entity: `full` puts it, `patch` replaces named fields, neither removes it. */
export type Change = {
  entity: string;
  id: Id;
  rev: number;
  full?: Record<string, unknown>;
  patch?: Record<string, unknown>;
};

export type WelcomeFrame = {
  t: 'welcome';
  epoch: string;
  seq: number;
  resumed: boolean;
  beat_after: Millis;
};
export type EventFrame = {
  t: 'event';
  n: number;
  seq: number;
  type: string;
  at: Millis;
  changes: Change[];
  command_id?: string | null;
  actor?: string | null;
};
export type LiveFrame = { t: 'live'; topic: string; key: string; value: unknown };
/** `n` is the count of the last event frame of this connection: a client that counted fewer has lost some. */
export type CaughtUpFrame = { t: 'caught_up'; seq: number; n?: number };
export type BeatFrame = { t: 'beat'; seq: number; n?: number };
export type ResetReason = 'epoch' | 'too_far' | 'rights';
export type ResetFrame = { t: 'reset'; reason: ResetReason };
export type RefusedFrame = { t: 'refused'; re: string | null; code: string };
export type ByeCode = 'signed_out' | 'restart' | 'slow' | 'replaced' | 'idle';
export type ByeFrame = { t: 'bye'; code: ByeCode; retry_after: Millis | null };

export type ServerFrame =
  | WelcomeFrame
  | EventFrame
  | LiveFrame
  | CaughtUpFrame
  | BeatFrame
  | ResetFrame
  | RefusedFrame
  | ByeFrame;

export type HelloFrame = { t: 'hello'; ticket: string; epoch: string; after: number; tab: string };
export type ClientFrame =
  | HelloFrame
  | { t: 'beat' }
  | { t: 'typing'; conversation_id: Id; mode: DraftMode | null }
  | { t: 'viewing'; conversation_id: Id | null }
  | { t: 'offer_shown'; offer_id: Id };

/** Ephemeral topics: pushed whole, never logged. */
export type Typing = {
  agents: { id: Id; name: string; mode: DraftMode }[];
  customer: boolean;
  preview?: string;
};

export type QueueFigures = {
  id: Id;
  waiting: number;
  longest_wait_since: Millis | null;
  service_level: number | null;
  offered: number;
  idle: number;
  busy: number;
  wrap_up: number;
};

export type LiveStrip = {
  at: Millis;
  queues: QueueFigures[];
  agents: { available: number; busy: number; away: number; wrap_up: number; offline: number };
  balance: { received: number; with_agents: number; waiting: number; ended: number };
};

export type LiveTopics = {
  /** key: conversation id */
  typing: Typing;
  /** key: conversation id; the agents looking at it */
  viewing: Id[];
  /** key: `all` */
  queues: LiveStrip;
  /** key: agent id */
  presence: Presence;
};
export type LiveTopic = keyof LiveTopics;
