/** Tabs of one browser: one leads, each has its own id, the living are known. */
import { expect, test } from 'vitest';

import { tabAmong } from './tabs';

/** The browser's locks as far as tabs use them. A tab that closes lets go of what it holds. */
class Browser {
  private readonly held = new Map<string, string>();
  private readonly waiting: { tab: string; name: string; run: () => void }[] = [];

  locks(tab: string): LockManager {
    const request = (name: string, ...rest: unknown[]) => {
      const run = rest.at(-1) as (lock: Lock | null) => unknown;
      const { ifAvailable = false } = rest.length > 1 ? (rest[0] as LockOptions) : {};
      const take = async () => {
        this.held.set(name, tab);
        const answer = await run({ name, mode: 'exclusive' });
        this.letGo(name);
        return answer;
      };
      if (!this.held.has(name)) return take();
      if (ifAvailable) return Promise.resolve(run(null));
      return new Promise((resolve) => {
        this.waiting.push({ tab, name, run: () => void take().then(resolve) });
      });
    };
    const query = () => Promise.resolve({ held: [...this.held.keys()].map((name) => ({ name })) });
    return { request, query };
  }

  close(tab: string): void {
    for (const [name, holder] of [...this.held]) if (holder === tab) this.letGo(name);
  }

  private letGo(name: string): void {
    this.held.delete(name);
    const next = this.waiting.findIndex((wait) => wait.name === name);
    if (next >= 0) this.waiting.splice(next, 1)[0]?.run();
  }
}

function memory(): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, it) => kept.set(name, it) };
}

test('the first tab leads, and the next one when it closes', async () => {
  const browser = new Browser();
  const led: string[] = [];
  const first = await tabAmong(browser.locks('1'), memory(), () => 'one');
  const second = await tabAmong(browser.locks('2'), memory(), () => 'two');
  first.lead(() => led.push('first'));
  second.lead(() => led.push('second'));
  await Promise.resolve();
  const before = [...led];

  browser.close('1');
  await new Promise((resolve) => setTimeout(resolve));

  expect(before).toEqual(['first']);
  expect(led).toEqual(['first', 'second']);
});

test('a tab keeps its id over a reload', async () => {
  const browser = new Browser();
  const kept = memory();
  const before = await tabAmong(browser.locks('1'), kept, () => 'one');

  browser.close('1');
  const after = await tabAmong(browser.locks('1 again'), kept, () => 'another');

  expect(after.id).toBe(before.id);
});

test('a duplicated tab gets an id of its own', async () => {
  const browser = new Browser();
  const kept = memory();
  const ids = ['one', 'two'];
  const first = await tabAmong(browser.locks('1'), kept, () => ids.shift() ?? '');

  const copy = await tabAmong(browser.locks('2'), kept, () => ids.shift() ?? '');

  expect(copy.id).not.toBe(first.id);
});

test('closed tabs are not alive', async () => {
  const browser = new Browser();
  const first = await tabAmong(browser.locks('1'), memory(), () => 'one');
  const second = await tabAmong(browser.locks('2'), memory(), () => 'two');

  const before = await second.alive(first.id);
  browser.close('1');
  const after = await second.alive(first.id);

  expect([before, after]).toEqual([true, false]);
});
