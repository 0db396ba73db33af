/** The recorded cases that the hub's own session is run through as well (tests/replay/test_recorded_cases.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { apply, type Held, type HeldEntities } from '@/domain/apply';
import type { Boot, Conversation } from '@/domain/entities';
import type { Change, ServerFrame } from '@/domain/frames';

import { VirtualTime } from './fuzz/virtual';
import { SyncedHub } from './hub';
import { MemoryKeep } from './keep';
import type { HttpAnswer, SocketListener } from './ports';
import { onlyTab } from './tabs';

const CASES = join(import.meta.dirname, '../../../tests/replay/cases');

function recorded<T>(kind: string): [string, T][] {
  const folder = join(CASES, kind);
  return readdirSync(folder)
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as T]);
}

type ChangesCase = {
  held: Record<string, Held>;
  changes: Change[];
  outcomes: string[];
  expected: Record<string, Held>;
};

describe('changes do to what is held what was recorded', () => {
  test.each(recorded<ChangesCase>('changes'))('%s', (_name, { held, changes, ...then }) => {
    const entities: HeldEntities = new Map();
    for (const [name, facts] of Object.entries(held)) {
      const [kind = '', id = ''] = name.split('/');
      entities.set(kind, new Map([...(entities.get(kind) ?? []), [id, facts]]));
    }

    const outcomes = changes.map((change) => apply(entities, change));

    const after = [...entities].flatMap(([kind, byId]) =>
      [...byId].map(([id, facts]) => [`${kind}/${id}`, facts] as const),
    );
    expect(outcomes).toEqual(then.outcomes);
    expect(new Map(after)).toEqual(new Map(Object.entries(then.expected)));
  });
});

type Holdings = Record<string, Record<string, unknown>>;
type Step = {
  client?: Record<string, unknown>;
  server?: ServerFrame[];
  lost?: boolean;
  passes?: number;
  cut?: boolean;
  hangs_up?: boolean;
  holds?: Holdings;
};
type BootCase = { epoch: string; seq: number; conversations: Conversation[]; open?: string[] };
type LineCase = {
  boots: BootCase[];
  steps: Step[];
  ends: { seq: number; state: string; held: Holdings };
};

describe('the client says on a line, and holds after it, what was recorded', () => {
  test.each(recorded<LineCase>('lines'))('%s', async (_name, { boots, steps, ends }) => {
    const desk = new Desk(boots);
    await desk.begin();

    for (const step of steps) await desk.play(step);

    expect(desk.hub.connection.get().state).toBe(ends.state);
    expect(desk.hub.session.at?.seq).toBe(ends.seq);
    expect(desk.holdings()).toEqual(ends.held);
  });
});

/** The real client, with the recorded hub at the other end of its line. */
class Desk {
  private readonly time = new VirtualTime();
  private readonly said: unknown[] = [];
  private line: SocketListener | null = null;
  private boots = 0;
  private hungUp = 0;
  readonly hub: SyncedHub;

  constructor(private readonly recordedBoots: BootCase[]) {
    const { time } = this;
    this.hub = new SyncedHub({
      world: {
        now: () => time.now,
        random: () => 0.5,
        after: (pause, run) => time.after(pause, run),
        cancel: (timer) => time.cancel(timer),
        nextFrame: (run) => void time.after(0, run),
        newId: () => 'id',
      },
      http: ({ path }) => Promise.resolve(this.answer(path)),
      socket: (listener) => {
        this.line = listener;
        time.after(0, () => listener.opened());
        return {
          send: (text) => this.said.push(JSON.parse(text)),
          close: () => (this.hungUp += 1),
        };
      },
      keep: new MemoryKeep(),
      neighbours: onlyTab('tab'),
    });
  }

  async begin(): Promise<void> {
    this.hub.start();
    for (const id of this.recordedBoots[0]?.open ?? []) this.hub.threads.open(id);
    await this.time.pass(0);
  }

  async play(step: Step): Promise<void> {
    if (step.client !== undefined) expect(this.said.shift()).toEqual(step.client);
    if (step.server !== undefined && step.lost !== true) {
      this.line?.heard(JSON.stringify(step.server));
    }
    if (step.cut === true) this.cut();
    if (step.hangs_up === true) expect((this.hungUp -= 1)).toBe(0);
    await this.time.pass(step.passes ?? 0);
    if (step.holds !== undefined) expect(this.holdings()).toEqual(step.holds);
  }

  holdings(): Holdings {
    const held: [string, Record<string, unknown>][] = [];
    for (const [kind, id, entity] of this.hub.store.base()) held.push([`${kind}/${id}`, entity]);
    return Object.fromEntries(held);
  }

  private cut(): void {
    this.line?.closed();
    this.hungUp = 0;
  }

  private answer(path: string): HttpAnswer {
    return { status: 200, body: this.body(path), retry_after: null };
  }

  private body(path: string): unknown {
    if (path === '/api/session') return { agent: {}, csrf: 'csrf' };
    if (path === '/api/realtime/ticket') return { ticket: 'T' };
    if (path === '/api/boot') {
      const boot = this.recordedBoots[this.boots];
      if (boot === undefined) throw new Error('one snapshot more than was recorded');
      this.boots += 1;
      return snapshot(boot);
    }
    for (const { conversations } of this.recordedBoots) {
      const found = conversations.find(({ id }) => path === `/api/conversations/${id}`);
      if (found !== undefined) return found;
    }
    return { items: [], next: null };
  }
}

function snapshot({ epoch, seq, conversations }: BootCase): Boot {
  const none = { count: 0, items: [] };
  return {
    epoch,
    seq,
    now: 0,
    me: {
      id: 'me',
      rev: 1,
      name: 'Me',
      role: 'agent',
      languages: [],
      teams: [],
      disabled: false,
      avatar: null,
      email: 'me@hub.example',
      preferences: {},
    },
    rights: [],
    agents: [],
    queues: [],
    views: {
      mine: none,
      waiting: none,
      all: { count: conversations.length, items: conversations },
    },
    offers: [],
    presence: {},
    statuses: [],
    organisation: {},
  };
}
