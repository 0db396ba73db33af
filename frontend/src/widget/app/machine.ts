/** One visitor's chat as a state machine: no socket, no clock, no storage, no chance; those are handed in. */
import { apply, NOTHING, snapshot, type Held } from './entities.ts';
import * as box from './outbox.ts';
import type { Command, Outbox } from './outbox.ts';
import type {
  Attachment,
  CommandFrame,
  Details,
  Millis,
  Organisation,
  PassingFrame,
  ServerFrame,
  VisitorFrame,
  Waiting,
} from './protocol.ts';

/** Nothing heard for this long: the line is dead, whatever the browser thinks. */
export const SILENCE = 25_000;
/** To open, to be welcomed and to catch up: so long each. */
export const PATIENCE = 10_000;
export const FIRST_PAUSE = 300;
export const LONGEST_PAUSE = 15_000;
/** An agent who closed the laptop in mid-word is not typing for ever. */
export const TYPING_FOR = 8_000;

/**
 * `off` nobody wants it · `enrolling` asking for a session · `pausing` before the next try · `opening` the socket ·
 * `greeting` until welcomed · `catching_up` until all missed events came · `open` · `barred` until the visitor tries again.
 */
export type Line =
  'off' | 'enrolling' | 'pausing' | 'opening' | 'greeting' | 'catching_up' | 'open' | 'barred';

export type Chat = {
  readonly token: string | null;
  readonly details: Details;
  readonly line: Line;
  /** Which connection this is: words of an earlier one are not heard. */
  readonly call: number;
  readonly tries: number;
  /** `pausing`: when to try again. On the way to `open`: when to give up. */
  readonly dueAt: Millis | null;
  readonly heardAt: Millis;
  /** Since when the line is wanted and not open. */
  readonly lostAt: Millis | null;
  readonly epoch: string | null;
  /** Position in the hub's log of the last event applied. */
  readonly seq: number | null;
  /** Number of the last event on this connection; a jump means some were lost. */
  readonly n: number;
  readonly held: Held;
  readonly outbox: Outbox;
  readonly organisation: Organisation | null;
  readonly waiting: Waiting | null;
  readonly typing: { readonly name: string; readonly until: Millis } | null;
};

export type Input =
  | { readonly it: 'start' }
  | {
      readonly it: 'command';
      readonly frame: CommandFrame;
      readonly attachments: readonly Attachment[];
    }
  | { readonly it: 'retry'; readonly id: string }
  | { readonly it: 'discard'; readonly id: string }
  | { readonly it: 'passing'; readonly frame: PassingFrame }
  | { readonly it: 'identify'; readonly details: Details }
  | { readonly it: 'enrolled'; readonly token: string }
  | { readonly it: 'not_enrolled'; readonly code: string; readonly again: boolean }
  | { readonly it: 'opened'; readonly call: number }
  | { readonly it: 'heard'; readonly call: number; readonly frames: readonly ServerFrame[] | null }
  | { readonly it: 'closed'; readonly call: number }
  | { readonly it: 'offline' }
  | { readonly it: 'hurry' }
  | { readonly it: 'tick' };

export type Effect =
  | { readonly do: 'enrol'; readonly details: Details }
  | { readonly do: 'connect'; readonly call: number }
  | { readonly do: 'say'; readonly call: number; readonly frame: VisitorFrame }
  | { readonly do: 'hang_up'; readonly call: number }
  | { readonly do: 'keep_token'; readonly token: string | null }
  | { readonly do: 'keep'; readonly command: Command }
  | { readonly do: 'forget'; readonly id: string };

export type Kept = {
  readonly token: string | null;
  readonly details: Details;
  readonly outbox: Outbox;
};

/** The chat as it stands after a (re)load: what was kept, and nothing known of the hub yet. */
export function begin({ token, details, outbox }: Kept): Chat {
  return {
    token,
    details,
    outbox,
    line: 'off',
    call: 0,
    tries: 0,
    dueAt: null,
    heardAt: 0,
    lostAt: null,
    epoch: null,
    seq: null,
    n: 0,
    held: NOTHING,
    organisation: null,
    waiting: null,
    typing: null,
  };
}

/**
 * What follows from one input. `luck` is a number in [0, 1) drawn by the caller: it spreads reconnecting visitors.
 * The effects are to be carried out in order.
 */
