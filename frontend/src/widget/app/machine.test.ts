/** The rules of the visitor's line, one story each; machine.fuzz.test.ts mixes them all. */
// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { begin, step, wakeAt, type Chat, type Effect, type Input } from './machine.ts';
import type { Conversation, Message, ServerFrame } from './protocol.ts';
import { SPRUCE } from './testing/hub.ts';

const NOON = 1_767_000_000_000;

/** A chat and everything it asked for, with a clock that only moves when told to. */
class Story {
  chat: Chat;
  now = NOON;
  luck = 0.5;
  effects: Effect[] = [];

  constructor(token: string | null = 'token') {
    this.chat = begin({ token, details: {}, outbox: [] });
  }

  take(input: Input): this {
    const [chat, effects] = step(this.chat, input, this.now, this.luck);
    this.chat = chat;
    this.effects.push(...effects);
    return this;
  }

  hear(...frames: ServerFrame[]): this {
    return this.take({ it: 'heard', call: this.chat.call, frames });
  }

  /** Let time pass, waking the machine exactly when it asked to be woken. */
  wait(duration: number): this {
    const end = this.now + duration;
    for (let at = wakeAt(this.chat); at !== null && at <= end; at = wakeAt(this.chat)) {
      this.now = Math.max(at, this.now + 1);
      this.take({ it: 'tick' });
    }
    this.now = end;
    return this;
  }

  send(id: string): this {
    const frame = { t: 'send' as const, id, text: id, attachments: [] };
    return this.take({ it: 'command', frame, attachments: [] });
  }

  /** All the way to an open line. */
  connect(state: Partial<Extract<ServerFrame, { t: 'state' }>> = {}): this {
    this.take({ it: 'start' }).take({ it: 'opened', call: this.chat.call });
    const organisation = SPRUCE;
    return this.hear(
      { t: 'welcome', epoch: 'e', seq: 10, resumed: false, beat_after: 15_000 },
      {
        t: 'state',
        seq: 10,
        conversation: null,
        messages: [],
        organisation,
        waiting: null,
        ...state,
      },
    );
  }

  /** What was said to the hub since last asked. */
  said(): unknown[] {
    const frames = this.effects.flatMap((effect) => (effect.do === 'say' ? [effect.frame] : []));
    this.effects = [];
    return frames;
  }

  did(deed: Effect['do']): number {
    return this.effects.filter((effect) => effect.do === deed).length;
  }
}

function event(n: number, change: Partial<Extract<ServerFrame, { t: 'event' }>> = {}): ServerFrame {
  return { t: 'event', n, seq: 10 + n, type: 'x', at: NOON, changes: [], ...change };
}

function aMessage(change: Partial<Message> = {}): Message {
  return {
    id: 'm1',
    rev: 1,
    conversation_id: 'c1',
    ordinal: 1,
    direction: 'out',
    author: { kind: 'agent', name: '韩梅' },
    text: '您好',
    at: NOON,
    state: 'sent',
    attachments: [],
    ...change,
  };
}

const OPEN: Conversation = { id: 'c1', rev: 1, status: 'open', agent: null, rating: null };

