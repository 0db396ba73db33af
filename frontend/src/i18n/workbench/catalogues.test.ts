/** Both catalogues say the same things, every word of them is used, and none is written in the screens themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { en } from './en';
import { zh } from './zh';

type Words = { [key: string]: string | Words };

function flat(words: Words, path = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') all.set(path + key, value);
    else for (const [inner, text] of flat(value, `${path}${key}.`)) all.set(inner, text);
  }
  return all;
}

const english = flat(en);
const chinese = flat(zh);
const plain = (key: string) => key.replace(/_(one|other)$/, '');
const keysOf = (all: Map<string, string>) => [...new Set([...all.keys()].map(plain))].sort();
const holesOf = (text: string) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

const SOURCES = ['src/workbench', 'src/ui'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => /\.tsx?$/.test(file) && !file.includes('.test.') && !file.startsWith('testing'),
    )
    .map((file) => join(folder, file)),
);
const code = new Map(SOURCES.map((file) => [file, readFileSync(file, 'utf8')]));

test('no key is missing in either language', () => {
  expect(keysOf(chinese)).toEqual(keysOf(english));
});

test('no word is empty', () => {
  for (const [key, text] of [...english, ...chinese]) expect(text.trim(), key).not.toBe('');
});

test('both say the same facts', () => {
  for (const [key, text] of chinese) {
    const other = english.get(key) ?? english.get(plain(key)) ?? '';
    expect(holesOf(text), key).toEqual(holesOf(other));
  }
});

test('the Chinese catalogue is in Chinese, the English one in English', () => {
  const sameInBoth = /^(Hub|VIP|English|中文|–|[\d.{}\s:·%/+-]*)$/;
  for (const [key, text] of chinese) {
    const words = text.replace(/\{\{\w+\}\}/g, '');
    if (!sameInBoth.test(words)) expect(words, key).toMatch(/\p{Script=Han}|^[^A-Za-z]*$/u);
  }
  for (const [key, text] of english)
    if (!sameInBoth.test(text)) expect(text, key).not.toMatch(/\p{Script=Han}/u);
});

test('every key is used by a screen', () => {
  const all = [...code.values()].join('\n');
  const literal = new Set([...all.matchAll(/'([a-z_]+(?:\.[a-z_]+)+)'/g)].map(([, key]) => key));
  const begun = [...all.matchAll(/`([a-z_]+\.[a-z_.]*)\$\{/g)].map(([, start]) => start ?? '');
  const unused = keysOf(english).filter(
    (key) => !literal.has(key) && !begun.some((start) => key.startsWith(start)),
  );

  expect(unused).toEqual([]);
});

test('no screen has words of its own', () => {
  for (const [file, text] of code) {
    const words = text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/^\s*\/\/.*$/gm, '')
      .replace(/'(中文|中|English)'/g, '');
    expect(/\p{Script=Han}/u.exec(words), file).toBeNull();
    expect(/>\s*[A-Z][a-z]+ [a-z]+[^<{]*</.exec(words), file).toBeNull();
  }
});
