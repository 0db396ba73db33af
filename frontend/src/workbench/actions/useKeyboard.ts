/** Listens for keys once, for the whole workbench. */
import { useEffect } from 'react';

import { preferences } from '@/workbench/preferences';

import { firesOn, isEditable } from './keys';
import { currentActions } from './registry';

function inDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role=dialog],[role=menu]') !== null;
}

export function useKeyboard(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const situation = {
        writing: isEditable(event.target) || inDialog(event.target),
        singleKeys: preferences.get().single_keys,
      };
      const action = currentActions().findLast((candidate) =>
        (candidate.keys ?? []).some((shortcut) => firesOn(event, shortcut, situation)),
      );
      if (action === undefined) return;
      event.preventDefault();
      action.run();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}
