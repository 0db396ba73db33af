/** Letters and commands on a good line, a bad one, and across reloads, against the model hub. */
import { beforeEach, describe, expect, test } from 'vitest';

import type { Conversation, Id, Message } from '@/domain/entities';

import { Client, Person } from './fuzz/client';
import { Lines } from './fuzz/lines';
import { ModelHub } from './fuzz/modelHub';
import { Chance, VirtualTime } from './fuzz/virtual';
import { Refused } from './types';

const SECOND = 1_000;

let time: VirtualTime;
let model: ModelHub;
let lines: Lines;
let client: Client;
let chat: Id;

beforeEach(async () => {
  time = new VirtualTime();
  model = new ModelHub(() => time.now);
  lines = new Lines(time, new Chance(1), model);
  chat = model.newConversation();
  client = new Client(lines, new Person());
  await time.pass(SECOND);
  client.toggleThread(chat);
  await time.pass(SECOND);
});

function letter(text: string, more: { undo_for?: number } = {}) {
  const seen = client.hub.store.get('conversation', chat)?.last_ordinal ?? 0;
  return { conversation: chat, mode: 'reply' as const, text, seen_ordinal: seen, ...more };
}

function kept(): string[] {
  const messages: Message[] = model.messages(chat);
  return messages.filter(({ direction }) => direction === 'out').map(({ text }) => text);
}

function shown(): string[] {
  return client.hub.threads
    .thread(chat)
    .get()
    .items.map((item) => (item.kind === 'message' ? item.message.text : item.entry.body.text));
}

function states(): string[] {
  return client.hub.outbox.all.get().map(({ state }) => state);
}

describe('letters', () => {
  test('one is shown at once, and once', async () => {
    void client.hub.outbox.post(letter('hello'));
    const atOnce = shown();

    await time.pass(SECOND);

    expect(atOnce).toEqual(['hello', 'hello']); // the customer's, and mine
    expect(shown()).toEqual(['hello', 'hello']);
    expect(kept()).toEqual(['hello']);
    expect(states()).toEqual([]);
  });

  test('they leave in the order they were written', async () => {
    for (const text of ['one', 'two', 'three']) void client.hub.outbox.post(letter(text));

    await time.pass(5 * SECOND);

    expect(kept()).toEqual(['one', 'two', 'three']);
  });

  test('one written without a line waits for it, over a reload', async () => {
    lines.online = false;
    void client.hub.outbox.post(letter('later'));
    await time.pass(60 * SECOND);
    client = client.crash();
    await time.pass(60 * SECOND);
    const before = kept();

    lines.online = true;
    await time.pass(60 * SECOND);

    expect(before).toEqual([]);
    expect(kept()).toEqual(['later']);
  });

  test('one is held back when a colleague replied meanwhile', async () => {
    lines.online = false;
    void client.hub.outbox.post(letter('mine'));
    await time.pass(60 * SECOND);
    model.colleagueWrites(chat);

    lines.online = true;
    await time.pass(60 * SECOND);

    expect(states()).toEqual(['held']);
    expect(client.hub.outbox.all.get()[0]?.problem?.code).toBe('colleague_replied');
    expect(kept()).toEqual(['hello']);
  });

  test('a held one is sent when its author insists', async () => {
    lines.online = false;
    const posted = client.hub.outbox.post(letter('mine'));
    await time.pass(60 * SECOND);
    model.colleagueWrites(chat);
    lines.online = true;
    await time.pass(60 * SECOND);

    void client.hub.outbox.insist((await posted).id);
    await time.pass(SECOND);

    expect(kept()).toEqual(['hello', 'mine']);
    expect(states()).toEqual([]);
  });

  test('one can be taken back within its time', async () => {
    const posted = client.hub.outbox.post(letter('oh no', { undo_for: 5 * SECOND }));
    await time.pass(4 * SECOND);

    const back = client.hub.outbox.discard((await posted).id);
    await time.pass(20 * SECOND);

    expect(await back).toBe(true);
    expect(kept()).toEqual([]);
    expect(shown()).toEqual(['hello']);
  });

  test('one that left cannot be taken back', async () => {
    const posted = client.hub.outbox.post(letter('gone', { undo_for: 5 * SECOND }));
    await time.pass(6 * SECOND);

    const back = client.hub.outbox.discard((await posted).id);
    await time.pass(SECOND);

    expect(await back).toBe(false);
    expect(kept()).toEqual(['gone']);
  });

  test('a refused one waits for its author, and those behind it wait with it', async () => {
    const posted = client.hub.outbox.post(letter('one', { undo_for: SECOND }));
    void client.hub.outbox.post(letter('two'));
    model.hide(chat, true);
    await time.pass(5 * SECOND);
    const refused = states();

    model.hide(chat, false);
    void client.hub.outbox.retry((await posted).id);
    await time.pass(5 * SECOND);

    expect(refused).toEqual(['failed', 'queued']);
    expect(kept()).toEqual(['one', 'two']);
  });

  test('an answer that is lost does not make a second message', async () => {
    lines.trouble = { ...lines.trouble, crash: 1 };
    void client.hub.outbox.post(letter('once'));
    await time.pass(10 * SECOND);
    lines.trouble = { ...lines.trouble, crash: 0 };

    await time.pass(60 * SECOND);

    expect(kept()).toEqual(['once']);
    expect(states()).toEqual([]);
  });
});

describe('commands', () => {
  const take = () => ({
    method: 'POST' as const,
    path: `/api/conversations/${chat}/take`,
    lane: chat,
    optimism: [{ entity: 'conversation' as const, id: chat, patch: { routing: 'assigned' } }],
  });

  function routing(): string | undefined {
    return client.hub.store.get('conversation', chat)?.routing;
  }

  test('one shows its effect at once, and the hub confirms it', async () => {
    const answered = client.hub.command<Conversation>(take());
    const atOnce = routing();

    await time.pass(SECOND);

    expect(atOnce).toBe('assigned');
    expect((await answered).agent_id).toBe('agent-me');
    expect(client.hub.store.unconfirmed).toBe(0);
  });

  test('a refused one leaves no trace', async () => {
    model.patch('conversation', chat, { agent_id: 'agent-other' });
    const refused = client.hub.command(take()).catch((error: unknown) => error);

    await time.pass(SECOND);

    expect(((await refused) as Refused).code).toBe('conflict');
    expect(routing()).toBe('waiting');
    expect(client.hub.store.unconfirmed).toBe(0);
  });

  test('one that cannot reach the hub says so in time, and leaves no trace', async () => {
    lines.online = false;
    const refused = client.hub.command(take()).catch((error: unknown) => error);

    await time.pass(30 * SECOND);

    expect(((await refused) as Refused).code).toBe('unreachable');
    expect(routing()).toBe('waiting');
  });

  test('an end waits for the letters before it', async () => {
    void client.hub.outbox.post(letter('goodbye'));
    void client.hub.command({
      method: 'POST',
      path: `/api/conversations/${chat}/end`,
      lane: chat,
      body: {},
    });

    await time.pass(5 * SECOND);

    const types = model.state.log.map(({ type }) => type);
    expect(types.slice(-2)).toEqual(['message.kept', 'conversation.changed']);
    expect(model.get('conversation', chat).status).toBe('ended');
  });
});
