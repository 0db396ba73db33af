/** What the visitor can see and do, as signals and deeds; the components only draw it. */
import { batch, computed, effect, signal } from '@preact/signals-core';

import type { Identity, Place } from '../place.ts';
import { Driver } from './driver.ts';
import { inOrder } from './entities.ts';
import { enrol, LARGEST_UPLOAD, organisationOf, upload } from './hub.ts';
import { Keep, pageStorage } from './keep.ts';
import type { Chat } from './machine.ts';
import type { Command } from './outbox.ts';
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

export class Desk {
  readonly language;
  readonly words;
  readonly base;
  readonly #keep;
  readonly #driver;
  readonly #tab = pageStorage('sessionStorage');
  readonly #identity = signal<Identity>({});
  readonly #card = signal<Organisation | null>(null);
  #typingSaidAt = 0;
  #stopTyping = 0;

  readonly isOpen = signal(false);
  /** Whether opening was the visitor's wish, so that the focus may move there. */
  readonly takesFocus = signal(false);
  readonly isLossShown = signal(false);
  readonly text = signal('');
  readonly uploads = signal<readonly Upload[]>([]);
  /** The visitor wants to go on after the end. */
  readonly again = signal(false);
  /** The visitor reads an ended conversation instead of rating it. */
  readonly isReading = signal(false);
  readonly #seen = signal<string | null>(null);
  readonly #isVisible = signal(!document.hidden);

  constructor(private readonly place: Place) {
    const { base, options } = place;
    this.base = base;
    this.language = languageOf(options.lang);
    this.words = WORDS[this.language];
    this.#keep = new Keep(options.channel, pageStorage('localStorage'));
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
    );
    this.identify(place.identity);
    const { text, attachments } = this.#keep.draft;
    this.text.value = text;
    this.uploads.value = attachments.map((attachment) => ({
      key: attachment.id,
      name: attachment.name,
      share: 1,
      state: 'done',
      attachment,
    }));
    this.#follow();
    this.#driver.take({ it: 'start' });
    if (this.#tab?.getItem('hub:open')) this.isOpen.value = true;
  }

  // ---- what there is to see ----

