/** What must survive a reload, in the host page's storage, or in memory where that is refused. */
import type { Command, Outbox } from './outbox.ts';
import type { Attachment, Details } from './protocol.ts';

export type Draft = { readonly text: string; readonly attachments: readonly Attachment[] };

const NO_DRAFT: Draft = { text: '', attachments: [] };

export class Keep {
  readonly #prefix: string;
  readonly #memory = new Map<string, string>();

  /** The loader reads `hub:<channel>:live` to know whether a conversation is under way. */
  constructor(
    channel: string,
    private readonly storage: Storage | null,
  ) {
    this.#prefix = `hub:${channel}:`;
  }

  get token(): string | null {
    return this.#get('token');
  }

  set token(token: string | null) {
    this.#set('token', token);
  }

  /** Whether the next page should connect without being asked. */
  set live(live: boolean) {
    this.#set('live', live ? '1' : null);
  }

  get details(): Details {
    return (this.#read('who') as Details | null) ?? {};
  }

  set details(details: Details) {
    this.#write('who', details);
  }

  get draft(): Draft {
    return (this.#read('draft') as Draft | null) ?? NO_DRAFT;
  }

  set draft(draft: Draft) {
    this.#write('draft', draft.text || draft.attachments.length ? draft : null);
  }

  /** Each command under its own key, so that two tabs never overwrite each other's. */
  keep(command: Command): void {
    this.#write(`out:${command.id}`, command);
  }

  forget(id: string): void {
    this.#set(`out:${id}`, null);
  }

  /** Oldest first. What was under way when the page went away has to be said again. */
  outbox(): Outbox {
    const commands: Command[] = [];
    for (const key of this.#keys('out:')) {
      const command = this.#read(key) as Command | null;
      if (command) {
        commands.push(command.state === 'failed' ? command : { ...command, state: 'waiting' });
      }
    }
    return commands.sort((a, b) => a.at - b.at);
  }

  #keys(start: string): string[] {
    const stored = Object.keys(this.storage ?? {})
      .filter((name) => name.startsWith(this.#prefix))
      .map((name) => name.slice(this.#prefix.length));
    return [...new Set([...stored, ...this.#memory.keys()])].filter((key) => key.startsWith(start));
  }

  #read(key: string): unknown {
    const text = this.#get(key);
    if (text === null) return null;
    try {
      return JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#set(key, null); // written by somebody else: of no use to anyone
      return null;
    }
  }

  #write(key: string, value: object | null): void {
    this.#set(key, value && JSON.stringify(value));
  }

  #get(key: string): string | null {
    return this.#memory.get(key) ?? this.storage?.getItem(this.#prefix + key) ?? null;
  }

  #set(key: string, value: string | null): void {
    const name = this.#prefix + key;
    this.#memory.delete(key);
    if (value === null) {
      this.storage?.removeItem(name);
      return;
    }
    try {
      if (!this.storage) this.#memory.set(key, value);
      else this.storage.setItem(name, value);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.#memory.set(key, value); // full: it lives as long as the page
    }
  }
}

/** The page's storage, or null where the browser refuses it. */
export function pageStorage(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return window[kind];
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
