/** What the visitor can see and do; the components only draw it. */
import type { Identity, Place } from '../place.ts';
import { Driver } from './driver.ts';
import { inOrder } from './entities.ts';
import { enrol, LARGEST_UPLOAD, organisationOf, upload } from './hub.ts';
import { Keep, pageStorage } from './keep.ts';
import type { Chat } from './machine.ts';
import type { Pending } from './outbox.ts';
import type { Attachment, CommandFrame, Message, Organisation, Rating } from './protocol.ts';
import { languageOf, WORDS } from './words.ts';

/** A blink of the line is nobody's concern. */
const SHOW_LOSS_AFTER = 2_000;
const TYPING_EVERY = 3_000;
const TYPING_ENDS_AFTER = 5_000;

export type Screen = 'prechat' | 'loading' | 'queue' | 'chat' | 'ended' | 'record';

export type Upload = {
  readonly key: string;
  readonly name: string;
  readonly share: number;
  readonly state: 'going' | 'done' | 'failed' | 'too_large';
  readonly file?: File;
  readonly attachment?: Attachment;
  readonly stop?: () => void;
};

/** What the panel knows beside the chat itself. */
type Own = {
  readonly isOpen: boolean;
  /** Opened just now, and by the visitor's wish: the focus may move there. */
  readonly takesFocus: boolean;
  readonly isLossShown: boolean;
  readonly text: string;
  readonly uploads: readonly Upload[];
  /** The visitor wants to go on after the end. */
  readonly again: boolean;
  /** The visitor reads an ended conversation instead of rating it. */
  readonly isReading: boolean;
  /** What the hub says of itself before there is a session. */
  readonly card: Organisation | null;
  readonly identity: Identity;
  /** The last message that was in sight. */
  readonly seen: string | null;
};

export class Desk {
  readonly language;
  readonly words;
  readonly base;
  own: Own;
  readonly #keep;
  readonly #driver;
  readonly #tab = pageStorage('sessionStorage');
  #draw: () => void = () => undefined;
  #sorted: { from: unknown; messages: Message[] } = { from: null, messages: [] };
  #drafted: Pick<Own, 'text' | 'uploads'> = { text: '', uploads: [] };
  #lostAt: number | null = null;
  #lossTimer = 0;
  #readSaid = '';
  #typingSaidAt = 0;
  #typingTimer = 0;