describe('a line', () => {
  it('is not wanted by a visitor who has said nothing', () => {
    const story = new Story(null).take({ it: 'start' });

    expect(story.chat.line).toBe('off');
    expect(story.effects).toEqual([]);
  });

  it('begins with a session when there is none, then says what was written', () => {
    const story = new Story(null).send('a').take({ it: 'enrolled', token: 'new' });
    story.connect();

    expect(story.said()).toContainEqual({ t: 'send', id: 'a', text: 'a', attachments: [] });
  });

  it('greets with its position, so that it resumes', () => {
    const story = new Story().connect().hear(event(1));
    story.take({ it: 'closed', call: story.chat.call }).wait(1_000);
    story.said();

    story.take({ it: 'opened', call: story.chat.call });

    expect(story.said()).toEqual([{ t: 'hello', token: 'token', epoch: 'e', after: 11 }]);
  });

  it('is given up after 25 seconds of silence, and not before', () => {
    const story = new Story().connect();

    expect(story.wait(24_999).chat.line).toBe('open');
    expect(story.wait(1).chat.line).toBe('pausing');
  });

  it('lives on beats, and answers them', () => {
    const story = new Story().connect();
    story.said();

    for (let beat = 0; beat < 10; beat += 1) story.wait(15_000).hear({ t: 'beat', seq: 10 });

    expect(story.chat.line).toBe('open');
    expect(story.said()).toHaveLength(10);
  });

  it('pauses longer with each failure, at most 15 seconds, spread by luck', () => {
    const story = new Story();
    story.luck = 0.999;
    story.take({ it: 'start' });

    const pauses = Array.from({ length: 8 }, () => {
      story.take({ it: 'closed', call: story.chat.call });
      const pause = (story.chat.dueAt ?? 0) - story.now;
      story.now = story.chat.dueAt ?? 0;
      story.take({ it: 'tick' });
      return Math.round(pause / 100) * 100;
    });

    expect(pauses).toEqual([300, 600, 1200, 2400, 4800, 9600, 15_000, 15_000]);
    story.luck = 0;
    story.take({ it: 'closed', call: story.chat.call });
    expect(story.chat.dueAt).toBe(story.now);
  });

  it('comes back at once when the network does', () => {
    const story = new Story().connect().take({ it: 'offline' });
    story.chat = { ...story.chat, tries: 9, dueAt: story.now + 15_000 };

    story.take({ it: 'hurry' });

    expect(story.chat.line).toBe('opening');
  });

  it('comes back at once after the lid was closed', () => {
    const story = new Story().connect();
    story.now += 3_600_000;

    story.take({ it: 'hurry' });

    expect(story.chat.line).toBe('opening');
    expect(story.did('hang_up')).toBe(1);
  });

  it('survives a clock that is set back', () => {
    const story = new Story().connect().take({ it: 'closed', call: 1 });
    story.now -= 3_600_000;
    story.take({ it: 'tick' });

    expect((story.chat.dueAt ?? 0) - story.now).toBeLessThanOrEqual(15_000);
  });

  it('does not hear an earlier connection', () => {
    const story = new Story().connect();
    const before = story.chat.call;
    story.take({ it: 'closed', call: before }).wait(1_000);

    story.take({ it: 'heard', call: before, frames: [event(1)] });
    story.take({ it: 'closed', call: before });

    expect(story.chat.line).toBe('opening');
  });

  it('ends for good when it was replaced, until the visitor writes', () => {
    const story = new Story().connect().hear({ t: 'bye', code: 'replaced', retry_after: null });

    expect(story.wait(600_000).chat.line).toBe('off');
    expect(story.send('a').chat.line).toBe('opening');
  });

  it('comes back after a restart when the hub said, spread out', () => {
    const story = new Story().connect().hear({ t: 'bye', code: 'restart', retry_after: 2_000 });

    expect(story.chat.dueAt).toBe(story.now + 3_000);
  });

  it('takes a new session when the old one is over, and loses no word', () => {
    const story = new Story().connect();
    story.send('a').hear({ t: 'bye', code: 'signed_out', retry_after: null }).wait(1_000);

    expect(story.chat.line).toBe('enrolling');
    expect(story.chat.outbox.map(({ id }) => id)).toEqual(['a']);
  });

  it('stands still when the hub says this chat does not exist, and tries when asked', () => {
    const story = new Story(null).send('a');
    story.take({ it: 'not_enrolled', code: 'not_found', again: false });

    expect(story.wait(600_000).chat.line).toBe('barred');
    expect(story.take({ it: 'hurry' }).chat.line).toBe('enrolling');
  });

  it('does not trust a hub that talks nonsense', () => {
    const story = new Story().connect();

    story.take({ it: 'heard', call: story.chat.call, frames: null });

    expect(story.chat.line).toBe('pausing');
  });
});

