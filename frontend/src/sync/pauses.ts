/** How long to wait before trying again. */
import type { Millis } from '@/domain/entities';

/** Pauses that double from `first` to `most`, each drawn evenly between nothing and its full length (full jitter). */
export class Pauses {
  private tries = 0;

  constructor(
    private readonly random: () => number,
    private readonly first: Millis = 300,
    private readonly most: Millis = 15_000,
  ) {}

  next(): Millis {
    const full = Math.min(this.first * 2 ** this.tries, this.most);
    this.tries = Math.min(this.tries + 1, 30);
    return Math.round(this.random() * full);
  }

  reset(): void {
    this.tries = 0;
  }
}
