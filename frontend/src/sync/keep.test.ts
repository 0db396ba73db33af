/** The boxes on this device: both kinds keep the same promises. */
import { describe, expect, test } from 'vitest';

import { IndexedDbKeep, MemoryKeep } from './keep';

let boxes = 0;
const kinds = {
  IndexedDB: () => new IndexedDbKeep(`hub-${(boxes += 1)}`),
  memory: () => new MemoryKeep(),
};

describe.each(Object.entries(kinds))('%s', (_name, open) => {
  test('what is put is listed by the beginning of its key', async () => {
    const keep = open();

    await keep.put('outbox', 'ann/1', { text: 'one' });
    await keep.put('outbox', 'ann/2', { text: 'two' });
    await keep.put('outbox', 'annabel/3', { text: 'another agent' });
    await keep.put('drafts', 'ann/4', { text: 'another box' });

    expect(await keep.list('outbox', 'ann/')).toEqual([{ text: 'one' }, { text: 'two' }]);
  });

  test('a later value replaces an earlier one', async () => {
    const keep = open();

    await keep.put('drafts', 'ann/1', { text: 'one' });
    await keep.put('drafts', 'ann/1', { text: 'two' });

    expect(await keep.list('drafts', 'ann/1')).toEqual([{ text: 'two' }]);
  });

  test('what is removed is gone, and removing nothing is nothing', async () => {
    const keep = open();
    await keep.put('drafts', 'ann/1', { text: 'one' });

    await keep.remove('drafts', 'ann/1');
    await keep.remove('drafts', 'ann/2');

    expect(await keep.list('drafts', 'ann/')).toEqual([]);
  });

  test('things are carried out in the order they are asked, without waiting', async () => {
    const keep = open();

    const done = [
      keep.put('drafts', 'ann/1', 'one'),
      keep.remove('drafts', 'ann/1'),
      keep.put('drafts', 'ann/1', 'two'),
    ];
    await Promise.all(done);

    expect(await keep.list('drafts', 'ann/')).toEqual(['two']);
  });
});

test('what was kept is there when the page is opened again', async () => {
  await new IndexedDbKeep('hub-again').put('outbox', 'ann/1', { text: 'one' });

  expect(await new IndexedDbKeep('hub-again').list('outbox', 'ann/')).toEqual([{ text: 'one' }]);
});
