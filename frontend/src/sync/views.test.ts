/** The inbox's lists stay true, and cheap, with ten thousand conversations. */
import { expect, test } from 'vitest';

import type { Boot, Conversation } from '@/domain/entities';

import { Api } from './api';
import { VirtualTime } from './fuzz/virtual';
import type { Http } from './ports';
import { EntityStore } from './store';
import { ConversationViews } from './views';

const NOON = 1_800_000_000_000;

function aConversation(number: number, facts: Partial<Conversation> = {}): Conversation {
  return {
    id: `c${String(number).padStart(5, '0')}`,
    rev: 1,
    number,
    channel: 'chat',
    channel_id: 'channel',
    customer: { id: `customer-${number}`, name: `Customer ${number}` },
    subject: null,
    status: 'open',
    routing: 'assigned',
    queue_id: 'queue',
    agent_id: 'other',
    language: 'en',
    opened_at: NOON + number,
    ended_at: null,
    waiting_since: null,
    first_reply_due: null,
    last_message_at: NOON + number,
    preview: null,
    unread: 0,
    message_count: 1,
    last_ordinal: 1,
    ticket_ids: [],
    rating: null,
    wrap_up_until: null,
    ...facts,
  };
}

function desk(conversations: Conversation[], pages: Conversation[][] = []) {
  const time = new VirtualTime();
  let asked = 0;
  const http: Http = () => {
    const items = pages[asked] ?? [];
    asked += 1;
    const body = { items, next: asked < pages.length ? `page-${asked}` : null };
    return Promise.resolve({ status: 200, body, retry_after: null });
  };
  const store: EntityStore = new EntityStore({
    world: { now: () => time.now, nextFrame: (run) => void time.after(16, run) },
    keeps: () => true,
    need: () => undefined,
    want: () => Promise.resolve(),
  });
  const views = new ConversationViews(store, new Api(http, { newId: () => 'key' }));
  store.put('conversation', conversations);
  const total = Math.max(conversations.length, pages.flat().length);
  const view = { count: 0, items: [] };
  views.ground({
    me: { id: 'me' },
    views: { mine: view, waiting: view, all: { count: total, items: conversations } },
  } as unknown as Boot);
  return { store, views, time };
}

test('each view shows its conversations in its order', () => {
  const { views } = desk([
    aConversation(1, { agent_id: 'me' }),
    aConversation(2, { routing: 'waiting', agent_id: null, waiting_since: NOON + 9 }),
    aConversation(3, { routing: 'offered', agent_id: null, waiting_since: NOON + 5 }),
    aConversation(4, { agent_id: 'me', status: 'ended' }),
    aConversation(5, { agent_id: 'me', status: 'ended', wrap_up_until: NOON + 60_000 }),
  ]);

  expect(views.view('mine').get().ids).toEqual(['c00005', 'c00001']);
  expect(views.view('waiting').get().ids).toEqual(['c00003', 'c00002']);
  expect(views.view('all').get().ids).toEqual(['c00003', 'c00002', 'c00001']);
});

test('what a command is expected to do moves the lists at once, and back when it is refused', () => {
  const { store, views } = desk([
    aConversation(1, { routing: 'waiting', agent_id: null, waiting_since: NOON }),
  ]);
  const taken = { routing: 'assigned', agent_id: 'me' };

  store.lay('command', [{ entity: 'conversation', id: 'c00001', patch: taken }]);
  store.flush();
  const during = [views.view('waiting').get().ids, views.view('mine').get().ids];
  store.lift('command');
  store.flush();

  expect(during).toEqual([[], ['c00001']]);
  expect(views.view('waiting').get().ids).toEqual(['c00001']);
  expect(views.view('mine').get().ids).toEqual([]);
});

test('the rest of a view is read by pages, until it is complete', async () => {
  const all = Array.from({ length: 5 }, (_, at) => aConversation(at));
  const { views } = desk(all.slice(3), [all.slice(2), all.slice(0, 2)]);
  expect(views.view('all').get()).toMatchObject({ count: 5, complete: false });

  await views.finish('all');

  expect(views.view('all').get()).toMatchObject({ count: 5, complete: true });
  expect(views.view('all').get().ids).toHaveLength(5);
});

test('a frame that changes nothing of the order gives the same list', async () => {
  const { store, views, time } = desk([aConversation(1), aConversation(2)]);
  const before = views.view('all').get();

  store.hear([{ entity: 'conversation', id: 'c00001', rev: 2, patch: { unread: 3 } }]);
  await time.pass(16);

  expect(views.view('all').get()).toBe(before);
});

test('all changes of a frame are told once', async () => {
  const { store, views, time } = desk(Array.from({ length: 100 }, (_, at) => aConversation(at)));
  await time.pass(16);
  let told = 0;
  views.view('all').subscribe(() => (told += 1));

  for (let at = 0; at < 50; at += 1) {
    const id = `c${String(at).padStart(5, '0')}`;
    const patch = { last_message_at: NOON + 1_000 + at };
    store.hear([{ entity: 'conversation', id, rev: 2, patch }]);
  }
  await time.pass(16);

  expect(told).toBe(1);
  expect(views.view('all').get().ids[0]).toBe('c00049');
});

test('ten thousand conversations: a frame of fifty events takes far less than a frame', async () => {
  const many = Array.from({ length: 10_000 }, (_, at) => aConversation(at));
  const { store, views, time } = desk(many);
  await time.pass(16);

  const began = process.cpuUsage().user;
  for (let frame = 0; frame < 20; frame += 1) {
    for (let at = 0; at < 50; at += 1) {
      const id = `c${String((frame * 37 + at * 191) % 10_000).padStart(5, '0')}`;
      const rev = (store.revOf('conversation', id) ?? 0) + 1;
      const patch = { last_message_at: NOON + 20_000 + frame * 50 + at };
      store.hear([{ entity: 'conversation', id, rev, patch }]);
    }
    store.flush();
  }
  const perFrame = (process.cpuUsage().user - began) / 1000 / 20;

  expect(views.view('all').get().ids).toHaveLength(10_000);
  expect(perFrame).toBeLessThan(8); // half of a frame, on a machine that does other things too
});
