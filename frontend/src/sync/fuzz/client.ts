/** One tab with the real sync layer on a virtual device, and the person in front of it. */
import type { Conversation, DraftMode, Id, Millis } from '@/domain/entities';

import { SyncedHub } from '../hub';
import { MemoryKeep } from '../keep';
import type { Box, Http, Keep, OpenSocket } from '../ports';
import { onlyTab } from '../tabs';
import { Refused } from '../types';
import type { Lines } from './lines';

type Sure = 'once' | 'at most once' | 'never';

/** What outlives a reload: the disk, and what the person remembers having done. */
export class Person {
  readonly disk = new MemoryKeep();
  /** Every command given, and how often it must have had its effect in the end. */
  readonly given = new Map<Id, Sure>();
  /** Commands whose effect a restored backup took back. */
  readonly undone = new Set<Id>();
  /** The last words typed into each composer. */
  readonly typed = new Map<string, string>();
  words = 0;
}

export class Client {
  readonly hub: SyncedHub;
  private alive = true;
  private skew: Millis = 0;
  private readonly letGo = new Map<Id, () => void>();
  /** The composers written in since this tab was loaded. */
  readonly composers = new Set<string>();
  private unwatch: (() => void) | null = null;

  constructor(
    private readonly lines: Lines,
    readonly person: Person,
  ) {
    const { time, chance } = lines;
    const whileAlive = (run: () => void) => () => {
      if (this.alive) run();
    };
    const http: Http = async (request) => {
      const answer = await lines.http(request).catch(() => null);
      if (!this.alive) await new Promise<never>(() => undefined); // nobody is there to hear it
      if (answer === null) throw new Error('no answer');
      return answer;
    };
    const socket: OpenSocket = ({ opened, heard, closed }) =>
      lines.open({
        opened: whileAlive(opened),
        heard: (text) => whileAlive(() => heard(text))(),
        closed: whileAlive(closed),
      });
    let made = 0;
    const life = chance.between(0, 1e9);
    this.hub = new SyncedHub({
      world: {
        now: () => time.now + this.skew,
        random: chance.next,
        after: (pause, run) => time.after(pause, whileAlive(run)),
        cancel: (timer) => time.cancel(timer),
        nextFrame: (run) => void time.after(16, whileAlive(run)),
        newId: () => `key-${life}-${(made += 1)}`,
      },
      http,
      socket,
      keep: this.slowDisk(),
      neighbours: onlyTab('tab'),
    });
    this.hub.start();
  }

  get isThere(): boolean {
    return this.hub.connection.get().painted;
  }

  /** The tab is closed or reloaded: whatever was on its way here is gone. */
  crash(): Client {
    this.alive = false;
    return new Client(this.lines, this.person);
  }

  sleep(time: Millis): void {
    this.skew += time;
  }

  conversations(): Conversation[] {
    return [...this.hub.store.all('conversation')];
  }

  toggleThread(conversation: Id): void {
    const letGo = this.letGo.get(conversation);
    if (letGo === undefined) this.letGo.set(conversation, this.hub.threads.open(conversation));
    else letGo();
    if (letGo !== undefined) this.letGo.delete(conversation);
  }

  openThreads(): Id[] {
    return [...this.letGo.keys()];
  }

  watchAll(watch: boolean): void {
    if (watch) this.unwatch ??= this.hub.views.view('all').subscribe(() => undefined);
    else this.unwatch?.();
    if (!watch) this.unwatch = null;
  }

  /** A search, a link: the same conversation read on another way, and put when its answer comes. */
  lookUp(conversation: Id): void {
    const { hub } = this;
    hub.read<Conversation>(`/api/conversations/${conversation}`).then(
      (read) => hub.store.put('conversation', [read]),
      () => undefined, // the line is bad, or there is none: nothing is shown
    );
  }

  async post(conversation: Id, mode: DraftMode): Promise<void> {
    const { person, hub } = this;
    const seen = hub.store.get('conversation', conversation)?.last_ordinal ?? 0;
    person.words += 1;
    const text = `letter ${person.words}`;
    const entry = await hub.outbox.post({ conversation, mode, text, seen_ordinal: seen });
    person.given.set(entry.id, 'once');
  }

  /** What the person does about letters that need a decision. */
  async decide(insist: boolean): Promise<void> {
    const { hub, person } = this;
    for (const { id, state } of hub.outbox.all.get()) {
      if (state === 'held' && insist) await hub.outbox.insist(id);
      else if (state === 'failed' && insist) await hub.outbox.retry(id);
      else if (state === 'held' || state === 'failed') {
        if (await hub.outbox.discard(id)) person.given.set(id, 'never');
      }
    }
  }

  async command(conversation: Id, deed: 'take' | 'end'): Promise<void> {
    const patch = deed === 'take' ? { routing: 'assigned' } : { status: 'ended' };
    const path = `/api/conversations/${conversation}/${deed}`;
    const optimism = [{ entity: 'conversation' as const, id: conversation, patch }];
    const keys = new Set<Id>();
    const ask = this.hub.api.ask.bind(this.hub.api);
    this.hub.api.ask = (request) => {
      if (request.path === path && request.key !== undefined) keys.add(request.key);
      return ask(request);
    };
    let sure: Sure = 'once';
    try {
      await this.hub.command({ method: 'POST', path, lane: conversation, optimism, body: {} });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      sure =
        error.code === 'unreachable' || error.problem.status === 503 ? 'at most once' : 'never';
    } finally {
      for (const key of keys) this.person.given.set(key, keys.size > 1 ? 'at most once' : sure);
    }
  }

  type(conversation: Id, mode: DraftMode): void {
    const id = `${conversation}:${mode}`;
    const { state, loaded } = this.hub.drafts.draft(conversation, mode).get();
    if (!loaded || state === 'conflict') return;
    this.person.words += 1;
    const text = `words ${this.person.words}`;
    this.person.typed.set(id, text);
    this.composers.add(id);
    this.hub.drafts.write(conversation, mode, text);
  }

  /** Look at every composer that was ever written in. */
  openDrafts(): void {
    for (const id of this.person.typed.keys()) {
      const [conversation = '', mode = ''] = id.split(':');
      this.hub.drafts.draft(conversation, mode as DraftMode);
    }
  }

  /** A disk that takes its time; what it has not taken when the tab ends is not on it. */
  private slowDisk(): Keep {
    const { disk } = this.person;
    const { time, chance } = this.lines;
    const slowly = <T>(run: () => Promise<T>) =>
      new Promise<T>((resolve) => {
        time.after(chance.between(0, 5), () => {
          if (this.alive) void run().then(resolve);
        });
      });
    const words = <T>(done: Promise<T>) => slowly(() => done); // taken at once, told late
    return {
      list: (box: Box, prefix: string) => slowly(() => disk.list(box, prefix)),
      put: (box: Box, key: string, value: unknown) =>
        box === 'drafts'
          ? words(disk.put(box, key, value))
          : slowly(() => disk.put(box, key, value)),
      remove: (box: Box, key: string) =>
        box === 'drafts' ? words(disk.remove(box, key)) : slowly(() => disk.remove(box, key)),
    };
  }
}
