/** The fuzz must find bugs: each of these, planted on purpose, is caught within a few stories. */
import { expect, test } from 'vitest';

import type { Held } from '@/domain/apply';
import type { Id, Kind } from '@/domain/entities';
import type { Change, EventFrame } from '@/domain/frames';

import { Api } from '../api';
import { DraftKeeper } from '../drafts';
import type { HttpRequest } from '../ports';
import { Session, type Position } from '../session';
import { EntityStore } from '../store';
import { ConversationThreads } from '../threads';
import { live } from './story';

const STORIES = 400;

/** The inside of a class, where defects are planted. */
type Inside = Record<string, (...given: never[]) => unknown>;
type Plant = { in: { prototype: unknown }; at: string; instead: (was: Inside[string]) => unknown };

const defects: Record<string, Plant> = {
  'the rev of a change is ignored': {
    in: EntityStore,
    at: 'take',
    instead: (was) =>
      function (this: { held: Map<string, Map<Id, Held>> }, change: Change) {
        const held = this.held.get(change.entity)?.get(change.id);
        if (held !== undefined) held.rev = change.rev - 1;
        return was.call(this, change as never);
      },
  },
  'patches that came too early are forgotten': {
    in: EntityStore,
    at: 'take',
    instead: (was) =>
      function (this: { aside: { clear: () => void } }, change: Change) {
        this.aside.clear();
        return was.call(this, change as never);
      },
  },
  'a reset keeps what is not in the snapshot': {
    in: EntityStore,
    at: 'reset',
    instead: () =>
      function (this: EntityStore, snapshot: [Kind, never[]][]) {
        this.generation += 1;
        for (const [kind, entities] of snapshot) this.put(kind, entities);
      },
  },
  'overlays are never lifted': {
    in: EntityStore,
    at: 'caughtUp',
    instead: () => () => undefined,
  },
  'a jump of n is not noticed': {
    in: Session,
    at: 'event',
    instead: (was) =>
      function (this: { counted: number }, frame: EventFrame) {
        this.counted = frame.n - 1;
        return was.call(this, frame as never);
      },
  },
  'the beat does not count': {
    in: Session,
    at: 'reached',
    instead: (was) =>
      function (this: { counted: number }, frame: { n?: number }) {
        return was.call(this, { ...frame, n: this.counted } as never);
      },
  },
  'the position runs ahead of what was heard': {
    in: Session,
    at: 'event',
    instead: (was) =>
      function (this: { position: Position }, frame: EventFrame) {
        const answer = was.call(this, frame as never);
        this.position = { ...this.position, seq: this.position.seq + 1 };
        return answer;
      },
  },
  'a letter gets a new key with each try': {
    in: Api,
    at: 'ask',
    instead: (was) => {
      let tries = 0;
      return function (this: Api, request: HttpRequest) {
        tries += 1;
        return was.call(this, { ...request, key: `${request.key ?? ''}-${tries}` } as never);
      };
    },
  },
  'a thread does not go with its conversation': {
    in: ConversationThreads,
    at: 'accompany',
    instead: () => () => undefined,
  },
  'a draft is not kept on the device': {
    in: DraftKeeper,
    at: 'keepLocal',
    instead: () => () => undefined,
  },
};

test.each(Object.entries(defects))(
  'the fuzz notices when %s',
  { timeout: 120_000 },
  async (_name, plant) => {
    const inside = plant.in.prototype as Inside;
    const was = inside[plant.at];
    if (was === undefined) throw new Error(`there is no ${plant.at} to spoil`);
    inside[plant.at] = plant.instead(was) as Inside[string];

    let caught: number | null = null;
    try {
      for (let seed = 1; seed <= STORIES && caught === null; seed += 1) {
        const faults = await live(seed).then(
          (ending) => ending.faults,
          (error: unknown) => [String(error)],
        );
        if (faults.length > 0) caught = seed;
      }
    } finally {
      inside[plant.at] = was;
    }

    expect(caught).not.toBeNull();
  },
);
