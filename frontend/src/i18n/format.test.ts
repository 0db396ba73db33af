/** Times, durations and names, as readers of both languages write them. */
import { expect, test } from 'vitest';

import {
  agoOf,
  clockOf,
  dayOf,
  initialsOf,
  listOf,
  momentOf,
  shortNameOf,
  sizeOf,
  spanOf,
  timeOf,
} from './format';

const at = (day: number, hour = 14, minute = 20) => new Date(2026, 10, day, hour, minute).getTime();
const NOW = at(17);

test('short spans as a stopwatch', () => {
  expect(clockOf(134_000)).toBe('02:14');
  expect(clockOf(4_805_000)).toBe('1:20:05');
  expect(clockOf(-134_000)).toBe('02:14');
});

test('long spans in words of the language', () => {
  expect(spanOf(134_000, 'en')).toBe('02:14');
  expect(spanOf(52 * 3_600_000, 'en')).toBe('2 d 4 h');
  expect(spanOf(52 * 3_600_000, 'zh')).toBe('2天 4时');
});

test('a moment says as little as is needed', () => {
  expect(momentOf(at(17, 9, 5), NOW, 'en')).toBe('09:05');
  expect(momentOf(at(16, 9, 5), NOW, 'en')).toBe('Mon 09:05');
  expect(momentOf(at(16, 9, 5), NOW, 'zh')).toBe('周一 09:05');
  expect(momentOf(at(2), NOW, 'en')).toBe('2 Nov');
  expect(momentOf(at(2), NOW, 'zh')).toBe('11月2日');
  expect(timeOf(NOW, 'zh')).toBe('14:20');
});

test('days have their names', () => {
  expect(dayOf(at(9), NOW, 'en')).toMatch(/^Monday,? 9 November$/);
  expect(dayOf(at(9), NOW, 'zh')).toBe('11月9日星期一');
});

test('how long ago, in words', () => {
  expect(agoOf(40_000, 'en')).toBe('40 sec ago');
  expect(agoOf(180_000, 'zh')).toBe('3分钟前');
});

test('sizes', () => {
  expect([sizeOf(812), sizeOf(18_000), sizeOf(1_400_000)]).toEqual(['812 B', '18 KB', '1.4 MB']);
});

test('one or two letters stand for a person, none for a number', () => {
  expect(initialsOf('Alice Chen')).toBe('AC');
  expect(initialsOf('王小明')).toBe('王');
  expect(initialsOf('Tom')).toBe('T');
  expect(initialsOf('+86 138 0012 4471')).toBeNull();
});

test('the short name for a button', () => {
  expect(shortNameOf('Alice Chen')).toBe('Alice');
  expect(shortNameOf('王小明')).toBe('王小明');
});

test('lists of names', () => {
  expect(listOf(['李雷', '韩梅'], 'zh')).toBe('李雷和韩梅');
  expect(listOf(['Li Lei', 'Han Mei'], 'en')).toBe('Li Lei and Han Mei');
});
