/** However ids come, move and go, they stand as one sort would put them. */
import { expect, test } from 'vitest';

import { SortedIds } from './sorted';

/** Repeatable luck: the same for the same seed. */
function luckOf(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

function sortedBy(keys: ReadonlyMap<string, number>): string[] {
  return [...keys]
    .sort(([a, keyA], [b, keyB]) => keyA - keyB || (a < b ? -1 : 1))
    .map(([id]) => id);
}

test('any changes, one or many at once, leave the order that a sort gives', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const luck = luckOf(seed);
    const sorted = new SortedIds();
    const truth = new Map<string, number>();
    for (let turn = 0; turn < 20; turn += 1) {
      const changes = new Map<string, number | null>();
      for (let left = luck(12); left >= 0; left -= 1) {
        changes.set(`id-${luck(30)}`, luck(4) === 0 ? null : luck(9));
      }
      const before = sorted.ids();

      const moved = sorted.set(changes);

      for (const [id, key] of changes) {
        if (key === null) truth.delete(id);
        else truth.set(id, key);
      }
      expect(sorted.ids()).toEqual(sortedBy(truth));
      expect(sorted.ids() === before).toBe(!moved);
    }
  }
});

test('an array that was handed out does not change', () => {
  const sorted = new SortedIds();
  sorted.set([
    ['ann', 1],
    ['bob', 2],
  ]);
  const before = sorted.ids();

  sorted.set([
    ['ann', 3],
    ['cid', 0],
  ]);

  expect(before).toEqual(['ann', 'bob']);
  expect(sorted.ids()).toEqual(['cid', 'bob', 'ann']);
});
