/** People's own words: links are found, nothing else is touched. */
// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { contact, initials, pieces } from './text.ts';

describe('a text', () => {
  it('keeps every character, with its links marked', () => {
    const text = '请看 https://spruce.example/a?b=1。谢谢 (http://x.example/).';

    const found = pieces(text);

    expect(found.map((piece) => piece.text).join('')).toBe(text);
    expect(found.flatMap(({ href }) => href ?? [])).toEqual([
      'https://spruce.example/a?b=1',
      'http://x.example/',
    ]);
  });

  it('makes no link of anything but http', () => {
    expect(pieces('javascript:alert(1) data:text/html,x <b>')).toEqual([
      { text: 'javascript:alert(1) data:text/html,x <b>' },
    ]);
  });
});

describe('initials', () => {
  it.each([
    ['韩梅', '韩'],
    ['Alice Chen', 'AC'],
    ['alice', 'A'],
    ['', ''],
    ['Ana Maria de Souza', 'AS'],
  ])('of %s are %s', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });
});

describe('a way to reach somebody', () => {
  it.each([
    ['', {}],
    ['alice@spruce.example', { email: 'alice@spruce.example' }],
    ['138 0013 8000', { phone: '13800138000' }],
    ['+86 (138) 0013-8000', { phone: '+8613800138000' }],
    ['alice@', null],
    ['call me', null],
  ])('%s is %o', (typed, understood) => {
    expect(contact(typed)).toEqual(understood);
  });
});
