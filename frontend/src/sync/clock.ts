/** The hub's clock, as well as this device can know it: countdowns must not depend on how the PC is set. */
import type { Millis } from '@/domain/entities';

export class HubClock {
  private skew: Millis = 0;

  constructor(private readonly local: () => Millis) {}

  now(): Millis {
    return this.local() + this.skew;
  }

  /** The hub said `told` somewhere between `asked` and `heard` of this device's clock. */
  learn(told: Millis, asked: Millis, heard: Millis): void {
    this.skew = Math.round(told - (asked + heard) / 2);
  }
}
