/** A small hub that keeps docs/realtime.md and docs/http-api.md to the letter, for one agent who watches it. */
import type {
  Boot,
  Conversation,
  Draft,
  Entities,
  Entity,
  Id,
  Kind,
  Message,
  Millis,
} from '@/domain/entities';
import type { Change, ServerFrame } from '@/domain/frames';
import { placings, viewNames } from '@/domain/views';

import type { HttpAnswer, HttpRequest } from '../ports';

export const ME = 'agent-me';
const COLLEAGUE = 'agent-other';
const FIRST_ROWS = 3;
const PAGE = 4;
/** More events behind than this: `reset too_far`. */
const TOO_FAR = 40;

type Logged = { at: Millis; type: string; changes: Change[]; command_id: Id | null };
type Stored = { body: string; answer: HttpAnswer };

/** Everything a backup holds. */
type State = {
  log: Logged[];
  entities: Map<string, Entity>;
  tombstones: Map<string, number>;
  hidden: Set<Id>;
  stored: Map<Id, Stored>;
  /** How often each command had its effect. */
  effects: Map<Id, number>;
};

export class ModelHub {
  epoch = 'epoch-1';
  state: State = {
    log: [],
    entities: new Map(),
    tombstones: new Map(),
    hidden: new Set(),
    stored: new Map(),
    effects: new Map(),
  };
  private epochs = 1;
  private made = 0;
  private backup: State | null = null;
  /** Told after each commit. */
  onCommit: () => void = () => undefined;

  constructor(private readonly now: () => Millis) {}

  get head(): number {
    return this.state.log.length;
  }

  // --- The log ---

  /** Change entities and say so: `value` is the new whole, null removes. `sent` decides how it is told. */
  commit(
    type: string,
    writes: { kind: Kind; id: Id; value: Record<string, unknown> | null; patch?: boolean }[],
    command_id: Id | null = null,
  ): void {
    const changes = writes.map(({ kind, id, value, patch }) => {
      const key = `${kind}/${id}`;
      const was = this.state.entities.get(key);
      const rev = (was?.rev ?? this.state.tombstones.get(key) ?? 0) + 1;
      if (value === null) {
        this.state.entities.delete(key);
        this.state.tombstones.set(key, rev);
        return { entity: kind, id, rev };
      }
      const entity = { ...was, ...value, id, rev } as Entity;
      this.state.entities.set(key, entity);
      return patch === true
        ? { entity: kind, id, rev, patch: value }
        : { entity: kind, id, rev, full: { ...entity } };
    });
    this.state.log.push({ at: this.now(), type, changes, command_id });
    this.onCommit();
  }

  /** Access to a conversation is lost or won back: it goes from the screen, or comes whole. */
  hide(id: Id, hidden: boolean): void {
    if (this.state.hidden.has(id) === hidden) return;
    const conversation = this.get('conversation', id);
    const rev = conversation.rev + 1;
    const moved = { ...conversation, rev };
    this.state.entities.set(`conversation/${id}`, moved);
    if (hidden) this.state.hidden.add(id);
    else this.state.hidden.delete(id);
    const change: Change = { entity: 'conversation', id, rev };
    if (!hidden) change.full = { ...moved };
    this.state.log.push({ at: this.now(), type: 'moved', changes: [change], command_id: null });
    this.onCommit();
  }

  /** The log after `seq` as this agent may see it, numbered by position. */
  after(seq: number): { seq: number; frame: Omit<Extract<ServerFrame, { t: 'event' }>, 'n'> }[] {
    const frames = [];
    for (let at = seq; at < this.state.log.length; at += 1) {
      const logged = this.state.log[at];
      if (logged === undefined) break;
      const changes = logged.changes.filter((change) => this.maySee(change));
      if (changes.length === 0) continue;
      const { type, command_id } = logged;
      const frame = { t: 'event' as const, seq: at + 1, type, at: logged.at, changes, command_id };
      frames.push({ seq: at + 1, frame });
    }
    return frames;
  }

  refusal(epoch: unknown, after: unknown): 'epoch' | 'too_far' | null {
    if (epoch !== this.epoch || typeof after !== 'number' || after > this.head) return 'epoch';
    return this.head - after > TOO_FAR ? 'too_far' : null;
  }

  // --- Backup and restore ---

  makeBackup(): void {
    this.backup = structuredClone(this.state);
  }

  /** Go back to the backup: another epoch. Answers the commands whose effect is lost by it. */
  restore(): Id[] {
    if (this.backup === null) return [];
    const had = [...this.state.effects.keys()];
    this.state = this.backup;
    this.backup = null;
    this.epochs += 1;
    this.epoch = `epoch-${this.epochs}`;
    return had.filter((key) => !this.state.effects.has(key));
  }

  // --- What others do ---

