/** A value that can be watched: the root of everything that screens subscribe to. */
import type { Listener, Readable, Unsubscribe } from './types';

export class Cell<T> implements Readable<T> {
  private readonly listeners = new Set<Listener>();

  constructor(private value: T) {}

  readonly get = (): T => this.value;

  readonly subscribe = (listener: Listener): Unsubscribe => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get watched(): boolean {
    return this.listeners.size > 0;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }
}

/** Listeners by key, for stores too large for a cell each. */
export class Listeners {
  private readonly byKey = new Map<string, Set<Listener>>();

  add(key: string, listener: Listener): Unsubscribe {
    let set = this.byKey.get(key);
    if (set === undefined) this.byKey.set(key, (set = new Set<Listener>()));
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.byKey.get(key) === set) this.byKey.delete(key);
    };
  }

  has(key: string): boolean {
    return this.byKey.has(key);
  }

  tell(key: string): void {
    const set = this.byKey.get(key);
    if (set !== undefined) for (const listener of [...set]) listener();
  }
}
