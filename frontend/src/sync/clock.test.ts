/** The hub's clock is known within half a round trip, however this device is set. */
import { expect, test } from 'vitest';

import { HubClock } from './clock';

test('a device an hour fast still shows the time of the hub', () => {
  const clock = new HubClock(() => 3_600_000 + 1_200);

  clock.learn(1_000, 3_600_000 + 900, 3_600_000 + 1_100);

  expect(clock.now()).toBe(1_200);
});
