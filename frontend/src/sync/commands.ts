/** Commands that are asked now and answered now: accept, take, end, … with optimism, in order within their lane. */
import type { Id, Millis } from '@/domain/entities';

import { jsonOf, mayPass, UNREACHABLE, type Api } from './api';
import { Pauses } from './pauses';
import type { HttpAnswer, World } from './ports';
import type { EntityStore } from './store';
import { Refused, type Command } from './types';

const PATIENCE: Millis = 10_000;

export type CommandsDeps = {
  world: World;
  api: Api;
  store: EntityStore;
  nextOrder: () => number;
  /** True while letters given earlier to this lane are still to leave. */
  lettersFirst: (lane: Id, order: number) => boolean;
  /** A command is through: what waited for it may go. */
  done: () => void;
  signedOut: () => void;
};

type Turn = { lane: Id; order: number; wake: (() => void) | null };

export class Commands {
  private readonly turns = new Set<Turn>();

  constructor(private readonly deps: CommandsDeps) {}

  async run<T>(command: Command): Promise<T> {
    const { world, store, api } = this.deps;
    const id = world.newId();
    const until = world.now() + (command.patience ?? PATIENCE);
    const turn = { lane: command.lane ?? id, order: this.deps.nextOrder(), wake: null };
    this.turns.add(turn);
    if (command.optimism !== undefined) store.lay(id, command.optimism);
    try {
      await this.await(turn, until);
      const { method, path, body } = command;
      const answer = await this.persist(() => api.ask({ method, path, body, key: id }), until);
      if (answer.status === 401) this.deps.signedOut();
      const json = jsonOf(answer);
      store.answered(id);
      return json as T;
    } catch (error) {
      store.lift(id);
      throw error;
    } finally {
      this.turns.delete(turn);
      this.deps.done();
      this.wake();
    }
  }

  isBusy(lane: Id, order: number): boolean {
    return [...this.turns].some((turn) => turn.lane === lane && turn.order < order);
  }

  /** Look again whose turn it is. */
  wake(): void {
    for (const turn of this.turns) turn.wake?.();
  }

  private mayGo({ lane, order }: Turn): boolean {
    return !this.isBusy(lane, order) && !this.deps.lettersFirst(lane, order);
  }

  private async await(turn: Turn, until: Millis): Promise<void> {
    const { world } = this.deps;
    while (!this.mayGo(turn)) {
      const left = until - world.now();
      if (left <= 0) throw new Refused(UNREACHABLE);
      await new Promise<void>((resolve) => {
        const timer = world.after(left, resolve);
        turn.wake = () => {
          world.cancel(timer);
          resolve();
        };
      });
      turn.wake = null;
    }
  }

  /** The same request, under the same key, until something was decided. */
  private async persist(ask: () => Promise<HttpAnswer>, until: Millis): Promise<HttpAnswer> {
    const { world } = this.deps;
    const pauses = new Pauses(world.random, 300, 2_000);
    for (;;) {
      let answer: HttpAnswer | null = null;
      try {
        answer = await ask();
        if (!mayPass(answer.status)) return answer;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (!mayPass(error.problem.status)) throw error;
      }
      const pause = Math.max(pauses.next() + 50, answer?.retry_after ?? 0);
      if (world.now() + pause > until) {
        if (answer === null) throw new Refused(UNREACHABLE);
        return answer;
      }
      await new Promise<void>((resume) => world.after(pause, resume));
    }
  }
}
