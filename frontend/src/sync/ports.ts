/** What the sync layer needs of the world. The browser gives the real ones, the fuzz its own. */
import type { Id, Millis } from '@/domain/entities';

export type Timer = number;

/** Time, chance and the painting of frames, so that a test can own them. */
export type World = {
  /** This device's wall clock. */
  now: () => Millis;
  /** 0 ≤ x < 1 */
  random: () => number;
  after: (pause: Millis, run: () => void) => Timer;
  cancel: (timer: Timer) => void;
  /** Run before the next paint, or soon when nothing is painted (a hidden tab). */
  nextFrame: (run: () => void) => void;
  /** A new UUIDv7. */
  newId: () => Id;
};

export type HttpRequest = {
  method: string;
  path: string;
  body?: Record<string, unknown> | undefined;
  /** The Idempotency-Key. */
  key?: Id | undefined;
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
};

/** `body` is the parsed JSON, or null. */
export type HttpAnswer = { status: number; body: unknown; retry_after: Millis | null };

/** One exchange. Rejects only when no answer came (line lost, timed out). */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

export type SocketListener = {
  opened: () => void;
  heard: (text: string) => void;
  closed: () => void;
};
export type Socket = { send: (text: string) => void; close: () => void };
/** Open a line. `closed` is told once, also when it never opened; nothing is told after `close()`. */
export type OpenSocket = (listener: SocketListener) => Socket;

/** Durable boxes on this device. Values are structured-cloneable; `list` answers all whose key begins so. */
export type Keep = {
  list: (box: Box, prefix: string) => Promise<unknown[]>;
  put: (box: Box, key: string, value: unknown) => Promise<void>;
  remove: (box: Box, key: string) => Promise<void>;
};
export type Box = 'outbox' | 'drafts';

/** What tabs of one browser agree on. */
export type Neighbours = {
  id: string;
  /** True while the tab of this id is open. */
  alive: (tab: string) => Promise<boolean>;
  /** Run while no other tab runs anything under this name. */
  alone: <T>(name: string, run: () => Promise<T>) => Promise<T>;
  /** Told true when this tab becomes the leader (false is never told). */
  lead: (told: () => void) => void;
};
