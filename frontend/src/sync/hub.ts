/** The sync layer put together: one hub for one tab. */
import type { Boot, Entity, Id, Kind, Message, Millis } from '@/domain/entities';
import type { EventFrame, ServerFrame } from '@/domain/frames';

import { Api, UNREACHABLE } from './api';
import { Cell } from './cell';
import { HubClock } from './clock';
import { Commands } from './commands';
import { DraftKeeper } from './drafts';
import { Fetcher } from './fetcher';
import { LiveTopicsHeld } from './live';
import { LetterOutbox } from './outbox';
import type { Http, Keep, Neighbours, OpenSocket, World } from './ports';
import { Session, type Position } from './session';
import { Signals } from './signals';
import { EntityStore } from './store';
import { ConversationThreads } from './threads';
import { Refused, type Command, type Ground, type Hub } from './types';
import { ConversationViews } from './views';

export type HubDeps = {
  world: World;
  http: Http;
  socket: OpenSocket;
  keep: Keep;
  neighbours: Neighbours;
  /** What signing in told: the first change need not ask for it. */
  csrf?: string;
};

type Snapshot = [Kind, readonly Entity[]][];
type Rest = { entities: Snapshot; settle: () => void };

/** How often the outboxes of closed tabs are looked for, and entities nobody needs are let go. */
const HOUSEKEEPING: Millis = 60_000;
/** Customers, tickets, articles and ended conversations held though nobody looks at them. */
const KEPT_UNSEEN = 500;
const AFTER_FAILED_READ: Millis = 3_000;

export class SyncedHub implements Hub {
  readonly ground = new Cell<Ground | null>(null);
  readonly store: EntityStore;
  readonly views: ConversationViews;
  readonly threads: ConversationThreads;
  readonly live: LiveTopicsHeld;
  readonly outbox: LetterOutbox;
  readonly drafts: DraftKeeper;
  readonly tabs: { id: string; leads: Cell<boolean> };
  readonly session: Session;
  readonly api: Api;

  private readonly clock: HubClock;
  private readonly commands: Commands;
  private readonly fetcher: Fetcher;
  private readonly signals: Signals;
  private owner: Id | null = null;
  private epoch = '';
  private running = false;
  private boots = 0;

  constructor(private readonly deps: HubDeps) {
    const { world, keep, neighbours } = deps;
    this.api = new Api(deps.http, world, deps.csrf);
    this.clock = new HubClock(world.now);
    this.store = new EntityStore({
      world,
      keeps: (change) => change.entity !== 'message' || this.threads.concernedBy(change),
      need: (change, outcome) => {
        const kind = change.entity as Kind;
        if (outcome === 'behind' || (kind === 'conversation' && this.views.concernedBy(change))) {
          this.need(kind, change.id);
        }
      },
      want: (kind, id) => this.fetcher.fetch(kind, id),
    });
    this.fetcher = new Fetcher(
      this.api,
      world,
      () => this.store,
      () => this.putSnapshot(),
    );
    this.views = new ConversationViews(this.store, this.api);
    this.live = new LiveTopicsHeld(world);
    this.outbox = new LetterOutbox({
      world,
      api: this.api,
      keep,
      neighbours,
      lane: {
        colleagueAfter: (conversation, ordinal) =>
          this.threads.colleagueAfter(conversation, ordinal, this.owner ?? ''),
        lastOrdinal: (conversation) =>
          this.store.get('conversation', conversation)?.last_ordinal ?? 0,
        isBusy: (conversation, order) => this.commands.isBusy(conversation, order),
      },
      isOpen: () => this.session.isLive,
      generation: () => this.store.generation,
      arrived: (message) => this.arrived(message),
      changed: (conversation) => {
        this.threads.repaint(conversation);
        this.commands.wake();
      },
      signedOut: () => this.session.stop('signed_out'),
    });
    this.threads = new ConversationThreads({
      store: this.store,
      api: this.api,
      pending: (conversation) => this.outbox.pending(conversation),
      opened: (conversation) => {
        if (!this.store.isSure('conversation', conversation)) {
          this.need('conversation', conversation);
        }
      },
      later: (again) => void world.after(AFTER_FAILED_READ, again),
    });
    this.drafts = new DraftKeeper({
      world,
      api: this.api,
      keep,
      store: this.store,
      owner: () => this.owner,
    });
    this.commands = new Commands({
      world,
      api: this.api,
      store: this.store,
      nextOrder: () => this.outbox.nextOrder(),
      lettersFirst: (lane, order) => this.outbox.isBusy(lane, order),
      done: () => this.outbox.pump(),
      signedOut: () => this.session.stop('signed_out'),
    });
    this.session = new Session({
      world,
      open: deps.socket,
      boot: (again) => this.boot(again),
      hello: async ({ epoch, seq }) => ({
        t: 'hello',
        ticket: await this.api.ticket(),
        epoch,
        after: seq,
        tab: neighbours.id,
      }),
      hear: (frame) => this.hear(frame),
      opened: () => this.live.opened(),
      caughtUp: () => this.caughtUp(),
      lost: () => this.live.lost(),
    });
    this.signals = new Signals(world, (frame) => this.session.say(frame));
    this.tabs = { id: neighbours.id, leads: new Cell(false) };
    neighbours.lead(() => {
      this.tabs.leads.set(true);
      void this.adopt();
    });
  }

  get connection(): Session['connection'] {
    return this.session.connection;
  }

  readonly now = (): Millis => this.clock.now();

  readonly start = (): void => {
    this.fetcher.start();
    this.session.start();
    if (this.running) return;
    this.running = true;
    this.deps.world.after(HOUSEKEEPING, () => this.housekeeping());
  };

  readonly stop = (): void => {
    this.running = false;
    this.session.stop();
    this.fetcher.stop();
  };

