/** What the screens carry: every package that is named is used by them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

/** Asked for by others beside them, and never by us. */
const COMPANIONS = ['@mantine/hooks'];

const code = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(tsx?|css)$/.test(file) && !file.includes('.test.'))
  .map((file) => readFileSync(join('src', file), 'utf8'))
  .join('\n');

test('every package is imported', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Record<string, string>;
  };

  const idle = Object.keys(dependencies).filter(
    (name) => !COMPANIONS.includes(name) && !new RegExp(`['"]${name}['"/]`).test(code),
  );

  expect(idle).toEqual([]);
});
