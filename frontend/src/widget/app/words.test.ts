/** Both catalogues say everything, in their own language. */
// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { languageOf, WORDS } from './words.ts';

const HAN = /\p{Script=Han}/u;

function said(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function') {
    const speak = value as (input: unknown) => string;
    return [
      speak(value.length && 'range' === value.name ? { unit: 'minutes', from: 2, to: 4 } : 2),
    ];
  }
  return Object.values(value as object).flatMap(said);
}

describe('the catalogues', () => {
  it('have the same words, none empty', () => {
    expect(Object.keys(WORDS.en)).toEqual(Object.keys(WORDS.zh));
    for (const words of Object.values(WORDS)) {
      for (const word of said(words)) expect(word.trim()).not.toBe('');
    }
  });

  it('do not mix languages', () => {
    for (const word of said(WORDS.en)) expect(word).not.toMatch(HAN);
    for (const word of said(WORDS.zh)) expect(word).toMatch(HAN);
  });

  it('tell a short wait as a bound, not as zero', () => {
    expect(WORDS.zh.range({ unit: 'minutes', from: 0, to: 1 })).toBe('1 分钟以内');
    expect(WORDS.en.range({ unit: 'minutes', from: 0, to: 1 })).toBe('under 1 minute');
    expect(WORDS.en.range({ unit: 'minutes', from: 0, to: 3 })).toBe('up to 3 minutes');
  });
});

describe('the language', () => {
  it.each([
    [['zh-CN'], 'zh'],
    [['', null, 'zh-Hant-TW'], 'zh'],
    [['en', 'zh'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
  ] as const)('wished as %o is %s', (wishes, language) => {
    expect(languageOf(...wishes)).toBe(language);
  });
});
