/** Reads single entities that are wanted: each at most once at a time, few at once, again until it worked. */
import type { Id, Kind } from '@/domain/entities';

import { hasRoute, mayPass, unlessAbsent, type Api } from './api';
import { Pauses } from './pauses';
import type { World } from './ports';
import { keyOf, type EntityStore } from './store';
import { Refused } from './types';

const AT_ONCE = 4;

export class Fetcher {
  private readonly running = new Map<string, Promise<void>>();
  private readonly queue: (() => void)[] = [];
  private free = AT_ONCE;
  private stopped = false;

  constructor(
    private readonly api: Api,
    private readonly world: World,
    private readonly store: () => EntityStore,
    /** Kinds that only the snapshot tells of: read it again, and put them. */
    private readonly snapshot: () => Promise<void>,
  ) {}

  /** Resolves when the entity has been read, or is known not to be there. */
  fetch(kind: Kind, id: Id): Promise<void> {
    const key = hasRoute(kind) ? keyOf(kind, id) : 'snapshot';
    const running = this.running.get(key);
    if (running !== undefined) return running;
    const reading = this.inTurn(() =>
      this.persist(() => (hasRoute(kind) ? this.read(kind, id) : this.snapshot())),
    ).finally(() => {
      if (this.running.get(key) === reading) this.running.delete(key);
    });
    this.running.set(key, reading);
    reading.catch(() => undefined); // whoever awaits it is told; a need has nobody to tell
    return reading;
  }

  start(): void {
    this.stopped = false;
  }

  stop(): void {
    this.stopped = true;
  }

  private async inTurn(run: () => Promise<void>): Promise<void> {
    if (this.free === 0) await new Promise<void>((turn) => this.queue.push(turn));
    else this.free -= 1;
    try {
      await run();
    } finally {
      const next = this.queue.shift();
      if (next === undefined) this.free += 1;
      else next();
    }
  }

  private async persist(read: () => Promise<void>): Promise<void> {
    const pauses = new Pauses(this.world.random);
    while (!this.stopped) {
      try {
        await read();
        return;
      } catch (error) {
        if (!(error instanceof Refused) || !mayPass(error.problem.status)) throw error;
      }
      await new Promise<void>((resume) => this.world.after(pauses.next() + 100, resume));
    }
  }

  private async read(kind: Parameters<Api['entity']>[0], id: Id): Promise<void> {
    const store = this.store();
    const { generation } = store;
    const rev = store.revOf(kind, id);
    const entity = await unlessAbsent(this.api.entity(kind, id));
    if (store.generation !== generation) return this.read(kind, id);
    this.running.delete(keyOf(kind, id)); // what shows to be needed now is needed after this answer
    if (entity === null) store.absent(kind, id, rev);
    else store.put(kind, [entity] as never);
  }
}
