/** The normalised entity store: the log's truth below, this person's unconfirmed commands laid over it. */
import { apply, type Held, type HeldEntities } from '@/domain/apply';
import type { Entities, Entity, Id, Kind, Millis } from '@/domain/entities';
import type { Change } from '@/domain/frames';

import { Listeners } from './cell';
import type { World } from './ports';
import type { Listener, Optimism, Store, Unsubscribe } from './types';

/** Which entities of a kind changed in this frame. */
export type Watcher = (kind: Kind, ids: ReadonlySet<Id>) => void;

export type StoreDeps = {
  world: Pick<World, 'now' | 'nextFrame'>;
  /** False for a change of something this device does not care to hold (a message of a thread never opened). */
  keeps: (change: Change) => boolean;
  /** A change could not be applied: the entity has to be read from the hub, if anybody wants it. */
  need: (change: Change, outcome: 'missing' | 'behind') => void;
  want: (kind: Kind, id: Id) => Promise<unknown>;
};

const ASIDE_FOR: Millis = 60_000;
/** The `rev` of an entity kept on the screen over a reset, until it has been read again. */
const UNSURE = -1;

export class EntityStore implements Store {
  /** Rises with every reset: what was asked before it must not be put after it. */
  generation = 0;

  private held: HeldEntities = new Map();
  private readonly aside: Aside;
  private readonly overlays = new Map<Id, { laid: readonly Optimism[]; answered: boolean }>();
  private readonly seen = new Map<string, Entity | undefined>();
  private readonly lists = new Map<Kind, readonly Entity[]>();
  private touched = new Map<Kind, Set<Id>>();
  private flushing = false;
  private readonly listeners = new Listeners();
  private readonly watchers: Watcher[] = [];

  constructor(private readonly deps: StoreDeps) {
    this.aside = new Aside(deps.world.now);
  }

  // --- Reading ---

  get<K extends Kind>(kind: K, id: Id): Entities[K] | undefined {
    const base = (this.held.get(kind)?.get(id)?.value ?? undefined) as Entities[K] | undefined;
    if (base === undefined || this.overlays.size === 0) return base;
    const key = keyOf(kind, id);
    if (!this.seen.has(key)) this.seen.set(key, this.laidOver(kind, id, base));
    return this.seen.get(key) as Entities[K] | undefined;
  }

  all<K extends Kind>(kind: K): readonly Entities[K][] {
    let list = this.lists.get(kind);
    if (list === undefined) {
      const all: Entity[] = [];
      for (const id of this.held.get(kind)?.keys() ?? []) {
        const entity = this.get(kind, id);
        if (entity !== undefined) all.push(entity);
      }
      this.lists.set(kind, (list = all));
    }
    return list as readonly Entities[K][];
  }

  subscribe(kind: Kind, id: Id, listener: Listener): Unsubscribe {
    return this.listeners.add(keyOf(kind, id), listener);
  }

  subscribeKind(kind: Kind, listener: Listener): Unsubscribe {
    return this.listeners.add(kind, listener);
  }

  async want<K extends Kind>(kind: K, id: Id): Promise<Entities[K] | undefined> {
    if (!this.isSure(kind, id)) await this.deps.want(kind, id);
    return this.get(kind, id);
  }

  /** True when the entity is held as the log knows it. */
  isSure(kind: Kind, id: Id): boolean {
    const held = this.held.get(kind)?.get(id);
    return held?.value != null && held.rev !== UNSURE;
  }

  /** True when the log took it from this screen. */
  isGone(kind: Kind, id: Id): boolean {
    return this.held.get(kind)?.get(id)?.value === null;
  }

  revOf(kind: Kind, id: Id): number | undefined {
    return this.held.get(kind)?.get(id)?.rev;
  }

  isWatched(kind: Kind, id: Id): boolean {
    return this.listeners.has(keyOf(kind, id));
  }

  /** Derived state hears of changes before the screens do. */
  watch(watcher: Watcher): void {
    this.watchers.push(watcher);
  }

  // --- Changing ---

  put<K extends Kind>(kind: K, entities: readonly Entities[K][]): void {
    for (const entity of entities) {
      this.take({ entity: kind, id: entity.id, rev: entity.rev, full: entity });
    }
  }

  /** Apply what the log says. */
  hear(changes: readonly Change[]): void {
    for (const change of changes) {
      if (this.deps.keeps(change)) this.take(change);
      else this.aside.add(change);
    }
  }

  /** The hub says there is no such entity (any more), asked when `rev` was held. */
  absent(kind: Kind, id: Id, rev: number | undefined): void {
    const held = this.held.get(kind)?.get(id);
    if (held?.value == null || held.rev !== rev) return;
    this.held.get(kind)?.set(id, { rev: held.rev, value: null });
    this.touch(kind, id);
  }

  /** Let go of entities nobody looks at. No tombstone: they may be read again. */
  forget(kind: Kind, ids: Iterable<Id>): void {
    for (const id of ids) {
      if (this.held.get(kind)?.delete(id) === true) this.touch(kind, id);
    }
  }

