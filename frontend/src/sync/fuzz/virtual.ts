/** A world whose time stands still until it is moved, and whose chance comes from a seed. */
import type { Millis } from '@/domain/entities';

/** A small seeded source of chance (mulberry32). */
export class Chance {
  constructor(private state: number) {}

  readonly next = (): number => {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  oneIn(many: number): boolean {
    return this.next() < 1 / many;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.next() * from.length)];
  }
}

const TOO_MANY = 20_000;

type Alarm = { at: Millis; order: number; run: () => void; id: number };

/** Runs what is due, in order; between two moments every promise that can settle does. */
export class VirtualTime {
  now: Millis = 1_800_000_000_000;
  private alarms: Alarm[] = [];
  private readonly cancelled = new Set<number>();
  private made = 0;

  after(pause: Millis, run: () => void): number {
    const alarm = {
      at: this.now + Math.max(0, pause),
      order: (this.made += 1),
      run,
      id: this.made,
    };
    let at = this.alarms.length; // soonest last, so that it is cheap to take
    while (at > 0 && isBefore(this.alarms[at - 1], alarm)) at -= 1;
    this.alarms.splice(at, 0, alarm);
    return alarm.id;
  }

  cancel(id: number): void {
    this.cancelled.add(id);
  }

  /** Let this much time pass. */
  async pass(time: Millis): Promise<void> {
    const until = this.now + time;
    await settled();
    for (let steps = 0; ; steps += 1) {
      if (steps > TOO_MANY) throw new Error('something runs again and again without a pause');
      const next = this.alarms.at(-1);
      if (next === undefined || next.at > until) break;
      this.alarms.pop();
      if (this.cancelled.delete(next.id)) continue;
      this.now = Math.max(this.now, next.at);
      next.run();
      await settled();
    }
    this.now = until;
  }
}

function isBefore(other: Alarm | undefined, alarm: Alarm): boolean {
  if (other === undefined) return false;
  return other.at !== alarm.at ? other.at < alarm.at : other.order < alarm.order;
}

/** Every promise that can settle without time passing has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
