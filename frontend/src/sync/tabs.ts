/** What the tabs of one browser agree on, by Web Locks: who leads, who lives, who does something alone. */
import type { Id } from '@/domain/entities';

import type { Neighbours } from './ports';

const NAMED = 'hub-tab';

/** A browser without locks: this tab counts as the only one. */
export function onlyTab(id: Id): Neighbours {
  return {
    id,
    alive: () => Promise.resolve(false),
    alone: (_name, run) => run(),
    lead: (told) => told(),
  };
}

/** This tab among its neighbours. The id is the same after a reload, and another in a duplicated tab. */
export async function tabAmong(
  locks: LockManager,
  memory: Pick<Storage, 'getItem' | 'setItem'>,
  newId: () => Id,
): Promise<Neighbours> {
  let id = memory.getItem(NAMED) ?? newId();
  if (!(await holdForEver(locks, `${NAMED}:${id}`))) {
    id = newId(); // this tab was duplicated: its memory was copied, its life was not
    await holdForEver(locks, `${NAMED}:${id}`);
  }
  memory.setItem(NAMED, id);
  const leading = new Promise<void>((leads) => {
    void locks.request('hub-leader', () => {
      leads();
      return never();
    });
  });
  return {
    id,
    alive: async (tab) => {
      const { held = [] } = await locks.query();
      return held.some(({ name }) => name === `${NAMED}:${tab}`);
    },
    alone: async (name, run) => await locks.request(`hub-${name}`, run),
    lead: (told) => void leading.then(told),
  };
}

/** Take a lock until this tab closes. False when another has it. */
function holdForEver(locks: LockManager, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    void locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : never();
    });
  });
}

function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
