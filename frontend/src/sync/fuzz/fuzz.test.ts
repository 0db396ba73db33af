/** The price of an own store: thousands of stories of lost, doubled, swapped and delayed frames, crashes and resets. */
import { expect, test } from 'vitest';

import { live } from './story';

const SEEDS = Number(process.env.SEEDS ?? 2_000);
const FIRST = Number(process.env.SEED ?? 1);

test(
  `after ${SEEDS} stories of trouble the screen equals the hub and every command had its effect once`,
  { timeout: 600_000 },
  async () => {
    const failed: string[] = [];
    let effects = 0;
    let events = 0;

    for (let seed = FIRST; seed < FIRST + SEEDS && failed.length < 3; seed += 1) {
      const ending = await live(seed);
      effects += ending.effects;
      events += ending.events;
      if (ending.faults.length > 0) failed.push(`SEED=${seed}: ${ending.faults.join('\n  ')}`);
    }

    expect(failed).toEqual([]);
    expect(effects).toBeGreaterThan(SEEDS * 2); // the stories are about something
    expect(events).toBeGreaterThan(SEEDS * 20);
  },
);
