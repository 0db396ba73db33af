/** The rows that are in sight, of as many as there are. */
import { useEffect, useRef, type KeyboardEvent } from 'react';

import type { Id } from '@/domain/entities';
import { useHub } from '@/sync-react';
import { usePreferences } from '@/workbench/preferences';
import { useWords } from '@/workbench/parts';

import { ConversationRow } from './ConversationRow';
import { neighbour } from './hold';
import { scrollFor, useSight } from './useSight';

const HEIGHT = { compact: 58, comfortable: 66 } as const;

type RowsProps = {
  ids: readonly Id[];
  count: number;
  selected: Id | undefined;
  aim: { onPointerEnter: () => void; onPointerLeave: () => void };
  onOpen: (id: Id) => void;
  onWalk: (id: Id) => void;
  onNearEnd: () => void;
};

export function Rows({ ids, count, selected, aim, onOpen, onWalk, onNearEnd }: RowsProps) {
  const { t } = useWords();
  const hub = useHub();
  const { density } = usePreferences();
  const box = useRef<HTMLDivElement>(null);
  const height = HEIGHT[density];
  const { from, to } = useSight(box, ids.length, height);
  const rows = ids.slice(from, to);

  const nearEnd = ids.length > 0 && to >= ids.length - 20 && ids.length < count;
  useEffect(() => {
    if (nearEnd) onNearEnd();
  }, [nearEnd, ids.length, onNearEnd]);

  const at = selected === undefined ? -1 : ids.indexOf(selected);
  useEffect(() => {
    const element = box.current;
    if (element === null || at < 0) return;
    const { scrollTop: scrolled, clientHeight: window } = element;
    const place = scrollFor(at, height, { scrolled, window });
    if (place !== null) element.scrollTop = place;
    // Only a new selection scrolls: a re-sorted list must not pull the view along.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selected]);

  useEffect(() => {
    if (rows.length > 0) markFirstRow();
  }, [rows.length]);

  const press = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : undefined;
    const target =
      step !== undefined
        ? neighbour(ids, selected, step)
        : event.key === 'Home'
          ? ids[0]
          : event.key === 'End'
            ? ids.at(-1)
            : undefined;
    if (target !== undefined && !event.altKey) {
      event.preventDefault();
      onWalk(target);
    }
  };

  return (
    <div
      ref={box}
      className={`rows ${density}`}
      role="listbox"
      tabIndex={0}
      aria-label={t('desk.list')}
      aria-activedescendant={at >= 0 ? `row-${selected ?? ''}` : undefined}
      onKeyDown={press}
      data-pane="list"
      {...aim}
    >
      <div style={{ height: ids.length * height, position: 'relative' }} role="presentation">
        {rows.map((id, beyond) => (
          // The list itself takes the keys (aria-activedescendant): an option is only pointed at.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={id}
            id={`row-${id}`}
            role="option"
            tabIndex={-1}
            aria-selected={id === selected}
            aria-setsize={count}
            aria-posinset={from + beyond + 1}
            className="row-at"
            style={{ transform: `translateY(${(from + beyond) * height}px)`, height }}
            onClick={() => onOpen(id)}
            onPointerEnter={() => hub.threads.preload(id)}
          >
            <ConversationRow id={id} selected={id === selected} />
          </div>
        ))}
      </div>
    </div>
  );
}

let marked = false;
function markFirstRow(): void {
  if (marked) return;
  marked = true;
  performance.mark('first-row');
}
