/** Whatever the network does, each of the visitor's words is kept once and the screen comes true. */
// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { inOrder } from './entities.ts';
import { Storm } from './testing/storm.ts';

const SEEDS = 1_000;
const MINUTE = 60_000;

function weather(seed: number): Storm {
  const storm = new Storm(seed);
  storm.run(3 * MINUTE);
  storm.calm();
  for (let minute = 0; minute < 3; minute += 1) {
    storm.run(MINUTE);
    storm.retryFailed();
  }
  storm.run(MINUTE);
  return storm;
}

describe('a chat over a bad network', { timeout: 120_000 }, () => {
  it(`keeps every command once and shows what the hub holds, over ${SEEDS} seeds`, () => {
    let asked = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const storm = weather(seed);
      const { chat, hub } = storm;
      asked += storm.asked.length;

      const effects = hub.effects.map(({ id }) => id);
      const wanted = storm.asked.map(({ id }) => id);
      expect(new Set(effects).size, `seed ${seed}: an effect happened twice`).toBe(effects.length);
      expect(effects, `seed ${seed}: a command is lost`).toEqual(expect.arrayContaining(wanted));
      expect(chat.outbox, `seed ${seed}`).toEqual([]);
      expect(storm.stored.size, `seed ${seed}: something is stored for ever`).toBe(0);

      const smooth = wanted.filter((id) => !storm.failed.has(id));
      expect(
        effects.filter((id) => smooth.includes(id)),
        `seed ${seed}: order`,
      ).toEqual(smooth);

      if (chat.token === null) continue; // a signed-out visitor with nothing to say stays away
      const shown = inOrder(chat.held.messages.values());
      expect(shown.slice(-50), `seed ${seed}`).toEqual(hub.inOrder().slice(-50));
      expect(chat.held.conversation, `seed ${seed}`).toEqual(hub.conversation);
    }
    expect(asked).toBeGreaterThan(5 * SEEDS);
  });
});