export function step(chat: Chat, input: Input, now: Millis, luck: number): [Chat, Effect[]] {
  const turn = new Turn(chat, now, luck);
  turn.believeTheClock();
  turn.take(input);
  turn.flush();
  return [turn.chat, turn.effects];
}

/** When the machine wants its next `tick`, if nothing else happens before. */
export function wakeAt(chat: Chat): Millis | null {
  const moments: Millis[] = [];
  if (chat.dueAt !== null) moments.push(chat.dueAt);
  if (chat.line === 'open') {
    moments.push(chat.heardAt + SILENCE);
    const head = box.head(chat.outbox);
    if (head) moments.push(head.since + (head.state === 'sending' ? box.ANSWER_WITHIN : 0));
    for (const { state, since } of chat.outbox) {
      if (state === 'sent') moments.push(since + box.SHOWN_FOR);
    }
  }
  if (chat.typing) moments.push(chat.typing.until);
  return moments.length ? Math.min(...moments) : null;
}

class Turn {
  readonly effects: Effect[] = [];

  constructor(
    public chat: Chat,
    private readonly now: Millis,
    private readonly luck: number,
  ) {}

  /** A clock set back must not leave us waiting for a moment that is hours away. */
  believeTheClock(): void {
    const { heardAt, dueAt, lostAt, outbox } = this.chat;
    if (heardAt > this.now) this.#set({ heardAt: this.now });
    if (lostAt !== null && lostAt > this.now) this.#set({ lostAt: this.now });
    if (dueAt !== null && dueAt > this.now + 4 * LONGEST_PAUSE) this.#set({ dueAt: this.now });
    const believable = box.believable(outbox, this.now);
    if (believable !== outbox) this.#set({ outbox: believable });
  }

  take(input: Input): void {
    const { line, token, outbox, details } = this.chat;
    switch (input.it) {
      case 'start':
        if (token || outbox.length) this.#want();
        break;
      case 'command':
        this.#accept(input.frame, input.attachments);
        break;
      case 'retry':
        this.#set({ outbox: box.retried(outbox, input.id, this.now) });
        this.#keep(input.id);
        this.#hurry();
        break;
      case 'discard':
        this.#drop((id) => id === input.id);
        break;
      case 'passing':
        if (line === 'open') this.#say(input.frame);
        break;
      case 'identify':
        this.#set({ details: { ...details, ...input.details } });
        break;
      case 'enrolled':
        this.#enrolled(input.token);
        break;
      case 'not_enrolled':
        if (line !== 'enrolling') break;
        if (input.again) this.#lose();
        else this.#set({ line: 'barred', dueAt: null });
        break;
      case 'opened':
        if (this.#isCurrent(input.call) && line === 'opening') this.#greet();
        break;
      case 'heard':
        if (this.#isCurrent(input.call)) this.#hear(input.frames);
        break;
      case 'closed':
        if (this.#isCurrent(input.call)) this.#lose();
        break;
      case 'offline':
        if (this.#isOnTheLine()) this.#lose();
        break;
      case 'hurry':
        this.#hurry();
        break;
      case 'tick':
        this.#tick();
        break;
    }
  }

  /** Say what is next, if the line can take it. */
  flush(): void {
    if (this.chat.line !== 'open') return;
    const command = box.next(this.chat.outbox, this.now);
    if (!command) return;
    this.#set({ outbox: box.said(this.chat.outbox, command.id, this.now) });
    this.#say(command.frame);
  }

  // ---- the line ----

  #want(): void {
    if (this.chat.line === 'off' || this.chat.line === 'barred') this.#dial();
  }

  #dial(): void {
    const lostAt = this.chat.lostAt ?? this.now;
    if (this.chat.token === null) {
      this.#set({ line: 'enrolling', dueAt: null, lostAt });
      this.effects.push({ do: 'enrol', details: this.chat.details });
      return;
    }
    const call = this.chat.call + 1;
    this.#set({ line: 'opening', call, n: 0, dueAt: this.now + PATIENCE, lostAt });
    this.effects.push({ do: 'connect', call });
  }

  #enrolled(token: string): void {
    if (this.chat.line !== 'enrolling') return;
    this.#set({ token });
    this.effects.push({ do: 'keep_token', token });
    this.#dial();
  }

  #greet(): void {
    const { token, epoch, seq } = this.chat;
    if (token === null) return;
    this.#set({ line: 'greeting', dueAt: this.now + PATIENCE });
    this.#say({ t: 'hello', token, epoch, after: seq });
  }