  newConversation(): Id {
    const id = this.newId('conv');
    const now = this.now();
    const conversation: Omit<Conversation, 'rev'> = {
      id,
      number: this.made,
      channel: 'chat',
      channel_id: 'channel',
      customer: { id: `customer-${id}`, name: id },
      subject: null,
      status: 'open',
      routing: 'waiting',
      queue_id: 'queue',
      agent_id: null,
      language: 'en',
      opened_at: now,
      ended_at: null,
      waiting_since: now,
      first_reply_due: null,
      last_message_at: now,
      preview: null,
      unread: 0,
      message_count: 0,
      last_ordinal: 0,
      ticket_ids: [],
      rating: null,
      wrap_up_until: null,
    };
    this.commit('conversation.opened', [{ kind: 'conversation', id, value: conversation }]);
    this.write(id, 'in', null);
    return id;
  }

  /** A message of the customer (`in`), a colleague or me (`out`). */
  write(
    conversation: Id,
    direction: 'in' | 'out' | 'note',
    author: Id | null,
    text = 'hello',
    key: Id | null = null,
  ): Message {
    const held = this.get('conversation', conversation);
    const ordinal = held.last_ordinal + 1;
    const id = this.newId('message');
    const at = this.now();
    const kind = direction === 'in' ? 'customer' : 'agent';
    const message = {
      conversation_id: conversation,
      ordinal,
      direction,
      author: { kind, id: author, name: author ?? 'customer' },
      text,
      html: null,
      quoted: null,
      subject: null,
      at,
      state: direction === 'in' ? 'received' : 'queued',
      error: null,
      attachments: [],
      automatic: false,
      trust: null,
    };
    const moved = { last_ordinal: ordinal, last_message_at: at, message_count: ordinal };
    this.commit(
      'message.kept',
      [
        { kind: 'message', id, value: message },
        { kind: 'conversation', id: conversation, value: moved, patch: true },
      ],
      key,
    );
    return this.get('message', id);
  }

  colleagueWrites(conversation: Id): void {
    this.write(conversation, 'out', COLLEAGUE);
  }

  patch(kind: Kind, id: Id, value: Record<string, unknown>, key: Id | null = null): void {
    this.commit(`${kind}.changed`, [{ kind, id, value, patch: true }], key);
  }

  // --- Looking ---

  get<K extends Kind>(kind: K, id: Id): Entities[K] {
    const entity = this.state.entities.get(`${kind}/${id}`);
    if (entity === undefined) throw new Error(`the model has no ${kind} ${id}`);
    return entity as Entities[K];
  }

  all<T extends Entity>(kind: Kind): T[] {
    const found: T[] = [];
    for (const [key, entity] of this.state.entities) {
      if (key.startsWith(`${kind}/`)) found.push(entity as T);
    }
    return found;
  }

  visible(): Conversation[] {
    return this.all<Conversation>('conversation').filter(({ id }) => !this.state.hidden.has(id));
  }

  view(name: (typeof viewNames)[number]): Conversation[] {
    const placed = this.visible().flatMap((conversation) => {
      const key = placings[name](conversation, ME);
      return key === null ? [] : [{ conversation, key }];
    });
    placed.sort((a, b) => a.key - b.key || (a.conversation.id < b.conversation.id ? -1 : 1));
    return placed.map(({ conversation }) => conversation);
  }

  messages(conversation: Id): Message[] {
    const messages = this.all<Message>('message');
    return messages
      .filter((message) => message.conversation_id === conversation)
      .sort((a, b) => a.ordinal - b.ordinal);
  }

  // --- HTTP ---

  answer(request: HttpRequest): HttpAnswer {
    const [path = '', query = ''] = request.path.split('?');
    const parameters = new URLSearchParams(query);
    const parts = path.split('/').slice(2); // after /api
    if (request.method === 'GET') return this.read(parts, parameters);
    if (path === '/api/realtime/ticket') return ok({ ticket: this.newId('ticket') });
    const key = request.key ?? '';
    const body = JSON.stringify([path, request.body ?? null]);
    const stored = this.state.stored.get(key);
    if (stored !== undefined)
      return stored.body === body ? stored.answer : refused(409, 'command_reused');
    const answer = this.change(parts, request.body ?? {}, key);
    if (answer.status >= 300) return answer;
    this.state.stored.set(key, { body, answer: structuredClone(answer) });
    this.state.effects.set(key, (this.state.effects.get(key) ?? 0) + 1);
    return answer;
  }

  private read(parts: string[], parameters: URLSearchParams): HttpAnswer {
    const [root, id = '', part] = parts;
    if (root === 'session') return ok({ agent: this.me(), csrf: 'csrf' });
    if (root === 'boot') return ok(this.boot());
    if (root !== 'conversations') return refused(404, 'not_found');
    if (id === '') return ok(this.page(parameters));
    const conversation = this.state.entities.get(`conversation/${id}`);
    if (conversation === undefined || this.state.hidden.has(id)) return refused(404, 'not_found');
    if (part === undefined) return ok(conversation);
    if (part === 'drafts') {
      const drafts = this.all<Draft>('draft').filter((draft) => draft.conversation_id === id);
      return ok({ items: drafts });
    }
    const before = Number(parameters.get('before') ?? Infinity);
    const older = this.messages(id).filter(({ ordinal }) => ordinal < before);
    const items = older.slice(-PAGE);
    return ok({ items, next: older.length > items.length ? 'more' : null });
  }

