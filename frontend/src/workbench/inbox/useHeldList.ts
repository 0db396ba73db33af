/** Holds the list still while the pointer is over it or somebody walks it by key. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { extendHeld, freeList, heldList, type Held } from './hold';

const KEYS_HOLD = 4000;

type HeldList = Held & {
  release: () => void;
  /** For the scrolling element. */
  aim: { onPointerEnter: () => void; onPointerLeave: () => void };
  /** Call on each step by key. */
  walked: () => void;
};

/** `view` names what is shown: another view is another list, and starts free. */
export function useHeldList(
  latest: readonly string[],
  view: string,
  selected: string | undefined,
): HeldList {
  const [frozen, setFrozen] = useState<{ view: string; ids: readonly string[] } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const pointer = useRef(false);

  const release = useCallback(() => setFrozen(null), []);
  const hold = useCallback(
    (ids: readonly string[]) => setFrozen((held) => (held?.view === view ? held : { view, ids })),
    [view],
  );
  useEffect(() => () => clearTimeout(timer.current), []);

  // What one has just opened or accepted must be seen in the list, held or not.
  const mustShow =
    selected !== undefined && latest.includes(selected) && frozen?.ids.includes(selected) === false;
  const held = frozen?.view === view && !mustShow ? frozen : null;
  const list = useMemo(
    () => (held === null ? freeList(latest) : heldList(extendHeld(held.ids, latest), latest)),
    [held, latest],
  );

  return {
    ...list,
    release,
    aim: {
      onPointerEnter: () => {
        pointer.current = true;
        hold(latest);
      },
      onPointerLeave: () => {
        pointer.current = false;
        release();
      },
    },
    walked: () => {
      hold(latest);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        if (!pointer.current) release();
      }, KEYS_HOLD);
    },
  };
}