describe('events', () => {
  it('that jump in number mean a loss: connect again from the last applied', () => {
    const story = new Story().connect().hear(event(1), event(3));

    expect(story.chat.line).toBe('pausing');
    expect(story.chat.seq).toBe(11);
  });

  it('that come twice are applied once', () => {
    const full = aMessage();
    const change = { entity: 'message', id: 'm1', rev: 1, full };
    const story = new Story().connect({ conversation: OPEN });

    story.hear(event(1, { changes: [change] }), event(1, { changes: [change] }));

    expect([...story.chat.held.messages.values()]).toEqual([full]);
  });

  it('cannot bring an older revision back, nor what was removed', () => {
    const story = new Story().connect({ messages: [aMessage({ rev: 3, state: 'read' })] });

    story.hear(
      event(1, { changes: [{ entity: 'message', id: 'm1', rev: 2, patch: { state: 'sent' } }] }),
    );
    expect(story.chat.held.messages.get('m1')?.state).toBe('read');

    story.hear(event(2, { changes: [{ entity: 'message', id: 'm1', rev: 4 }] }));
    story.hear(
      event(3, { changes: [{ entity: 'message', id: 'm1', rev: 3, full: aMessage({ rev: 3 }) }] }),
    );
    expect(story.chat.held.messages.size).toBe(0);
  });

  it('patch only what is held', () => {
    const story = new Story().connect();

    story.hear(event(1, { changes: [{ entity: 'message', id: 'm9', rev: 2, patch: {} }] }));

    expect(story.chat.held.messages.size).toBe(0);
  });

  it('after a reset come from a new snapshot, behind what is shown', () => {
    const story = new Story().connect({ messages: [aMessage()] });

    story.hear({ t: 'reset', reason: 'epoch' });

    expect(story.chat.held.messages.size).toBe(1);
    story.wait(1_000).take({ it: 'opened', call: story.chat.call });
    expect(story.said().at(-1)).toMatchObject({ t: 'hello', epoch: null, after: null });
  });

  it('that give the conversation to an agent end the wait', () => {
    const waiting = { position: 2, estimate: null };
    const story = new Story().connect({ conversation: OPEN, waiting });
    const agent = { name: '韩梅' };

    story.hear(
      event(1, { changes: [{ entity: 'conversation', id: 'c1', rev: 2, patch: { agent } }] }),
    );

    expect(story.chat.waiting).toBeNull();
    expect(story.chat.held.conversation?.agent).toEqual(agent);
  });
});

