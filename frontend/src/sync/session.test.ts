/** The line: what makes it come back, and what makes it stay away. */
import { beforeEach, expect, test } from 'vitest';

import { Client, Person } from './fuzz/client';
import { Lines } from './fuzz/lines';
import { ModelHub } from './fuzz/modelHub';
import { Chance, VirtualTime } from './fuzz/virtual';

const SECOND = 1_000;

let time: VirtualTime;
let model: ModelHub;
let lines: Lines;
let client: Client;

beforeEach(async () => {
  time = new VirtualTime();
  model = new ModelHub(() => time.now);
  lines = new Lines(time, new Chance(1), model);
  model.newConversation();
  client = new Client(lines, new Person());
  await time.pass(SECOND);
});

function line() {
  return client.hub.connection.get();
}

test('a dead line is noticed by its silence, and resumed when it can be', async () => {
  lines.online = false;
  await time.pass(40 * SECOND);
  const dead = line();
  model.newConversation();

  lines.online = true;
  await time.pass(30 * SECOND);

  expect(dead.state).not.toBe('live');
  expect(dead.painted).toBe(true);
  expect(dead.down_since).toBeGreaterThan(0);
  expect(line()).toMatchObject({ state: 'live', down_since: null });
  expect(client.hub.views.view('all').get().ids).toHaveLength(2);
});

test('"try now" does not wait for the pause', async () => {
  lines.online = false;
  lines.restart();
  for (let wait = 0; wait < 60 && line().state !== 'waiting'; wait += 1) await time.pass(SECOND);
  lines.online = true;

  client.hub.retry();
  await time.pass(200);

  expect(line().state).toBe('live');
});

test('after a sleep the line is opened anew, however open it seems', async () => {
  const told: string[] = [];
  client.hub.connection.subscribe(() => told.push(line().state));
  await time.pass(6 * SECOND);

  client.sleep(60 * SECOND);
  await time.pass(6 * SECOND);

  expect(told).toContain('connecting');
  expect(line().state).toBe('live');
});

test('who is signed out stays away, and comes back with the screen still painted', async () => {
  client.hub.session.stop('signed_out');
  await time.pass(60 * SECOND);
  const away = line();
  model.newConversation();

  client.hub.start();
  await time.pass(2 * SECOND);

  expect(away).toMatchObject({ state: 'signed_out', painted: true });
  expect(line().state).toBe('live');
  expect(client.hub.views.view('all').get().ids).toHaveLength(2);
});

test('a restored hub is another history: the screen is exchanged for it', async () => {
  model.makeBackup();
  model.newConversation();
  await time.pass(SECOND);
  const before = client.hub.views.view('all').get().ids.length;

  model.restore();
  lines.restart();
  await time.pass(10 * SECOND);

  expect(before).toBe(2);
  expect(client.hub.views.view('all').get().ids).toHaveLength(1);
  expect(line().state).toBe('live');
});