  readonly retry = (): void => {
    this.session.retry();
  };

  command<T>(command: Command): Promise<T> {
    return this.commands.run<T>(command);
  }

  async read<T>(path: string, signal?: AbortSignal): Promise<T> {
    const { generation } = this.store;
    const answer = await this.api.read<T>(path, signal);
    return generation === this.store.generation ? answer : this.read(path, signal);
  }

  typing(conversation: Id, mode: Parameters<Hub['typing']>[1]): void {
    this.signals.typing(conversation, mode);
  }

  viewing(conversation: Id | null): void {
    this.signals.viewing(conversation);
  }

  offerShown(offer: Id): void {
    this.session.say({ t: 'offer_shown', offer_id: offer });
  }

  // --- Snapshots ---

  private async boot(again: boolean): Promise<Position> {
    this.boots += 1;
    const turn = this.boots;
    const boot = await this.readBoot();
    const rest = again ? await this.refill(boot) : null;
    if (turn !== this.boots) throw new Refused(UNREACHABLE); // a later line began again: this is old
    if (rest !== null) this.reset(boot, rest);
    else for (const [kind, entities] of entitiesOf(boot)) this.store.put(kind, entities);
    this.settle(boot);
    return { epoch: boot.epoch, seq: boot.seq };
  }

  private async readBoot(): Promise<Boot> {
    const asked = this.deps.world.now();
    const boot = await this.api.boot();
    this.clock.learn(boot.now, asked, this.deps.world.now());
    return boot;
  }

  /** What is painted beyond the snapshot: read behind it, then exchanged at once. */
  private async refill(boot: Boot): Promise<Rest> {
    const rows = await this.views.refill(boot);
    const { conversations, messages, settle } = await this.threads.refill();
    const drafts = await this.drafts.refill();
    const entities: Snapshot = [
      ['conversation', [...rows, ...conversations]],
      ['message', messages],
      ['draft', drafts],
    ];
    return { entities, settle };
  }

  private reset(boot: Boot, { entities, settle }: Rest): void {
    this.store.reset([...entitiesOf(boot), ...entities]);
    if (boot.epoch !== this.epoch) this.drafts.rescue();
    this.store.flush();
    settle();
  }

  private settle(boot: Boot): void {
    const { me, rights, statuses, organisation } = boot;
    this.owner = me.id;
    this.epoch = boot.epoch;
    this.ground.set({ me, rights, statuses, organisation });
    this.views.ground(boot);
    for (const [agent, presence] of Object.entries(boot.presence)) {
      this.live.hear('presence', agent, presence);
    }
    this.drafts.pump();
    void this.adopt();
  }

  /** Agents, queues and offers have no route of their own: the snapshot tells of them. */
  private async putSnapshot(): Promise<void> {
    const { generation } = this.store;
    const boot = await this.readBoot();
    if (generation !== this.store.generation) return;
    for (const [kind, entities] of entitiesOf(boot)) this.store.put(kind, entities);
  }

  // --- Hearing ---

  private hear(frame: ServerFrame): void {
    if (frame.t === 'event') this.event(frame);
    else if (frame.t === 'live') this.live.hear(frame.topic, frame.key, frame.value);
    else if (frame.t === 'beat' || frame.t === 'caught_up') this.store.caughtUp();
    if (frame.t === 'beat') this.live.complete(); // by now everything ephemeral has been sent once
  }

  private event(frame: EventFrame): void {
    this.store.hear(frame.changes);
    if (frame.command_id == null) return;
    this.store.lift(frame.command_id);
    this.outbox.confirm(frame.command_id);
  }

  private caughtUp(): void {
    this.signals.again();
    this.store.flush(); // so that the outbox sees what colleagues wrote meanwhile
    this.threads.recheck();
    this.drafts.pump();
    this.outbox.pump();
    this.views.finish('mine').catch(() => undefined); // the lists can be lengthened by hand
    this.views.finish('waiting').catch(() => undefined); // as above
  }

  private arrived(message: Message): void {
    const full = { entity: 'message', id: message.id, rev: message.rev, full: message };
    if (!this.threads.concernedBy(full)) return;
    if (this.store.isGone('conversation', message.conversation_id)) return;
    this.store.put('message', [message]);
    this.store.flush(); // its entry goes now: there must not be a frame without either
  }

  private need(kind: Kind, id: Id): void {
    if (kind === 'message') this.threads.recheck();
    else if (kind === 'draft') this.drafts.reread(id);
    else this.fetcher.fetch(kind, id).catch(() => undefined); // refused: it is shown as it was
  }

  // --- Keeping house ---

  private async adopt(): Promise<void> {
    if (this.owner !== null) await this.outbox.adopt(this.owner);
  }

  private housekeeping(): void {
    if (!this.running) return;
    this.deps.world.after(HOUSEKEEPING, () => this.housekeeping());
    void this.adopt();
    for (const kind of ['customer', 'ticket', 'article', 'conversation'] as const) {
      const unseen = this.store
        .all(kind)
        .map(({ id }) => id)
        .filter((id) => !this.store.isWatched(kind, id))
        .filter((id) => kind !== 'conversation' || !this.isNeeded(id));
      if (unseen.length > KEPT_UNSEEN) {
        this.store.forget(kind, unseen.slice(0, unseen.length - KEPT_UNSEEN));
      }
    }
  }

  private isNeeded(conversation: Id): boolean {
    return this.views.shows(conversation) || this.threads.isOpen(conversation);
  }
}

function entitiesOf(boot: Boot): Snapshot {
  return [
    ['agent', boot.agents],
    ['queue', boot.queues],
    ['offer', boot.offers],
    ['conversation', Object.values(boot.views).flatMap(({ items }) => items)],
  ];
}
