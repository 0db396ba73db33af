/** Ephemeral state as it was last pushed. After each new line everything is sent in full, and what is not is over. */
import type { LiveTopic, LiveTopics } from '@/domain/frames';

import { Listeners } from './cell';
import type { World } from './ports';
import { keyOf } from './store';
import type { Listener, Live, Unsubscribe } from './types';

/** Topics that are true only while the line lives: whoever typed when it broke has long stopped. */
const FLEETING: readonly LiveTopic[] = ['typing', 'viewing'];

type Held = { value: unknown; line: number };

export class LiveTopicsHeld implements Live {
  private readonly topics = new Map<string, Map<string, Held>>();
  private readonly maps = new Map<string, ReadonlyMap<string, unknown>>();
  private readonly listeners = new Listeners();
  private readonly touched = new Map<string, Set<string>>();
  private line = 0;

  constructor(private readonly world: Pick<World, 'nextFrame'>) {}

  get<T extends LiveTopic>(topic: T, key: string): LiveTopics[T] | undefined {
    return this.topics.get(topic)?.get(key)?.value as LiveTopics[T] | undefined;
  }

  all<T extends LiveTopic>(topic: T): ReadonlyMap<string, LiveTopics[T]> {
    let map = this.maps.get(topic);
    if (map === undefined) {
      const held = this.topics.get(topic) ?? new Map<string, Held>();
      map = new Map([...held].map(([key, { value }]) => [key, value]));
      this.maps.set(topic, map);
    }
    return map as ReadonlyMap<string, LiveTopics[T]>;
  }

  subscribe(topic: LiveTopic, key: string, listener: Listener): Unsubscribe {
    return this.listeners.add(keyOf(topic, key), listener);
  }

  subscribeTopic(topic: LiveTopic, listener: Listener): Unsubscribe {
    return this.listeners.add(topic, listener);
  }

  hear(topic: string, key: string, value: unknown): void {
    let held = this.topics.get(topic);
    if (held === undefined) this.topics.set(topic, (held = new Map<string, Held>()));
    if (value === null) held.delete(key);
    else held.set(key, { value, line: this.line });
    this.touch(topic, key);
  }

  /** A new line: what it sends from now on is the whole. */
  opened(): void {
    this.line += 1;
  }

  /** The whole has been sent: what was not in it is over. */
  complete(): void {
    for (const [topic, held] of this.topics) {
      for (const [key, { line }] of held) if (line !== this.line) this.hear(topic, key, null);
    }
  }

  lost(): void {
    for (const topic of FLEETING) {
      for (const key of this.topics.get(topic)?.keys() ?? []) this.hear(topic, key, null);
    }
  }

  private touch(topic: string, key: string): void {
    this.maps.delete(topic);
    if (this.touched.size === 0) this.world.nextFrame(() => this.flush());
    let keys = this.touched.get(topic);
    if (keys === undefined) this.touched.set(topic, (keys = new Set<string>()));
    keys.add(key);
  }

  private flush(): void {
    const touched = [...this.touched];
    this.touched.clear();
    for (const [topic, keys] of touched) {
      for (const key of keys) this.listeners.tell(keyOf(topic, key));
      this.listeners.tell(topic);
    }
  }
}
