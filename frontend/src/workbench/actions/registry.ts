/** Everything that can be done now, in one list: keys, the palette and the help read from it. */
import { useEffect, useRef, useSyncExternalStore } from 'react';

import type { IconName } from '@/ui/icons';

import type { Shortcut } from './keys';

export type ActionGroup = 'lists' | 'conversation' | 'everywhere';

export type Action = {
  id: string;
  title: string;
  group: ActionGroup;
  icon?: IconName;
  /** The first is shown beside the action, all of them work. */
  keys?: readonly Shortcut[];
  /** Left out of the palette: moving about, mostly. */
  hidden?: boolean;
  run: () => void;
};

type Layer = { actions: readonly Action[] };

let layers: readonly Layer[] = [];
let flat: readonly Action[] = [];
const listeners = new Set<() => void>();

function settle(next: readonly Layer[]): void {
  layers = next;
  flat = layers.flatMap((layer) => layer.actions);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const allActions = (): readonly Action[] => flat;
export const useAllActions = (): readonly Action[] => useSyncExternalStore(subscribe, allActions);

/** Offers these actions while the component is mounted. A later component's actions come first for the same key. */
export function useActions(actions: readonly Action[]): void {
  const layer = useRef<Layer>({ actions });
  const shape = actions.map((action) => `${action.id}|${action.title}`).join('\n');
  useEffect(() => {
    layer.current.actions = actions;
  });
  useEffect(() => {
    const mine = layer.current;
    settle([...layers, mine]);
    return () => settle(layers.filter((other) => other !== mine));
  }, []);
  useEffect(() => {
    settle(layers);
  }, [shape]);
}

/** Runs an action by its id, if it can be done now. */
export function perform(id: string): boolean {
  const found = layers.flatMap((layer) => layer.actions).findLast((action) => action.id === id);
  found?.run();
  return found !== undefined;
}

export function currentActions(): readonly Action[] {
  return layers.flatMap((layer) => layer.actions);
}
