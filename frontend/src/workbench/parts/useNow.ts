/** The hub's clock for chips and timers: one tick for all of them, so that a second is one drawing. */
import { useSyncExternalStore } from 'react';

import type { Millis } from '@/domain/entities';
import type { Hub } from '@/sync';
import { useHub } from '@/sync-react';

class Ticks {
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private now: Millis;

  constructor(private readonly hub: Hub) {
    this.now = hub.now();
  }

  readonly get = (): Millis => {
    // Nobody listens yet: the first to ask is told the time as it is.
    if (this.timer === undefined) this.now = this.hub.now();
    return this.now;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => this.tick(), 1000);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  };

  private tick(): void {
    this.now = this.hub.now();
    for (const listener of this.listeners) listener();
  }
}

const ticks = new WeakMap<Hub, Ticks>();

/** The moment, to the second. */
export function useNow(): Millis {
  const hub = useHub();
  let held = ticks.get(hub);
  if (held === undefined) ticks.set(hub, (held = new Ticks(hub)));
  return useSyncExternalStore(held.subscribe, held.get);
}