  readonly chat = computed((): Chat => this.#driver.chat.value);

  readonly messages = computed((): Message[] => inOrder(this.chat.value.held.messages.values()));

  /** Sends that have not come back from the hub yet. */
  readonly pending = computed(() =>
    this.chat.value.outbox.filter(
      (command): command is Command & { frame: Extract<CommandFrame, { t: 'send' }> } =>
        command.frame.t === 'send',
    ),
  );

  readonly screen = computed((): Screen => {
    const { held, token, seq, line, waiting } = this.chat.value;
    const { conversation } = held;
    if (!conversation) {
      if (this.pending.value.length) return 'chat';
      return token !== null && seq === null && line !== 'off' ? 'loading' : 'prechat';
    }
    if (conversation.status === 'ended' && !this.again.value && !this.pending.value.length) {
      return this.isReading.value ? 'record' : 'ended';
    }
    return conversation.status === 'open' && !conversation.agent && waiting ? 'queue' : 'chat';
  });

  readonly organisation = computed(() => this.chat.value.organisation ?? this.#card.value);

  /** The agent of this conversation, also after its end. */
  readonly agent = computed((): string | null => {
    const { conversation } = this.chat.value.held;
    if (conversation?.agent) return conversation.agent.name;
    if (conversation?.status !== 'ended') return null;
    const last = this.messages.value.findLast(
      ({ author, conversation_id }) =>
        author.kind === 'agent' && conversation_id === conversation.id,
    );
    return last?.author.name ?? null;
  });

  /** A rating given, on its way, or refused. */
  readonly rating = computed((): { rating: Rating; failedId: string | null } | null => {
    const { outbox, held } = this.chat.value;
    for (const { frame, state, id } of outbox) {
      if (frame.t === 'rate') return { rating: frame, failedId: state === 'failed' ? id : null };
    }
    const rating = held.conversation?.rating;
    return rating ? { rating, failedId: null } : null;
  });

  /** What the host page said is not asked again. */
  readonly known = computed((): Identity => ({ ...this.#keep.details, ...this.#identity.value }));

  readonly unread = computed(() => {
    const seen = this.#seen.value;
    const messages = this.messages.value;
    const from = seen === null ? 0 : messages.findIndex(({ id }) => id === seen) + 1;
    return messages
      .slice(from)
      .filter(({ direction, state }) => direction === 'out' && state !== 'read').length;
  });

  /** Every file is there, and there is something to say. */
  readonly canSend = computed(
    () =>
      this.uploads.value.every(({ state }) => state === 'done') &&
      (this.text.value.trim() !== '' || this.uploads.value.length > 0),
  );

  // ---- what the visitor does ----

  open(takesFocus = true): void {
    batch(() => {
      this.takesFocus.value = takesFocus;
      this.isOpen.value = true;
    });
    this.#tab?.setItem('hub:open', '1');
    if (!this.chat.value.organisation && !this.#card.value) {
      void organisationOf(this.base, this.place.options.channel).then((card) => {
        this.#card.value = card;
      });
    }
    this.#driver.take({ it: 'hurry' });
  }

  close(): void {
    this.isOpen.value = false;
    this.#tab?.removeItem('hub:open');
  }

  identify(identity: Identity): void {
    this.#identity.value = { ...this.#identity.value, ...identity };
    this.#driver.take({ it: 'identify', details: identity });
  }

  /** The first words, with what the visitor told of themselves. */
  begin(details: Identity): void {
    this.#driver.take({ it: 'identify', details });
    this.send();
  }

  write(text: string): void {
    this.text.value = text;
    if (this.screen.value === 'prechat') return;
    const now = Date.now();
    if (text && now - this.#typingSaidAt >= TYPING_EVERY) {
      this.#typingSaidAt = now;
      this.#driver.take({ it: 'passing', frame: { t: 'typing', on: true } });
    }
    clearTimeout(this.#stopTyping);
    if (text) this.#stopTyping = window.setTimeout(() => this.#endTyping(), TYPING_ENDS_AFTER);
    else this.#endTyping();
  }

  send(): void {
    if (!this.canSend.value) return;
    const attachments = this.uploads.value.flatMap(({ attachment }) => attachment ?? []);
    const frame: CommandFrame = {
      t: 'send',
      id: newId(),
      text: this.text.value.trim(),
      attachments: attachments.map(({ id }) => id),
    };
    this.#endTyping();
    batch(() => {
      this.#driver.take({ it: 'command', frame, attachments });
      this.text.value = '';
      this.uploads.value = [];
      this.isReading.value = false;
    });
  }

  retry(id: string): void {
    this.#driver.take({ it: 'retry', id });
  }

  discard(id: string): void {
    this.#driver.take({ it: 'discard', id });
  }

  /** Read an ended conversation, or go back to rating it. */
  read(isReading: boolean): void {
    this.isReading.value = isReading;
  }

  /** Write again after the end. */
  goOn(): void {
    this.again.value = true;
  }

  hurry(): void {
    this.#driver.take({ it: 'hurry' });
  }

  end(): void {
    this.#driver.take({ it: 'command', frame: { t: 'end', id: newId() }, attachments: [] });
  }

  rate(rating: Rating): void {
    const frame: CommandFrame = { t: 'rate', id: newId(), ...rating };
    this.#driver.take({ it: 'command', frame, attachments: [] });
  }

  attach(files: Iterable<File>): void {
    for (const file of files) this.#upload(file, newId());
  }

  retryUpload({ file, key }: Upload): void {
    if (file) this.#upload(file, key);
  }

  detach({ key, stop }: Upload): void {
    stop?.();
    this.uploads.value = this.uploads.value.filter((one) => one.key !== key);
  }

  /** The conversation as a text file, made here: nobody is asked for it. */
  saveRecord(): void {
    const time = new Intl.DateTimeFormat(this.language, { dateStyle: 'short', timeStyle: 'short' });
    const lines = this.messages.value.map(({ at, direction, author, text, attachments }) => {
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

  #follow(): void {
    const hurry = () => this.#driver.take({ it: 'hurry' });
    addEventListener('online', hurry);
    addEventListener('offline', () => this.#driver.take({ it: 'offline' }));
    addEventListener('pageshow', hurry);
    document.addEventListener('visibilitychange', () => {
      this.#isVisible.value = !document.hidden;
      if (!document.hidden) hurry();
    });

    effect(() => {
      const attachments = this.uploads.value.flatMap(({ attachment }) => attachment ?? []);
      this.#keep.draft = { text: this.text.value, attachments };
    });

    const lostAt = computed(() => this.chat.value.lostAt);
    effect(() => {
      const since = lostAt.value;
      if (since === null) {
        this.isLossShown.value = false;
        return;
      }
      const timer = setTimeout(
        () => (this.isLossShown.value = true),
        Math.max(0, since + SHOW_LOSS_AFTER - Date.now()),
      );
      return () => clearTimeout(timer);
    });

    // What is in sight has been read; said again on each new line, since the last may have been lost.
    const inSight = computed(() => {
      if (!this.isOpen.value || !this.#isVisible.value || this.screen.value === 'ended')
        return null;
      const last = this.messages.value.findLast(({ direction }) => direction === 'out');
      return last && last.state !== 'read' ? last.id : null;
    });
    const call = computed(() => (this.chat.value.line === 'open' ? this.chat.value.call : null));
    effect(() => {
      const message_id = inSight.value;
      if (message_id === null || call.value === null) return;
      this.#seen.value = message_id;
      this.#driver.take({ it: 'passing', frame: { t: 'read', message_id } });
    });

    const status = computed(() => this.chat.value.held.conversation?.status);
    effect(() => {
      if (status.value === 'open') batch(() => (this.again.value = this.isReading.value = false));
    });
  }

  #endTyping(): void {
    clearTimeout(this.#stopTyping);
    if (this.#typingSaidAt === 0) return;
    this.#typingSaidAt = 0;
    this.#driver.take({ it: 'passing', frame: { t: 'typing', on: false } });
  }

  #upload(file: File, key: string): void {
    const { token } = this.chat.value;
    const put = (change: Partial<Upload>) => {
      const known = this.uploads.value.find((one) => one.key === key);
      const next: Upload = {
        ...(known ?? { key, name: file.name, share: 0, state: 'going' }),
        ...change,
      };
      this.uploads.value = known
        ? this.uploads.value.map((one) => (one.key === key ? next : one))
        : [...this.uploads.value, next];
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
      if (!this.uploads.value.some((one) => one.key === key)) return; // taken out meanwhile
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
