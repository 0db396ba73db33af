/** Loads what may be needed later while nothing else is to be done: the line may be gone by then. */
import { useEffect } from 'react';

import { useConnection } from '@/sync-react';

/** Safari has no idle moments: there, a while after the line is up. */
const whenIdle = (run: () => void): void => {
  if ('requestIdleCallback' in window) window.requestIdleCallback(run);
  else setTimeout(run, 2_000);
};

export function usePreloaded(loads: readonly (() => Promise<unknown>)[]): void {
  const live = useConnection().state === 'live';
  useEffect(() => {
    if (!live) return;
    let here = true;
    const next = (at: number) =>
      whenIdle(() => {
        const load = loads[at];
        if (!here || load === undefined) return;
        // What fails now is loaded with the next line, or when it is opened.
        void load()
          .catch(() => undefined)
          .then(() => next(at + 1));
      });
    next(0);
    return () => {
      here = false;
    };
  }, [live, loads]);
}
