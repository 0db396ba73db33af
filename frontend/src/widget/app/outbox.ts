/** What the visitor asked for and the hub has not yet confirmed: first in, first out, each with its own id. */
import type { Attachment, CommandFrame, Millis } from './protocol.ts';

/** No answer for this long on an open line: the line is not to be trusted. */
export const ANSWER_WITHIN = 10_000;
/** After so many unanswered tries the visitor is told, and decides. */
export const TRIES = 3;

/** What is confirmed stays on the screen for so long, or until its event comes. */
export const SHOWN_FOR = 60_000;

/** After a passing refusal it is said again within this. */
const LONGEST_DELAY = 15_000;

/** Refusals that pass by themselves; every other one is for the visitor to see. */
const PASSING: ReadonlySet<string> = new Set(['too_many', 'storage_down', 'busy']);

/**
 * `waiting` for its turn or for the line · `sending` without an answer yet · `failed`, until the visitor retries ·
 * `sent`: kept by the hub, but its event has not come back yet.
 */
export type Command = {
  readonly id: string;
  readonly frame: CommandFrame;
  readonly at: Millis;
  readonly state: 'waiting' | 'sending' | 'failed' | 'sent';
  readonly tries: number;
  /** `sending`: when it was said. `waiting`: not before this. `sent`: when it was confirmed. */
  readonly since: Millis;
  readonly code?: string;
  /** `sent`: what the hub calls it. */
  readonly messageId?: string | null;
  /** What is shown of the attachments until the message comes back. */
  readonly attachments: readonly Attachment[];
};

export type Outbox = readonly Command[];

/** Words that are not in the conversation yet. */
export type Pending = Command & { readonly frame: Extract<CommandFrame, { t: 'send' }> };

export function added(
  outbox: Outbox,
  frame: CommandFrame,
  attachments: readonly Attachment[],
  now: Millis,
): Outbox {
  if (outbox.some((command) => command.id === frame.id)) return outbox;
  const command: Command = {
    id: frame.id,
    frame,
    at: Math.max(now, (outbox.at(-1)?.at ?? 0) + 1), // rises even when the clock is set back
    state: 'waiting',
    tries: 0,
    since: now,
    attachments,
  };
  return [...outbox, command];
}

/** The one whose turn it is: one at a time, so that order is kept whatever is refused. */
export function head(outbox: Outbox): Command | null {
  return outbox.find(({ state }) => state === 'waiting' || state === 'sending') ?? null;
}

/** What to say now: nothing while an answer is awaited. */
export function next(outbox: Outbox, now: Millis): Command | null {
  const first = head(outbox);
  return first?.state === 'waiting' && first.since <= now ? first : null;
}

export function said(outbox: Outbox, id: string, now: Millis): Outbox {
  return changed(outbox, id, (command) => ({
    ...command,
    state: 'sending',
    tries: command.tries + 1,
    since: now,
  }));
}

/** The line was lost: what had no answer is said again on the next one, with the same id. */
export function rewound(outbox: Outbox, now: Millis): Outbox {
  return outbox.map((command) =>
    command.state === 'sending' ? { ...command, state: 'waiting', since: now } : command,
  );
}

export function confirmed(
  outbox: Outbox,
  id: string,
  messageId: string | null,
  now: Millis,
): Outbox {
  return changed(outbox, id, (command) => ({ ...command, state: 'sent', messageId, since: now }));
}

export function refused(outbox: Outbox, id: string, code: string, now: Millis): Outbox {
  return changed(outbox, id, (command) =>
    PASSING.has(code)
      ? {
          ...command,
          state: 'waiting',
          since: now + Math.min(LONGEST_DELAY, 500 * 2 ** command.tries),
        }
      : { ...command, state: 'failed', code },
  );
}

export function retried(outbox: Outbox, id: string, now: Millis): Outbox {
  return changed(outbox, id, ({ code: _, ...command }) =>
    command.state === 'failed' ? { ...command, state: 'waiting', tries: 0, since: now } : command,
  );
}

/** Drop what the log has brought back, known by its own id or by the hub's. */
export function settled(outbox: Outbox, isBack: (id: string) => boolean): Outbox {
  const open = outbox.filter(
    ({ id, messageId }) => !isBack(id) && !(messageId && isBack(messageId)),
  );
  return open.length === outbox.length ? outbox : open;
}

/** Confirmed long ago, and its event will not come: it is older than what is shown. */
export function longSent(outbox: Outbox, now: Millis): Command | null {
  return outbox.find(({ state, since }) => state === 'sent' && now - since >= SHOWN_FOR) ?? null;
}

export function unanswered(outbox: Outbox, now: Millis): Command | null {
  return (
    outbox.find(({ state, since }) => state === 'sending' && now - since >= ANSWER_WITHIN) ?? null
  );
}

/** No moment may lie further ahead than any pause is long: the clock was set back. */
export function believable(outbox: Outbox, now: Millis): Outbox {
  return outbox.some(({ since }) => since > now + LONGEST_DELAY)
    ? outbox.map((command) => ({ ...command, since: Math.min(command.since, now) }))
    : outbox;
}

function changed(outbox: Outbox, id: string, change: (command: Command) => Command): Outbox {
  return outbox.map((command) => (command.id === id ? change(command) : command));
}
