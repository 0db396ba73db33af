/** The frames and entities of the visitor's chat, as docs/realtime.md section 5 writes them. */

/** Whole milliseconds: since 1970 in UTC for a moment, plain for a duration. */
export type Millis = number;

export type Attachment = {
  readonly id: string;
  readonly name: string;
  readonly media_type: string;
  readonly size: number;
  /** Signed, relative to the hub; absent on what the visitor has just uploaded. */
  readonly url?: string;
};

export type Message = {
  readonly id: string;
  readonly rev: number;
  readonly conversation_id: string;
  readonly ordinal: number;
  /** `in` is the visitor's own, `out` an agent's or the hub's. */
  readonly direction: 'in' | 'out';
  readonly author: { readonly kind: string; readonly name: string };
  readonly text: string;
  readonly at: Millis;
  readonly state: string;
  readonly attachments: readonly Attachment[];
  /** The id the widget made when it sent this; null on everybody else's. */
  readonly client_id?: string | null;
};

export type Rating = {
  readonly score: number;
  readonly solved: boolean | null;
  readonly comment: string;
};

export type Conversation = {
  readonly id: string;
  readonly rev: number;
  readonly status: 'open' | 'ended';
  readonly agent: { readonly name: string } | null;
  readonly rating: Rating | null;
  readonly opened_at?: Millis;
  readonly ended_at?: Millis | null;
};

/** The visitor's place: 1 is next. An estimate is a range of durations, or honestly none. */
export type Waiting = {
  readonly position: number;
  readonly estimate: { readonly low: Millis; readonly high: Millis } | null;
};

export type Organisation = {
  readonly name: string;
  readonly language: string;
  readonly colour: string | null;
  /** Whether somebody is there to answer now. */
  readonly open: boolean;
  readonly opens_at: Millis | null;
};

export type Change = {
  readonly entity: string;
  readonly id: string;
  readonly rev: number;
  readonly full?: object;
  readonly patch?: object;
};

export type ServerFrame =
  | {
      readonly t: 'welcome';
      readonly epoch: string;
      readonly seq: number;
      readonly resumed: boolean;
      readonly beat_after: Millis;
    }
  | {
      readonly t: 'state';
      readonly seq: number;
      readonly conversation: Conversation | null;
      readonly messages: readonly Message[];
      readonly organisation: Organisation;
      readonly waiting: Waiting | null;
    }
  | {
      readonly t: 'event';
      readonly n: number;
      readonly seq: number;
      readonly type: string;
      readonly at: Millis;
      readonly changes: readonly Change[];
      readonly command_id?: string | null;
    }
  | { readonly t: 'live'; readonly topic: string; readonly key: string; readonly value: unknown }
  | { readonly t: 'caught_up'; readonly seq: number }
  | { readonly t: 'beat'; readonly seq: number }
  | { readonly t: 'reset'; readonly reason: string }
  | {
      readonly t: 'sent';
      readonly id: string;
      readonly message_id: string | null;
      readonly seq: number;
    }
  | { readonly t: 'refused'; readonly re: string | null; readonly code: string }
  | { readonly t: 'bye'; readonly code: string; readonly retry_after: Millis | null };

/** What the visitor wants done, once, whatever happens to the line. Its `id` is made by the widget. */
export type CommandFrame =
  | {
      readonly t: 'send';
      readonly id: string;
      readonly text: string;
      readonly attachments: readonly string[];
    }
  | { readonly t: 'end'; readonly id: string }
  | {
      readonly t: 'rate';
      readonly id: string;
      readonly score: number;
      readonly solved: boolean | null;
      readonly comment: string;
    };

/** What may be lost without harm. */
export type PassingFrame =
  | { readonly t: 'typing'; readonly on: boolean }
  | { readonly t: 'read'; readonly message_id: string }
  | { readonly t: 'beat' };

export type VisitorFrame =
  | {
      readonly t: 'hello';
      readonly token: string;
      readonly epoch: string | null;
      readonly after: number | null;
    }
  | CommandFrame
  | PassingFrame;

/** Who the visitor says they are. What the host page knows is never asked again. */
export type Details = {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
};

/** One websocket message is an array of frames. Null: this is not our hub speaking. */
export function readFrames(text: unknown): ServerFrame[] | null {
  if (typeof text !== 'string') return null;
  try {
    const frames: unknown = JSON.parse(text);
    return Array.isArray(frames) ? (frames as ServerFrame[]) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
