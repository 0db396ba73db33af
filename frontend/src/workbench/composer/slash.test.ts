/** Where `/` opens the articles, and where it is only a slash. */
import { expect, test } from 'vitest';

import { insertAt, slashAt } from './slash';

test('a slash at the start or after a space opens the articles with the words after it', () => {
  expect(slashAt('/par', 4)).toEqual({ from: 0, to: 4, q: 'par' });
  expect(slashAt('See /delay', 10)).toEqual({ from: 4, to: 10, q: 'delay' });
});

test('a slash after Chinese words opens them too: there are no spaces to wait for', () => {
  expect(slashAt('您好，/退货', 6)).toEqual({ from: 3, to: 6, q: '退货' });
});

test('a slash inside a word, an address or a date is only a slash', () => {
  expect(slashAt('and/or', 6)).toBeNull();
  expect(slashAt('https://a', 9)).toBeNull();
  expect(slashAt('12/11', 5)).toBeNull();
});

test('a new line or a space after the slash ends it', () => {
  expect(slashAt('/par\nmore', 9)).toBeNull();
  expect(slashAt('/ par', 5)).toBeNull();
});

test('the article takes the place of the slash and its words, the cursor stands behind it', () => {
  expect(insertAt('See /par, please', { from: 4, to: 8 }, 'our rules')).toEqual({
    text: 'See our rules, please',
    caret: 13,
  });
});
