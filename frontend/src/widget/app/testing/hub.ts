/** A small honest hub for tests: keeps each command once, logs what happened, replays from a position. */
import type {
  Change,
  CommandFrame,
  Conversation,
  Message,
  Millis,
  Organisation,
  ServerFrame,
  VisitorFrame,
} from '../protocol.ts';

export const SPRUCE: Organisation = {
  name: '云杉家居',
  language: 'zh',
  colour: '#3d5a45',
  open: true,
  opens_at: null,
};

type Entry = {
  readonly seq: number;
  readonly at: Millis;
  readonly changes: readonly Change[];
  readonly command_id: string | null;
};

type Kept = { readonly message_id: string | null; readonly seq: number };

/** Where the hub's words go: one visitor's connection. */
export type Wire = { readonly carry: (frames: readonly ServerFrame[]) => void };

type Caller = { readonly wire: Wire; token: string | null; n: number };

export class ModelHub {
  epoch = 'epoch-1';
  seq = 0;
  conversation: Conversation | null = null;
  readonly messages = new Map<string, Message>();
  /** Every effect there was, in order: what a command did must be here once. */
  readonly effects: CommandFrame[] = [];
  log: Entry[] = [];
  readonly #tokens = new Set<string>();
  readonly #kept = new Map<string, Kept>();
  readonly #callers = new Map<Wire, Caller>();
  #ids = 0;
  #ordinal = 0;

  enrol(): string {
    const token = `token-${this.#next()}`;
    this.#tokens.add(token);
    return token;
  }

  forgetTokens(): void {
    this.#tokens.clear();
  }

  opened(wire: Wire): void {
    this.#callers.set(wire, { wire, token: null, n: 0 });
  }

  closed(wire: Wire): void {
    this.#callers.delete(wire);
  }

  /** Take one frame. `answer: false` is a crash after the commit and before the answer. */
  hear(wire: Wire, frame: VisitorFrame, now: Millis, answer = true): void {
    const caller = this.#callers.get(wire);
    if (!caller) return;
    if (frame.t === 'hello') {
      this.#greet(caller, frame.token, frame.epoch, frame.after);
      return;
    }
    if (!caller.token) return;
    if (frame.t === 'send' || frame.t === 'end' || frame.t === 'rate') {
      const { message_id, seq } = this.#commit(frame, now);
      if (answer) wire.carry([{ t: 'sent', id: frame.id, message_id, seq }]);
    }
  }

  beat(): void {
    for (const { wire, token } of this.#callers.values()) {
      if (token) wire.carry([{ t: 'beat', seq: this.seq }]);
    }
  }

  /** Something in the hub that the visitor may not see. */
  elsewhere(): void {
    this.seq += 1;
  }

  reply(text: string, now: Millis): void {
    const { conversation } = this;
    if (conversation?.status !== 'open') return;
    if (!conversation.agent) this.#patchConversation({ agent: { name: '韩梅' } }, now, null);
    this.#addMessage('out', text, now, null);
  }

  /** An agent has opened the conversation. */
  markRead(now: Millis): void {
    const changes: Change[] = [];
    for (const message of this.messages.values()) {
      if (message.direction !== 'in' || message.state === 'read') continue;
      const read = { ...message, rev: message.rev + 1, state: 'read' };
      this.messages.set(message.id, read);
      changes.push({ entity: 'message', id: message.id, rev: read.rev, patch: { state: 'read' } });
    }
    if (changes.length) this.#append(changes, now, null);
  }

  /** A message is taken out of the record. */
  erase(id: string, now: Millis): void {
    const message = this.messages.get(id);
    if (!message) return;
    this.messages.delete(id);
    this.#append([{ entity: 'message', id, rev: message.rev + 1 }], now, null);
  }

  /** An event everybody sees, and that changes nothing. */
  tellAll(now: Millis): void {
    this.#append([], now, null);
  }

  endByAgent(now: Millis): void {
    if (this.conversation?.status === 'open') {
      this.#patchConversation({ status: 'ended', ended_at: now }, now, null);
    }
  }