  #isCurrent(call: number): boolean {
    return call === this.chat.call && this.#isOnTheLine();
  }

  #isOnTheLine(): boolean {
    return ['opening', 'greeting', 'catching_up', 'open'].includes(this.chat.line);
  }

  /** The line is gone. Come back after `pause`, or after a longer one with every failure in a row. */
  #lose(pause?: Millis): void {
    if (this.#isOnTheLine()) this.effects.push({ do: 'hang_up', call: this.chat.call });
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.chat.tries, 16));
    this.#set({
      line: 'pausing',
      tries: this.chat.tries + 1,
      dueAt: this.now + Math.round(pause ?? this.luck * longest),
      lostAt: this.chat.lostAt ?? this.now,
      typing: null,
      outbox: box.rewound(this.chat.outbox, this.now),
    });
  }

  #rest(): void {
    this.#lose();
    this.#set({ line: 'off', dueAt: null, lostAt: null });
  }

  #hurry(): void {
    const { line, heardAt } = this.chat;
    if (line === 'open' && this.now - heardAt >= SILENCE) this.#lose();
    if (this.chat.line === 'pausing' || line === 'barred') this.#dial();
    if (line === 'off' && (this.chat.token || this.chat.outbox.length)) this.#dial();
  }

  #tick(): void {
    const { line, dueAt, heardAt, typing } = this.chat;
    if (typing && typing.until <= this.now) this.#set({ typing: null });
    const sent = box.longSent(this.chat.outbox, this.now);
    if (sent && line === 'open') this.#drop((id) => id === sent.id);
    if (dueAt !== null && dueAt <= this.now) {
      if (line === 'pausing') this.#dial();
      else this.#lose();
      return;
    }
    if (line !== 'open') return;
    if (this.now - heardAt >= SILENCE) {
      this.#lose();
      return;
    }

    const unanswered = box.unanswered(this.chat.outbox, this.now);
    if (!unanswered) return;
    if (unanswered.tries >= box.TRIES) {
      this.#refuse(unanswered.id, 'no_answer');
    }
    this.#lose();
  }

  // ---- what the visitor does ----

  #accept(frame: CommandFrame, attachments: readonly Attachment[]): void {
    this.#set({ outbox: box.added(this.chat.outbox, frame, attachments, this.now) });
    this.#keep(frame.id);
    this.#want();
  }

  // ---- what the hub says ----

  #hear(frames: readonly ServerFrame[] | null): void {
    if (!frames) {
      this.#lose();
      return;
    }
    const { call } = this.chat;
    this.#set({ heardAt: this.now });
    for (const frame of frames) {
      if (!this.#isCurrent(call)) return;
      this.#hearOne(frame);
    }
  }

  #hearOne(frame: ServerFrame): void {
    const { line, seq, outbox } = this.chat;
    switch (frame.t) {
      case 'welcome':
        this.#set({
          line: 'catching_up',
          dueAt: this.now + PATIENCE,
          epoch: frame.epoch,
          // Of another life of the log our position says nothing.
          seq: frame.epoch === this.chat.epoch ? seq : null,
          n: 0,
        });
        break;
      case 'state':
        if (line !== 'catching_up') break;
        this.#set({
          held: snapshot(frame.conversation, frame.messages),
          organisation: frame.organisation,
          waiting: frame.waiting,
          seq: frame.seq,
        });
        this.#settle();
        // What was confirmed before this snapshot is in it, or older than what it shows.
        this.#drop((id) => outbox.some((sent) => sent.id === id && sent.state === 'sent'));
        this.#caughtUp();
        break;
      case 'caught_up':
        // Without a position the state is still to come.
        if (line !== 'catching_up' || seq === null) break;
        this.#reach(frame.seq);
        this.#caughtUp();
        break;
      case 'event':
        this.#follow(frame);
        break;
      case 'live':
        this.#glimpse(frame.topic, frame.value);
        break;
      case 'beat':
        this.#say({ t: 'beat' });
        break;
      case 'reset':
        this.#set({ epoch: null, seq: null });
        this.#lose();
        break;
      case 'sent':
        this.#set({ outbox: box.confirmed(outbox, frame.id, frame.message_id, this.now) });
        this.effects.push({ do: 'forget', id: frame.id });
        this.#settle();
        break;
      case 'refused':
        this.#refuse(frame.re, frame.code);
        break;
      case 'bye':
        this.#leave(frame.code, frame.retry_after);
        break;
    }
  }

  #refuse(id: string | null, code: string): void {
    const refused = this.chat.outbox.find((command) => command.id === id);
    if (!refused || id === null) return; // typing, or something already done
    // The screen shows by itself that the conversation is still open, or no longer there.
    if (refused.frame.t === 'end') {
      this.#drop((one) => one === id);
      return;
    }
    this.#set({ outbox: box.refused(this.chat.outbox, id, code, this.now) });
    this.#keep(id);
  }

  #caughtUp(): void {
    this.#set({ line: 'open', tries: 0, dueAt: null, lostAt: null });
  }

  #follow(frame: Extract<ServerFrame, { t: 'event' }>): void {
    if (frame.n <= this.chat.n) return;
    if (frame.n > this.chat.n + 1 || this.chat.seq === null) {
      this.#lose();
      return;
    }
    const held = frame.changes.reduce(apply, this.chat.held);
    this.#set({ n: frame.n, held });
    this.#reach(frame.seq);
    this.#settle();
    if (this.#isDoneBy(frame)) this.#drop((id) => id === frame.command_id);
    if (held.conversation?.agent || held.conversation?.status === 'ended') {
      this.#set({ waiting: null });
    }
  }

  /** The first words also open a conversation: they stay on the screen until they come back themselves. */
  #isDoneBy({ command_id, changes }: Extract<ServerFrame, { t: 'event' }>): boolean {
    const command = this.chat.outbox.find(({ id }) => id === command_id);
    return command?.frame.t !== 'send' || changes.some(({ entity }) => entity === 'message');
  }

  #reach(seq: number): void {
    this.#set({ seq: Math.max(seq, this.chat.seq ?? 0) });
  }

  #glimpse(topic: string, value: unknown): void {
    if (topic === 'waiting') this.#set({ waiting: value as Waiting | null });
    if (topic !== 'typing') return;
    const agents = (value as { agents?: { name: string; mode?: string }[] } | null)?.agents ?? [];
    const typing = agents.find(({ mode }) => mode !== 'note');
    this.#set({ typing: typing ? { name: typing.name, until: this.now + TYPING_FOR } : null });
  }

  #leave(code: string, retryAfter: Millis | null): void {
    if (code === 'signed_out') {
      // The session is over, what the visitor wrote is not: it goes out under a new one.
      this.#set({ token: null, epoch: null, seq: null });
      this.effects.push({ do: 'keep_token', token: null });
      if (this.chat.outbox.length) this.#lose();
      else this.#rest();
      return;
    }
    if (retryAfter === null) {
      this.#rest();
      return;
    }
    this.#lose(retryAfter + this.luck * Math.max(retryAfter, FIRST_PAUSE));
  }

  // ---- small change ----

  #set(change: Partial<Chat>): void {
    this.chat = { ...this.chat, ...change };
  }

  #say(frame: VisitorFrame): void {
    this.effects.push({ do: 'say', call: this.chat.call, frame });
  }

  #keep(id: string): void {
    const command = this.chat.outbox.find((one) => one.id === id);
    if (command) this.effects.push({ do: 'keep', command });
  }

  /** Take out what the log has brought back. */
  #settle(): void {
    const { messages } = this.chat.held;
    const shown = new Set<string>();
    for (const { client_id } of messages.values()) if (client_id) shown.add(client_id);
    this.#drop((id) => shown.has(id) || messages.has(id));
  }

  #drop(isDone: (id: string) => boolean): void {
    const outbox = box.settled(this.chat.outbox, isDone);
    if (outbox === this.chat.outbox) return;
    for (const { id } of this.chat.outbox) {
      if (!outbox.some((left) => left.id === id)) this.effects.push({ do: 'forget', id });
    }
    this.#set({ outbox });
  }
}
