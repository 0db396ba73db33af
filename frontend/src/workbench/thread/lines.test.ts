/** Days, the unread mark and messages, in order. */
import { expect, test } from 'vitest';

import type { ThreadItem } from '@/sync';
import { aMessage, NOON } from '@/workbench/testing';

import { firstUnread, linesOf } from './lines';

const DAY = 86_400_000;
const item = (id: string, at: number): ThreadItem => ({
  kind: 'message',
  id,
  message: aMessage({ id, at }),
});

test('each day begins with its name, the unread with their mark', () => {
  const lines = linesOf([item('a', NOON - DAY), item('b', NOON), item('c', NOON + 1)], 'c');

  expect(lines.map((line) => (line.kind === 'item' ? line.key : line.kind))).toEqual([
    'day',
    'a',
    'day',
    'b',
    'unread',
    'c',
  ]);
});

test('reading goes on at the oldest unread message from outside', () => {
  const messages = [
    aMessage({ id: 'a' }),
    aMessage({ id: 'b' }),
    aMessage({ id: 'mine', direction: 'out' }),
    aMessage({ id: 'c' }),
  ];

  expect(firstUnread(messages, 2)).toBe('b');
  expect(firstUnread(messages, 0)).toBeNull();
  expect(firstUnread(messages, 9)).toBe('a');
});