  /** The log begins a new life; what it is about stays. */
  restore(): void {
    this.epoch = `epoch-${this.#next()}`;
    this.seq = Math.max(1, Math.floor(this.seq / 2));
    this.log = [];
  }

  inOrder(): Message[] {
    return [...this.messages.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #greet(caller: Caller, token: string, epoch: string | null, after: number | null): void {
    if (!this.#tokens.has(token)) {
      caller.wire.carry([{ t: 'bye', code: 'signed_out', retry_after: null }]);
      return;
    }
    if (after !== null && epoch !== this.epoch) {
      caller.wire.carry([{ t: 'reset', reason: 'epoch' }]);
      return;
    }
    caller.token = token;
    caller.n = 0;
    const welcome: ServerFrame = {
      t: 'welcome',
      epoch: this.epoch,
      seq: this.seq,
      resumed: after !== null,
      beat_after: 15_000,
    };
    if (after === null) {
      const state: ServerFrame = {
        t: 'state',
        seq: this.seq,
        conversation: this.conversation,
        messages: this.inOrder().slice(-50),
        organisation: SPRUCE,
        waiting: null,
      };
      caller.wire.carry([welcome, state]);
      return;
    }
    const missed = this.log
      .filter((entry) => entry.seq > after)
      .map((entry) => this.#event(caller, entry));
    caller.wire.carry([welcome, ...missed, { t: 'caught_up', seq: this.seq }]);
  }

  #commit(frame: CommandFrame, now: Millis): Kept {
    const known = this.#kept.get(frame.id);
    if (known) return known;
    this.effects.push(frame);
    let message_id: string | null = null;
    if (frame.t === 'send') {
      this.#openConversation(now, frame.id);
      message_id = this.#addMessage('in', frame.text, now, frame.id);
    } else if (frame.t === 'end') {
      this.#patchConversation({ status: 'ended', ended_at: now }, now, frame.id);
    } else {
      const { score, solved, comment } = frame;
      this.#patchConversation({ rating: { score, solved, comment } }, now, frame.id);
    }
    const kept = { message_id, seq: this.seq };
    this.#kept.set(frame.id, kept);
    return kept;
  }

  #openConversation(now: Millis, command: string): void {
    if (this.conversation?.status === 'open') return;
    const id = `conversation-${this.#next()}`;
    this.conversation = { id, rev: 1, status: 'open', agent: null, rating: null, opened_at: now };
    this.#append([{ entity: 'conversation', id, rev: 1, full: this.conversation }], now, command);
  }

  #patchConversation(patch: Partial<Conversation>, now: Millis, command: string | null): void {
    if (!this.conversation) {
      this.elsewhere();
      return;
    }
    const rev = this.conversation.rev + 1;
    this.conversation = { ...this.conversation, ...patch, rev };
    const { id } = this.conversation;
    this.#append([{ entity: 'conversation', id, rev, patch }], now, command);
  }

  #addMessage(
    direction: 'in' | 'out',
    text: string,
    now: Millis,
    client_id: string | null,
  ): string {
    const id = `message-${this.#next()}`;
    const message: Message = {
      id,
      rev: 1,
      conversation_id: this.conversation?.id ?? '',
      ordinal: (this.#ordinal += 1),
      direction,
      author: { kind: direction === 'in' ? 'customer' : 'agent', name: '' },
      text,
      at: now,
      state: direction === 'in' ? 'received' : 'sent',
      attachments: [],
      client_id,
    };
    this.messages.set(id, message);
    this.#append([{ entity: 'message', id, rev: 1, full: message }], now, client_id);
    return id;
  }

  #append(changes: readonly Change[], at: Millis, command_id: string | null): void {
    this.seq += 1;
    const entry: Entry = { seq: this.seq, at, changes, command_id };
    this.log.push(entry);
    for (const caller of this.#callers.values()) {
      if (caller.token) caller.wire.carry([this.#event(caller, entry)]);
    }
  }

  #event(caller: Caller, { seq, at, changes, command_id }: Entry): ServerFrame {
    caller.n += 1;
    return { t: 'event', n: caller.n, seq, type: 'changed', at, changes, command_id };
  }

  #next(): string {
    this.#ids += 1;
    return String(this.#ids).padStart(9, '0');
  }
}
