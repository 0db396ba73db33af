/** Whether the window fits a media query, watched. */
import { useCallback, useSyncExternalStore } from 'react';

// Asked on every drawing of a row or a pane: each query is made once.
const made = new Map<string, MediaQueryList>();

function mediaOf(query: string): MediaQueryList {
  let media = made.get(query);
  if (media === undefined) made.set(query, (media = window.matchMedia(query)));
  return media;
}

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = mediaOf(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => mediaOf(query).matches);
}

/** One pane at a time. */
export const useNarrow = (): boolean => useMedia('(max-width: 600px)');