  private boot(): Boot {
    const view = (name: (typeof viewNames)[number]) => {
      const conversations = this.view(name);
      return { count: conversations.length, items: conversations.slice(0, FIRST_ROWS) };
    };
    return {
      epoch: this.epoch,
      seq: this.head,
      now: this.now(),
      me: this.me(),
      rights: [],
      agents: [],
      queues: [],
      views: { mine: view('mine'), waiting: view('waiting'), all: view('all') },
      offers: this.all('offer'),
      presence: {},
      statuses: [],
      organisation: {},
    };
  }

  private me(): Boot['me'] {
    return {
      id: ME,
      rev: 1,
      name: 'Me',
      role: 'agent',
      languages: [],
      teams: [],
      disabled: false,
      avatar: null,
      email: 'me@hub.example',
      preferences: {},
    };
  }

  private page(parameters: URLSearchParams): { items: Conversation[]; next: string | null } {
    const conversations = this.view(parameters.get('view') as (typeof viewNames)[number]);
    const cursor = parameters.get('cursor');
    const at = cursor === null ? 0 : conversations.findIndex(({ id }) => id === cursor) + 1;
    const items = conversations.slice(at, at + PAGE);
    const next = at + PAGE < conversations.length ? (items.at(-1)?.id ?? null) : null;
    return { items, next };
  }

  private change(parts: string[], body: Record<string, unknown>, key: Id): HttpAnswer {
    const [, id = '', deed, mode] = parts;
    const conversation = this.state.entities.get(`conversation/${id}`) as Conversation | undefined;
    if (conversation === undefined || this.state.hidden.has(id)) return refused(404, 'not_found');
    switch (deed) {
      case 'replies':
        return this.reply(conversation, body, key);
      case 'notes':
        return ok(this.write(id, 'note', ME, String(body.text), key));
      case 'drafts':
        return this.draft(id, mode ?? '', body, key);
      case 'take':
        if (conversation.agent_id !== null) return refused(409, 'conflict');
        this.patch(
          'conversation',
          id,
          { agent_id: ME, routing: 'assigned', waiting_since: null },
          key,
        );
        return ok(this.get('conversation', id));
      case 'end':
        if (conversation.status === 'ended') return refused(409, 'conflict');
        this.patch('conversation', id, { status: 'ended', routing: 'none' }, key);
        return ok(this.get('conversation', id));
      default:
        return refused(404, 'not_found');
    }
  }

  private reply(conversation: Conversation, body: Record<string, unknown>, key: Id): HttpAnswer {
    const { id } = conversation;
    const seen = Number(body.seen_ordinal);
    const colleague = this.messages(id).findLast(
      ({ ordinal, direction, author }) =>
        ordinal > seen && direction === 'out' && author.id === COLLEAGUE,
    );
    if (colleague !== undefined) {
      return refused(409, 'colleague_replied', { ordinal: colleague.ordinal });
    }
    return ok(this.write(id, 'out', ME, String(body.text), key));
  }

  private draft(
    conversation: Id,
    mode: string,
    body: Record<string, unknown>,
    key: Id | null,
  ): HttpAnswer {
    const id = `${conversation}:${mode}`;
    const current = this.state.entities.get(`draft/${id}`) as Draft | undefined;
    if ((current?.rev ?? 0) !== body.if_rev) {
      return refused(409, 'stale_rev', { current: current ?? null });
    }
    this.writeDraft(conversation, mode, String(body.text), key);
    return ok(this.get('draft', id));
  }

  writeDraft(conversation: Id, mode: string, text: string, key: Id | null = null): void {
    const id = `${conversation}:${mode}`;
    const value = {
      conversation_id: conversation,
      mode,
      text,
      attachments: [],
      updated_at: this.now(),
    };
    this.commit('draft.written', [{ kind: 'draft', id, value }], key);
  }

  private maySee(change: Change): boolean {
    if (change.full === undefined && change.patch === undefined) return true;
    const { hidden } = this.state;
    if (change.entity === 'conversation') return !hidden.has(change.id);
    const entity = this.state.entities.get(`${change.entity}/${change.id}`);
    return (
      entity === undefined || !('conversation_id' in entity && hidden.has(entity.conversation_id))
    );
  }

  private newId(kind: string): Id {
    this.made += 1;
    return `${kind}-${String(this.made).padStart(5, '0')}`;
  }
}

function ok(body: unknown): HttpAnswer {
  return { status: 200, body: structuredClone(body), retry_after: null };
}

function refused(status: number, code: string, facts: Record<string, unknown> = {}): HttpAnswer {
  return { status, body: { status, code, ...structuredClone(facts) }, retry_after: null };
}