  /**
   * Begin again from a snapshot. What is watched but not in it stays painted, unsure, and is read again;
   * everything else that is not in it is let go.
   */
  reset(snapshot: readonly (readonly [Kind, readonly Entity[]])[]): void {
    const before = this.held;
    this.generation += 1;
    this.held = new Map<string, Map<Id, Held>>();
    this.aside.clear();
    for (const [kind, entities] of snapshot) {
      for (const entity of entities) {
        apply(this.held, { entity: kind, id: entity.id, rev: entity.rev, full: entity });
        this.touch(kind, entity.id);
      }
    }
    for (const [name, entities] of before) {
      const kind = name as Kind;
      for (const [id, { value }] of entities) {
        if (this.held.get(kind)?.has(id) === true) continue;
        if (value !== null && this.isWatched(kind, id)) {
          this.hold(kind).set(id, { rev: UNSURE, value });
          this.deps.need({ entity: kind, id, rev: 0, patch: {} }, 'behind');
        }
        this.touch(kind, id);
      }
    }
    this.touchOverlays();
  }

  // --- Optimism ---

  /** Show what a command will do, until it is confirmed or refused. */
  lay(command: Id, laid: readonly Optimism[]): void {
    this.overlays.set(command, { laid, answered: false });
    for (const { entity, id } of laid) this.touch(entity, id);
  }

  /** The log has the command's event, or the hub refused it: the truth below is enough. */
  lift(command: Id): void {
    const overlay = this.overlays.get(command);
    if (overlay === undefined) return;
    this.overlays.delete(command);
    for (const { entity, id } of overlay.laid) this.touch(entity, id);
  }

  /** The hub said yes. Its event is on its way, or is not for this person: see `caughtUp`. */
  answered(command: Id): void {
    const overlay = this.overlays.get(command);
    if (overlay !== undefined) overlay.answered = true;
  }

  /** Everything the log had until now has been heard: answered commands have shown all their effect. */
  caughtUp(): void {
    for (const [command, { answered }] of [...this.overlays]) if (answered) this.lift(command);
  }

  get unconfirmed(): number {
    return this.overlays.size;
  }

  // --- Telling ---

  /** Tell everybody now rather than with the next frame. */
  flush(): void {
    this.flushing = false;
    const touched = this.touched;
    this.touched = new Map();
    for (const [kind, ids] of touched) for (const watcher of this.watchers) watcher(kind, ids);
    for (const [kind, ids] of touched) {
      for (const id of ids) this.listeners.tell(keyOf(kind, id));
      this.listeners.tell(kind);
    }
  }

  /** The entities as the log has them, without overlays: for checks. */
  *base(): Generator<[Kind, Id, Entity]> {
    for (const [kind, entities] of this.held) {
      for (const [id, { value }] of entities) {
        if (value !== null) yield [kind as Kind, id, value as Entity];
      }
    }
  }

  private take(change: Change): void {
    const kind = change.entity as Kind;
    const outcome = apply(this.held, change);
    if (outcome === 'stale') return;
    if (outcome !== 'applied') {
      this.aside.add(change);
      this.deps.need(change, outcome);
      return;
    }
    this.touch(kind, change.id);
    // Patches that came before what they belong to.
    const waiting = this.aside.take(kind, change.id).sort((a, b) => a.rev - b.rev);
    for (const later of waiting) if (later.rev > change.rev) this.take(later);
  }

  private hold(kind: Kind): NonNullable<ReturnType<HeldEntities['get']>> {
    let entities = this.held.get(kind);
    if (entities === undefined) this.held.set(kind, (entities = new Map<Id, Held>()));
    return entities;
  }

  private laidOver(kind: Kind, id: Id, base: Entity): Entity | undefined {
    let entity = base;
    for (const { laid } of this.overlays.values()) {
      for (const optimism of laid) {
        if (optimism.entity !== kind || optimism.id !== id) continue;
        if (optimism.patch === null) return undefined;
        entity = { ...entity, ...optimism.patch };
      }
    }
    return entity;
  }

  private touchOverlays(): void {
    for (const { laid } of this.overlays.values()) {
      for (const { entity, id } of laid) this.touch(entity, id);
    }
  }

  private touch(kind: Kind, id: Id): void {
    this.seen.delete(keyOf(kind, id));
    this.lists.delete(kind);
    let ids = this.touched.get(kind);
    if (ids === undefined) this.touched.set(kind, (ids = new Set<Id>()));
    ids.add(id);
    if (this.flushing) return;
    this.flushing = true;
    this.deps.world.nextFrame(() => {
      if (this.flushing) this.flush();
    });
  }
}

/**
 * Changes that could not be applied when they came, kept for a minute or two: a `GET` that was on its way
 * answers with the entity as it was before them.
 */
class Aside {
  private young = new Map<string, Change[]>();
  private old = new Map<string, Change[]>();
  private turned: Millis;

  constructor(private readonly now: () => Millis) {
    this.turned = now();
  }

  add(change: Change): void {
    const now = this.now();
    if (Math.abs(now - this.turned) > ASIDE_FOR) {
      this.old = this.young;
      this.young = new Map();
      this.turned = now;
    }
    const key = keyOf(change.entity, change.id);
    const changes = this.young.get(key);
    if (changes === undefined) this.young.set(key, [change]);
    else changes.push(change);
  }

  take(kind: string, id: Id): Change[] {
    const key = keyOf(kind, id);
    const changes = [...(this.old.get(key) ?? []), ...(this.young.get(key) ?? [])];
    this.old.delete(key);
    this.young.delete(key);
    return changes;
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}

export function keyOf(kind: string, id: Id): string {
  return `${kind}/${id}`;
}