  constructor(private readonly place: Place) {
    const { base, options } = place;
    this.base = base;
    this.language = languageOf(options.lang);
    this.words = WORDS[this.language];
    this.#keep = new Keep(options.channel, pageStorage('localStorage'));
    const { text, attachments } = this.#keep.draft;
    this.own = {
      isOpen: this.#tab?.getItem('hub:open') === '1',
      takesFocus: false,
      isLossShown: false,
      text,
      uploads: attachments.map((attachment) => ({
        key: attachment.id,
        name: attachment.name,
        share: 1,
        state: 'done',
        attachment,
      })),
      again: false,
      isReading: false,
      card: null,
      identity: {},
      seen: null,
    };
    this.#driver = new Driver(
      {
        now: Date.now,
        luck: Math.random,
        connect: () => new WebSocket(socketAddress(base)),
        enrol: (details) =>
          enrol(base, {
            ...details,
            channel: options.channel,
            language: this.language,
            page: { url: location.href.slice(0, 2000), title: document.title.slice(0, 200) },
          }),
        after: (delay, then) => {
          const timer = setTimeout(then, delay);
          return () => clearTimeout(timer);
        },
      },
      this.#keep,
      () => this.#changed(),
    );
    this.identify(place.identity);
  }

  /** Begin: `draw` is called after every change. */
  start(draw: () => void): void {
    this.#draw = draw;
    const take = (it: 'hurry' | 'offline') => () => this.#driver.take({ it });
    addEventListener('online', take('hurry'));
    addEventListener('offline', take('offline'));
    addEventListener('pageshow', take('hurry'));
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.hurry();
    });
    this.#driver.take({ it: 'start' });
  }

  // ---- what there is to see ----

  get chat(): Chat {
    return this.#driver.chat;
  }

  get messages(): readonly Message[] {
    const from = this.chat.held.messages;
    if (this.#sorted.from !== from) this.#sorted = { from, messages: inOrder(from.values()) };
    return this.#sorted.messages;
  }

  /** Sends that have not come back from the hub yet. */
  get pending(): Pending[] {
    return this.chat.outbox.filter((command): command is Pending => command.frame.t === 'send');
  }

  get screen(): Screen {
    const { held, token, seq, line, waiting } = this.chat;
    const { conversation } = held;
    const isSending = this.pending.length > 0;
    if (!conversation) {
      if (isSending) return 'chat';
      return token !== null && seq === null && line !== 'off' ? 'loading' : 'prechat';
    }
    if (conversation.status === 'ended' && !this.own.again && !isSending) {
      return this.own.isReading ? 'record' : 'ended';
    }
    return conversation.status === 'open' && !conversation.agent && waiting ? 'queue' : 'chat';
  }

  get organisation(): Organisation | null {
    return this.chat.organisation ?? this.own.card;
  }

  /** The agent of this conversation, also after its end. */
  get agent(): string | null {
    const { conversation } = this.chat.held;
    if (conversation?.agent) return conversation.agent.name;
    if (conversation?.status !== 'ended') return null;
    const last = this.messages.findLast(
      ({ author, conversation_id }) =>
        author.kind === 'agent' && conversation_id === conversation.id,
    );
    return last?.author.name ?? null;
  }

  /** A rating given, on its way, or refused. */
  get rating(): { rating: Rating; failedId: string | null } | null {
    const { outbox, held } = this.chat;
    for (const { frame, state, id } of outbox) {
      if (frame.t === 'rate') return { rating: frame, failedId: state === 'failed' ? id : null };
    }
    const rating = held.conversation?.rating;
    return rating ? { rating, failedId: null } : null;
  }

  /** What the host page said is not asked again. */
  get known(): Identity {
    return { ...this.#keep.details, ...this.own.identity };
  }

  get unread(): number {
    const from = this.messages.findIndex(({ id }) => id === this.own.seen) + 1;
    return this.messages
      .slice(from)
      .filter(({ direction, state }) => direction === 'out' && state !== 'read').length;
  }

  /** Every file is there, and there is something to say. */
  get canSend(): boolean {
    const { text, uploads } = this.own;
    const isThere = uploads.every(({ state }) => state === 'done');
    return isThere && (text.trim() !== '' || uploads.length > 0);
  }

  // ---- what the visitor does ----

  open(): void {
    this.#tab?.setItem('hub:open', '1');
    this.#set({ isOpen: true, takesFocus: true });
    this.own = { ...this.own, takesFocus: false };
    if (!this.organisation && !this.chat.token) {
      void organisationOf(this.base, this.place.options.channel).then((card) =>
        this.#set({ card }),
      );
    }
    this.hurry();
  }

  close(): void {
    this.#tab?.removeItem('hub:open');
    this.#set({ isOpen: false });
  }

  identify(identity: Identity): void {
    this.own = { ...this.own, identity: { ...this.own.identity, ...identity } };
    this.#driver.take({ it: 'identify', details: identity });
  }

  /** The first words, with what the visitor told of themselves. */
  begin(details: Identity): void {
    this.#driver.take({ it: 'identify', details });
    this.send();
  }

  write(text: string): void {
    this.#set({ text });
    if (this.screen === 'prechat') return;
    clearTimeout(this.#typingTimer);
    if (!text) {
      this.#endTyping();
      return;
    }
    this.#typingTimer = window.setTimeout(() => this.#endTyping(), TYPING_ENDS_AFTER);
    const now = Date.now();
    if (now - this.#typingSaidAt < TYPING_EVERY) return;
    this.#typingSaidAt = now;
    this.#driver.take({ it: 'passing', frame: { t: 'typing', on: true } });
  }

  send(): void {
    if (!this.canSend) return;
    const { text } = this.own;
    const attachments = this.#attachments();
    this.#endTyping();
    this.own = { ...this.own, text: '', uploads: [], isReading: false };
    const ids = attachments.map(({ id }) => id);
    this.#command({ t: 'send', id: newId(), text: text.trim(), attachments: ids }, attachments);
  }

  end(): void {
    this.#command({ t: 'end', id: newId() });
  }

  rate(rating: Rating): void {
    this.#command({ t: 'rate', id: newId(), ...rating });
  }

  retry(id: string): void {
    this.#driver.take({ it: 'retry', id });
  }

  discard(id: string): void {
    this.#driver.take({ it: 'discard', id });
  }

  hurry(): void {
    this.#driver.take({ it: 'hurry' });
  }

  /** Read an ended conversation, or go back to rating it. */
  read(isReading: boolean): void {
    this.#set({ isReading });
  }

  /** Write again after the end. */
  goOn(): void {
    this.#set({ again: true });
  }

  attach(files: Iterable<File>): void {
    for (const file of files) this.#upload(file, newId());
  }

  retryUpload({ file, key }: Upload): void {
    if (file) this.#upload(file, key);
  }

  detach({ key, stop }: Upload): void {
    stop?.();
    this.#set({ uploads: this.own.uploads.filter((one) => one.key !== key) });
  }

  /** The conversation as a text file, made here: nobody is asked for it. */
  saveRecord(): void {
    const time = new Intl.DateTimeFormat(this.language, { dateStyle: 'short', timeStyle: 'short' });
    const lines = this.messages.map(({ at, direction, author, text, attachments }) => {
      const who = direction === 'in' ? this.words.you : author.name;
      return `${time.format(at)} ${who}: ${[text, ...attachments.map(({ name }) => `[${name}]`)].join(' ')}`;
    });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([lines.join('\r\n')], { type: 'text/plain' }));
    link.download = `chat-${new Date().toISOString().slice(0, 10)}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // ---- what goes on by itself ----

  #set(change: Partial<Own>): void {
    this.own = { ...this.own, ...change };
    this.#changed();
  }

  #command(frame: CommandFrame, attachments: readonly Attachment[] = []): void {
    this.#driver.take({ it: 'command', frame, attachments });
  }

  #changed(): void {
    const { again, isReading, text, uploads } = this.own;
    if (text !== this.#drafted.text || uploads !== this.#drafted.uploads) {
      this.#drafted = { text, uploads };
      this.#keep.draft = { text, attachments: this.#attachments() };
    }
    if (this.chat.held.conversation?.status === 'open' && (again || isReading)) {
      this.own = { ...this.own, again: false, isReading: false };
    }
    this.#watchTheLine();
    this.#sayRead();
    this.#draw();
  }

  #watchTheLine(): void {
    const { lostAt } = this.chat;
    if (lostAt === this.#lostAt) return;
    this.#lostAt = lostAt;
    clearTimeout(this.#lossTimer);
    this.own = { ...this.own, isLossShown: false };
    if (lostAt === null) return;
    const after = Math.max(0, lostAt + SHOW_LOSS_AFTER - Date.now());
    this.#lossTimer = window.setTimeout(() => this.#set({ isLossShown: true }), after);
  }

  /** What is in sight has been read; said again on each new line, since the last may have been lost. */
  #sayRead(): void {
    const { line, call } = this.chat;
    if (!this.own.isOpen || document.hidden || this.screen === 'ended') return;
    const last = this.messages.findLast(({ direction }) => direction === 'out');
    if (!last || last.state === 'read') return;
    this.own = { ...this.own, seen: last.id };
    const said = `${call} ${last.id}`;
    if (line !== 'open' || this.#readSaid === said) return;
    this.#readSaid = said;
    this.#driver.take({ it: 'passing', frame: { t: 'read', message_id: last.id } });
  }

  #attachments(): Attachment[] {
    return this.own.uploads.flatMap(({ attachment }) => attachment ?? []);
  }

  #endTyping(): void {
    clearTimeout(this.#typingTimer);
    if (this.#typingSaidAt === 0) return;
    this.#typingSaidAt = 0;
    this.#driver.take({ it: 'passing', frame: { t: 'typing', on: false } });
  }

  #upload(file: File, key: string): void {
    const { token } = this.chat;
    const put = (change: Partial<Upload>) => {
      const { uploads } = this.own;
      const known = uploads.find((one) => one.key === key);
      const next: Upload = {
        ...(known ?? { key, name: file.name, share: 0, state: 'going' }),
        ...change,
      };
      this.#set({
        uploads: known ? uploads.map((one) => (one.key === key ? next : one)) : [...uploads, next],
      });
    };
    if (file.size > LARGEST_UPLOAD) {
      put({ state: 'too_large', file });
      return;
    }
    if (token === null) {
      put({ state: 'failed', file });
      return;
    }

    const { done, stop } = upload(this.base, token, file, (share) => put({ share }));
    put({ state: 'going', share: 0, file, stop });
    void done.then((result) => {
      if (!this.own.uploads.some((one) => one.key === key)) return; // taken out meanwhile
      if (typeof result === 'string') put({ state: result });
      else put({ state: 'done', share: 1, attachment: result });
    });
  }
}

function socketAddress(base: URL): URL {
  const address = new URL('chat/socket', base);
  address.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
  return address;
}

/** A random UUID, also on pages without https, where `crypto.randomUUID` does not exist. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
