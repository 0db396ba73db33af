/** Keeps each conversation's place: the message at the top of the window, or the end. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';

type Place = { line: string; offset: number } | 'end';

const places = new Map<string, Place>();
const NEAR = 48;

function topmost(box: HTMLElement): { line: string; offset: number } | undefined {
  const top = box.getBoundingClientRect().top;
  for (const element of box.querySelectorAll<HTMLElement>('[data-line]')) {
    const rect = element.getBoundingClientRect();
    if (rect.bottom > top) return { line: element.dataset.line ?? '', offset: rect.top - top };
  }
  return undefined;
}

function restore(box: HTMLElement, place: Place): boolean {
  if (place === 'end') {
    box.scrollTop = box.scrollHeight;
    return true;
  }
  const line = box.querySelector<HTMLElement>(`[data-line="${CSS.escape(place.line)}"]`);
  if (line === null) return false;
  const now = line.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += now - place.offset;
  return true;
}

type ScrollPlace = {
  box: RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  noteScroll: () => void;
  toEnd: () => void;
};

/** `ready` turns true once there is something to stand on; `start` is where a first visit begins (a line's key), else the end. */
export function useScrollPlace(
  conversation: string,
  ready: boolean,
  start: string | null,
  shape: unknown,
): ScrollPlace {
  const box = useRef<HTMLDivElement>(null);
  const place = useRef<Place>('end');
  const settled = useRef<string | null>(null);
  const [atEnd, setAtEnd] = useState(true);

  const note = useCallback(() => {
    const element = box.current;
    if (element === null || settled.current !== conversation) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    place.current = end ? 'end' : (topmost(element) ?? 'end');
    places.set(conversation, place.current);
    setAtEnd(end);
  }, [conversation]);

  // Whatever was added above, below or grew in between: what one reads stays where it is.
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || !ready) return;
    if (settled.current !== conversation) {
      settled.current = conversation;
      place.current =
        places.get(conversation) ?? (start === null ? 'end' : { line: start, offset: 40 });
      if (!restore(element, place.current)) restore(element, 'end');
      note();
      performance.mark('thread-painted');
    } else {
      restore(element, place.current);
    }
  }, [conversation, ready, start, shape, note]);

  // Pictures and mails find their height later.
  useEffect(() => {
    const element = box.current;
    const inner = element?.firstElementChild;
    if (element == null || inner == null) return;
    const watcher = new ResizeObserver(() => {
      if (settled.current === conversation) restore(element, place.current);
    });
    watcher.observe(inner);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [conversation, ready]);

  const toEnd = useCallback(() => {
    if (box.current === null) return;
    place.current = 'end';
    restore(box.current, 'end');
    note();
  }, [note]);

  return { box, atEnd, noteScroll: note, toEnd };
}
