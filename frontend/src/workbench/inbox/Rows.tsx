/** The rows that are in sight, of as many as there are. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent } from 'react';

import type { Id } from '@/domain/entities';
import { useHub } from '@/sync-react';
import { usePreferences } from '@/workbench/preferences';
import { useWords } from '@/workbench/parts';

import { ConversationRow } from './ConversationRow';
import { neighbour } from './hold';

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
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer is read afresh on each render
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    getItemKey: (at) => ids[at] ?? at,
    overscan: 8,
  });
  const rows = virtual.getVirtualItems();

  const end = rows.at(-1)?.index ?? 0;
  const nearEnd = ids.length > 0 && end >= ids.length - 20 && ids.length < count;
  useEffect(() => {
    if (nearEnd) onNearEnd();
  }, [nearEnd, ids.length, onNearEnd]);

  useEffect(() => {
    virtual.measure();
  }, [virtual, height]);

  const at = selected === undefined ? -1 : ids.indexOf(selected);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
    // Only a new selection scrolls: a re-sorted list must not pull the view along.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selected, virtual]);

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
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
        {rows.map((row) => {
          const id = ids[row.index];
          if (id === undefined) return null;
          return (
            // The list itself takes the keys (aria-activedescendant): an option is only pointed at.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={row.key}
              id={`row-${id}`}
              role="option"
              tabIndex={-1}
              aria-selected={id === selected}
              aria-setsize={count}
              aria-posinset={row.index + 1}
              className="row-at"
              style={{ transform: `translateY(${row.start}px)`, height: row.size }}
              onClick={() => onOpen(id)}
              onPointerEnter={() => hub.threads.preload(id)}
            >
              <ConversationRow id={id} selected={id === selected} />
            </div>
          );
        })}
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
