/** Which rows of a long list are in sight, when all are equally high: nothing is measured but how far it is scrolled. */
import { useEffect, useState, type RefObject } from 'react';

export type Sight = { from: number; to: number };

/** Drawn beyond the edge, so that a quick turn of the wheel finds rows. */
const BEYOND = 8;

/** The rows from `from` up to, not with, `to`. Scrolling within one row answers the same. */
export function sightOf(scrolled: number, window: number, height: number, count: number): Sight {
  const first = Math.floor(Math.max(0, scrolled) / height);
  const last = Math.ceil((Math.max(0, scrolled) + window) / height);
  return { from: Math.max(0, Math.min(first, count) - BEYOND), to: Math.min(count, last + BEYOND) };
}

/** Where to scroll so that a row is wholly in sight: as little as possible, or not at all. */
export function scrollFor(
  at: number,
  height: number,
  { scrolled, window }: { scrolled: number; window: number },
): number | null {
  const top = at * height;
  if (top < scrolled) return top;
  if (top + height > scrolled + window) return top + height - window;
  return null;
}

/** The list is never higher than the window, which is known without a layout. */
export function useSight(box: RefObject<HTMLElement | null>, count: number, height: number): Sight {
  const [top, setTop] = useState(0);
  const [window, setWindow] = useState(() => globalThis.innerHeight);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    // Drawn again with each row, not with each pixel.
    const scrolled = () => setTop(Math.floor(element.scrollTop / height) * height);
    const resized = () => setWindow(globalThis.innerHeight);
    element.addEventListener('scroll', scrolled, { passive: true });
    globalThis.addEventListener('resize', resized);
    return () => {
      element.removeEventListener('scroll', scrolled);
      globalThis.removeEventListener('resize', resized);
    };
  }, [box, height]);
  return sightOf(top, window, height, count);
}