describe('words on their way', () => {
  it('go one at a time, in order', () => {
    const story = new Story().connect();
    story.said();

    story.send('a').send('b');
    expect(story.said()).toHaveLength(1);

    story.hear({ t: 'sent', id: 'a', message_id: 'm1', seq: 12 });
    expect(story.said()).toMatchObject([{ t: 'send', id: 'b' }]);
  });

  it('stay on the screen until they come back, and are then shown once', () => {
    const story = new Story().connect().send('a');
    story.hear({ t: 'sent', id: 'a', message_id: 'm1', seq: 12 });
    expect(story.chat.outbox.map(({ state }) => state)).toEqual(['sent']);

    const full = aMessage({ client_id: 'a', direction: 'in' });
    const opened = { entity: 'conversation', id: 'c1', rev: 1, full: OPEN };
    story.hear(event(1, { command_id: 'a', changes: [opened] }));
    expect(story.chat.outbox).toHaveLength(1);

    story.hear(
      event(2, { command_id: 'a', changes: [{ entity: 'message', id: 'm1', rev: 1, full }] }),
    );
    expect(story.chat.outbox).toEqual([]);
    expect(story.chat.held.messages.size).toBe(1);
  });

  it('are said again with the same id after a lost line', () => {
    const story = new Story().connect().send('a');
    story.take({ it: 'closed', call: story.chat.call }).wait(1_000);
    story.said();

    story.take({ it: 'opened', call: story.chat.call });
    story.hear(
      { t: 'welcome', epoch: 'e', seq: 10, resumed: true, beat_after: 15_000 },
      { t: 'caught_up', seq: 10 },
    );

    expect(story.said().slice(1)).toMatchObject([{ t: 'send', id: 'a' }]);
  });

  it('wait for the missed events before they go', () => {
    const story = new Story().connect();
    story.take({ it: 'closed', call: story.chat.call }).send('a').wait(1_000);
    story.take({ it: 'opened', call: story.chat.call }).said();

    story.hear({ t: 'welcome', epoch: 'e', seq: 12, resumed: true, beat_after: 15_000 }, event(1));
    expect(story.said()).toEqual([]);

    story.hear({ t: 'caught_up', seq: 12 });
    expect(story.said()).toHaveLength(1);
  });

  it('fail in place when refused, and a retry is the same command', () => {
    const story = new Story().connect().send('a').send('b');
    story.hear({ t: 'refused', re: 'a', code: 'too_long' });

    expect(story.chat.outbox.map(({ state }) => state)).toEqual(['failed', 'sending']);
    expect(story.chat.outbox[0]?.code).toBe('too_long');

    story.hear({ t: 'sent', id: 'b', message_id: 'm2', seq: 10 }).said();
    story.take({ it: 'retry', id: 'a' });
    expect(story.said()).toMatchObject([{ t: 'send', id: 'a' }]);
  });

  it('try again by themselves when the hub was only busy', () => {
    const story = new Story().connect().send('a');
    story.hear({ t: 'refused', re: 'a', code: 'too_many' }).said();

    story.hear({ t: 'beat', seq: 10 }).wait(2_000);

    expect(story.said()).toContainEqual({ t: 'send', id: 'a', text: 'a', attachments: [] });
  });

  it('fail for the visitor to see after three tries without an answer', () => {
    const story = new Story().connect().send('a');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      story.wait(11_000);
      if (story.chat.line === 'pausing') story.wait(5_000);
      story.take({ it: 'opened', call: story.chat.call });
      story.hear(
        { t: 'welcome', epoch: 'e', seq: 10, resumed: true, beat_after: 15_000 },
        { t: 'caught_up', seq: 10 },
      );
    }

    expect(story.chat.outbox).toMatchObject([{ id: 'a', state: 'failed', code: 'no_answer' }]);
  });

  it('are written down before they go, and struck out when the hub has them', () => {
    const story = new Story().connect().send('a');
    expect(story.did('keep')).toBe(1);
    expect(story.did('forget')).toBe(0);

    story.hear({ t: 'sent', id: 'a', message_id: 'm1', seq: 12 });
    expect(story.did('forget')).toBe(1);
  });

  it('can be given up by the visitor', () => {
    const story = new Story().connect().send('a').hear({ t: 'refused', re: 'a', code: 'no' });

    story.take({ it: 'discard', id: 'a' });

    expect(story.chat.outbox).toEqual([]);
    expect(story.did('forget')).toBe(1);
  });

  it('are not left behind by an end that was refused', () => {
    const story = new Story().connect();
    story.take({ it: 'command', frame: { t: 'end', id: 'e' }, attachments: [] });

    story.hear({ t: 'refused', re: 'e', code: 'already_ended' });

    expect(story.chat.outbox).toEqual([]);
  });
});

describe('typing', () => {
  const typing = (agents: object[]): ServerFrame => ({
    t: 'live',
    topic: 'typing',
    key: 'c1',
    value: { agents, customer: false },
  });

  it('is shown while an agent writes a reply, but never a note', () => {
    const story = new Story().connect();

    story.hear(typing([{ id: '1', name: '李雷', mode: 'note' }]));
    expect(story.chat.typing).toBeNull();

    story.hear(typing([{ id: '2', name: '韩梅', mode: 'reply' }]));
    expect(story.chat.typing?.name).toBe('韩梅');
  });

  it('ends by itself when nobody says that it ended', () => {
    const story = new Story().connect().hear(typing([{ id: '2', name: '韩梅', mode: 'reply' }]));

    expect(story.wait(8_000).chat.typing).toBeNull();
  });

  it('of the visitor is lost without harm when the line is', () => {
    const story = new Story().connect().take({ it: 'offline' });
    story.said();

    story.take({ it: 'passing', frame: { t: 'typing', on: true } });

    expect(story.said()).toEqual([]);
  });
});
