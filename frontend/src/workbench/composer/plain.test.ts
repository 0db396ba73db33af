/** Markdown as words that can be sent. */
import { expect, test } from 'vitest';

import { plainOf } from './plain';

test('the title is left out, marks are taken off, lists stay', () => {
  const article =
    '# Returns\n\nYou have **30 days**.\n\n* keep the box\n* use the *label*\n\n1. Pack\n2. Send';

  expect(plainOf(article)).toBe(
    'You have 30 days.\n\n- keep the box\n- use the label\n\n1. Pack\n2. Send',
  );
});

test('links are spelled out, pictures become their words', () => {
  expect(plainOf('See [our page](https://a.example/x) and ![a map](m.png)')).toBe(
    'See our page (https://a.example/x) and a map',
  );
});

test('numbers with stars and snake_case words are left alone', () => {
  expect(plainOf('5 * 3 * 2 and order_id_7')).toBe('5 * 3 * 2 and order_id_7');
});
