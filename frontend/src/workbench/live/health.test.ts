/** Where a supervisor is needed. */
import { expect, test } from 'vitest';

import type { LiveStrip, QueueFigures } from '@/domain/frames';
import { aQueue, MINUTE, NOON } from '@/workbench/testing';

import { levelMark, needsOf, totalsOf, waitMark } from './health';

const figures = (fields: Partial<QueueFigures>): QueueFigures => ({
  id: 'returns',
  waiting: 0,
  longest_wait_since: null,
  service_level: null,
  offered: 0,
  idle: 1,
  busy: 0,
  wrap_up: 0,
  ...fields,
});
const strip = (...queues: QueueFigures[]): LiveStrip => ({
  at: NOON,
  queues,
  agents: { available: 0, busy: 0, away: 0, wrap_up: 0, offline: 0 },
  balance: { received: 0, with_agents: 0, waiting: 0, ended: 0 },
});
const QUEUES = [aQueue(), aQueue({ id: 'mail' })];

test('the service level counts each queue by what it was offered', () => {
  const total = totalsOf(
    strip(
      figures({ service_level: 1, offered: 30 }),
      figures({ id: 'mail', service_level: 0.5, offered: 10 }),
    ),
    QUEUES,
    NOON,
  );

  expect(total.level).toBeCloseTo(0.875);
  expect(total.goal).toBeCloseTo(0.8);
});

test('a queue where people wait and nobody is idle needs somebody, before one that is only late', () => {
  const needs = needsOf(
    strip(
      figures({ id: 'mail', waiting: 2, longest_wait_since: NOON - 3 * MINUTE, idle: 1 }),
      figures({ waiting: 9, longest_wait_since: NOON - MINUTE, idle: 0, busy: 7 }),
    ),
    QUEUES,
    NOON,
  );

  expect(needs.map(({ kind, queue }) => [kind, queue])).toEqual([
    ['nobody_idle', 'returns'],
    ['late', 'mail'],
  ]);
});

test('a quiet strip needs nobody', () => {
  expect(needsOf(strip(figures({})), QUEUES, NOON)).toEqual([]);
});

test('a number without a target has no colour', () => {
  expect(waitMark(9 * MINUTE, undefined)).toBeNull();
  expect(levelMark(0.2, null)).toBeNull();
  expect(waitMark(3 * MINUTE, 2 * MINUTE)).toBe('bad');
  expect(levelMark(0.78, 0.8)).toBe('warn');
  expect(levelMark(0.6, 0.8)).toBe('bad');
});
