/** What a supervisor is told of the live strip: totals, and where somebody is needed. */
import type { Id, Millis, Queue } from '@/domain/entities';
import type { LiveStrip, QueueFigures } from '@/domain/frames';

export type Totals = {
  waiting: number;
  longest: Millis | null;
  /** The queue that holds the longest wait. */
  longestQueue: Id | null;
  /** Share answered in time over all queues, weighted by what each was offered. */
  level: number | null;
  goal: number | null;
};

const waitOf = (queue: QueueFigures, now: Millis): Millis | null =>
  queue.longest_wait_since === null ? null : Math.max(0, now - queue.longest_wait_since);

export function totalsOf(strip: LiveStrip, queues: readonly Queue[], now: Millis): Totals {
  const total: Totals = { waiting: 0, longest: null, longestQueue: null, level: null, goal: null };
  let [met, offered, goals] = [0, 0, 0];
  for (const figures of strip.queues) {
    total.waiting += figures.waiting;
    const wait = waitOf(figures, now);
    if (wait !== null && (total.longest === null || wait > total.longest)) {
      total.longest = wait;
      total.longestQueue = figures.id;
    }
    if (figures.service_level === null) continue;
    met += figures.service_level * figures.offered;
    offered += figures.offered;
    goals += (queues.find((queue) => queue.id === figures.id)?.goal ?? 0) * figures.offered;
  }
  if (offered > 0) {
    total.level = met / offered;
    total.goal = goals / offered;
  }
  return total;
}

export type Mark = 'bad' | 'warn' | 'ok' | null;

/** A number is only coloured against its target. */
export function waitMark(wait: Millis | null, target: Millis | undefined): Mark {
  if (wait === null || target === undefined) return null;
  if (wait > target) return 'bad';
  return wait > target * 0.6 ? 'warn' : 'ok';
}

export function levelMark(level: number | null, goal: number | null | undefined): Mark {
  if (level === null || goal == null || goal === 0) return null;
  if (level >= goal) return 'ok';
  return level >= goal - 0.05 ? 'warn' : 'bad';
}

export type Need =
  | { kind: 'nobody_idle'; queue: Id; figures: QueueFigures; wait: Millis }
  | { kind: 'late'; queue: Id; figures: QueueFigures; wait: Millis; target: Millis };

/** Queues that want a supervisor, by how many customers it touches. */
export function needsOf(strip: LiveStrip, queues: readonly Queue[], now: Millis): Need[] {
  const needs: Need[] = [];
  for (const figures of strip.queues) {
    const wait = waitOf(figures, now);
    const target = queues.find((queue) => queue.id === figures.id)?.target;
    if (figures.waiting === 0 || wait === null || target === undefined) continue;
    if (figures.idle === 0 && figures.waiting > 0) {
      needs.push({ kind: 'nobody_idle', queue: figures.id, figures, wait });
    } else if (wait > target)
      needs.push({ kind: 'late', queue: figures.id, figures, wait, target });
  }
  return needs.sort((a, b) => b.figures.waiting - a.figures.waiting);
}
