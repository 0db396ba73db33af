/** The list pane: views, search, and the rows held still while one aims. */
import { useCallback, useEffect, useRef, useState } from 'react';

import type { Id, ViewName } from '@/domain/entities';
import { useConnection, useGround, useHub, useLive, useView } from '@/sync-react';
import { afterPaint } from '@/ui/afterPaint';
import { Icon } from '@/ui/icons';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { KEYS, KeyHint, useActions } from '@/workbench/actions';
import { useWords } from '@/workbench/parts';
import { preferences, usePreferences } from '@/workbench/preferences';

import { neighbour } from './hold';
import { Rows } from './Rows';
import { isPushed, useFound, type Filter } from './useFound';
import { useHeldList } from './useHeldList';

import './inbox.css';

const VIEWS: readonly ViewName[] = ['mine', 'waiting', 'all'];

type InboxProps = {
  view: ViewName;
  filter: Filter;
  selected: Id | undefined;
  onView: (view: ViewName) => void;
  onFilter: (filter: Filter) => void;
  onOpen: (id: Id) => void;
  onPresence: (status: 'available' | 'away') => void;
};

export function Inbox({
  view,
  filter,
  selected,
  onView,
  onFilter,
  onOpen,
  onPresence,
}: InboxProps) {
  const { t } = useWords();
  const hub = useHub();
  const list = useFound(view, filter);
  const held = useHeldList(list.ids, `${view}?${filter.q}&${filter.status}`, selected);
  const search = useRef<HTMLInputElement>(null);
  const { density } = usePreferences();

  const walk = useCallback(
    (id: Id | undefined) => {
      if (id === undefined) return;
      performance.mark('walk');
      held.walked();
      onOpen(id);
    },
    [held, onOpen],
  );
  const step = (by: 1 | -1) => {
    const target = neighbour(held.shown, selected, by);
    walk(target);
    const ahead = target === undefined ? undefined : neighbour(held.shown, target, by);
    if (ahead !== undefined) afterPaint(() => hub.threads.preload(ahead));
  };

  useActions([
    {
      id: 'next',
      title: t('keys.next'),
      group: 'lists',
      keys: KEYS.next,
      hidden: true,
      run: () => step(1),
    },
    {
      id: 'previous',
      title: t('keys.previous'),
      group: 'lists',
      keys: KEYS.previous,
      hidden: true,
      run: () => step(-1),
    },
    {
      id: 'search',
      title: t('keys.find'),
      group: 'lists',
      icon: 'search',
      keys: KEYS.search,
      run: () => search.current?.focus(),
    },
  ]);

  return (
    <section className="pane list" aria-label={t('desk.list')}>
      <div className="list-top">
        <div className="row">
          <SearchField ref={search} q={filter.q} onSearch={(q) => onFilter({ ...filter, q })} />
          <button
            type="button"
            className="btn icon"
            aria-pressed={filter.status === 'ended'}
            aria-label={t('desk.status.ended')}
            title={t('desk.status.ended')}
            onClick={() =>
              onFilter({ ...filter, status: filter.status === 'ended' ? 'open' : 'ended' })
            }
          >
            <Icon name="history" />
          </button>
        </div>
        <div className="views" role="tablist" aria-label={t('desk.list')}>
          {VIEWS.map((name) => (
            <ViewTab
              key={name}
              name={name}
              on={name === view && filter.q === ''}
              onPick={() => onView(name)}
            />
          ))}
        </div>
      </div>
      <div className="sortbar">
        {held.arrived > 0 ? (
          <button type="button" className="held" onClick={held.release}>
            <Icon name="arrow-up" size={14} /> {t('desk.held', { count: held.arrived })}
          </button>
        ) : (
          <>
            <span className="cut">{t(`desk.sort.${sortOf(view, filter)}`)}</span>
            <button
              type="button"
              className="linklike faint sm"
              onClick={() =>
                preferences.set({ density: density === 'compact' ? 'comfortable' : 'compact' })
              }
            >
              {t(`desk.density.${density}`)} <Icon name="down" size={14} />
            </button>
          </>
        )}
      </div>
      {list.first ? (
        <Loading />
      ) : list.failed ? (
        <StatePanel icon="warn" title={t('desk.error')} text={t('desk.error_why')}>
          <button type="button" className="btn" onClick={list.retry}>
            <Icon name="refresh" /> {t('common.retry')}
          </button>
        </StatePanel>
      ) : held.shown.length === 0 ? (
        <Empty view={view} filter={filter} onView={onView} onPresence={onPresence} />
      ) : (
        <Rows
          ids={held.shown}
          count={Math.max(list.count, held.shown.length)}
          selected={selected}
          aim={held.aim}
          onOpen={onOpen}
          onWalk={walk}
          onNearEnd={list.more}
        />
      )}
    </section>
  );
}

function sortOf(view: ViewName, filter: Filter): 'found' | 'longest' | 'newest' {
  if (filter.q !== '') return 'found';
  return view === 'waiting' && isPushed(filter) ? 'longest' : 'newest';
}

function ViewTab({ name, on, onPick }: { name: ViewName; on: boolean; onPick: () => void }) {
  const { t } = useWords();
  const { count } = useView(name);
  return (
    <button
      type="button"
      role="tab"
      aria-selected={on}
      className={on ? 'view is-on' : 'view'}
      onClick={onPick}
    >
      <span>{t(`desk.views.${name}`)}</span>
      <span className="num">{count}</span>
    </button>
  );
}

type SearchFieldProps = {
  ref: React.Ref<HTMLInputElement>;
  q: string;
  onSearch: (q: string) => void;
};

/** Waits until the writer pauses, and never searches for half a syllable. */
function SearchField({ ref, q, onSearch }: SearchFieldProps) {
  const { t } = useWords();
  const [text, setText] = useState(q);
  const [shown, setShown] = useState(q);
  const composing = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (shown !== q) {
    setShown(q);
    setText(q);
  }
  const later = (value: string) => {
    clearTimeout(timer.current);
    if (composing.current) return;
    timer.current = setTimeout(() => onSearch(value.trim()), 220);
  };
  return (
    <div className="field grow">
      <Icon name="search" />
      <input
        ref={ref}
        type="search"
        value={text}
        aria-label={t('desk.find')}
        placeholder={t('desk.find')}
        onCompositionStart={() => (composing.current = true)}
        onCompositionEnd={(event) => {
          composing.current = false;
          later(event.currentTarget.value);
        }}
        onChange={(event) => {
          setText(event.currentTarget.value);
          later(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
          clearTimeout(timer.current);
          setText('');
          onSearch('');
        }}
      />
      {text === '' ? (
        <KeyHint shortcut={KEYS.palette[0]} />
      ) : (
        <button
          type="button"
          className="clear"
          aria-label={t('desk.clear_search')}
          onClick={() => onSearch('')}
        >
          <Icon name="x" size={14} />
        </button>
      )}
    </div>
  );
}

/** The skeleton of the list; after three seconds it says why. */
function Loading() {
  const { t } = useWords();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 3000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="rows">
      <SkeletonRows rows={9} label={t('app.loading')} />
      {slow && <p className="sm faint slow">{t('desk.slow')}</p>}
    </div>
  );
}

type EmptyProps = Pick<InboxProps, 'view' | 'filter' | 'onView' | 'onPresence'>;

function Empty({ view, filter, onView, onPresence }: EmptyProps) {
  const { t } = useWords();
  const { painted } = useConnection();
  const me = useGround()?.me.id ?? '';
  const presence = useLive('presence', me);
  const waiting = useView('waiting').count;
  if (!painted) return <Loading />;
  if (filter.q !== '') {
    return (
      <StatePanel
        icon="search"
        title={t('desk.empty.find', { q: filter.q })}
        text={t('desk.empty.search_why')}
      />
    );
  }
  if (view === 'waiting') {
    return <StatePanel title={t('desk.empty.waiting')} text={t('desk.empty.waiting_why')} />;
  }
  if (view === 'all')
    return <StatePanel title={t('desk.empty.all')} text={t('desk.empty.all_why')} />;
  const available = presence?.status === 'available';
  return (
    <StatePanel
      title={t('desk.empty.mine')}
      text={available ? t('desk.empty.mine_available') : t('desk.empty.mine_away')}
    >
      {!available && (
        <button type="button" className="btn primary" onClick={() => onPresence('available')}>
          {t('desk.empty.go_available')}
        </button>
      )}
      <button
        type="button"
        className={available ? 'btn primary' : 'btn'}
        onClick={() => onView('waiting')}
      >
        {t('desk.empty.see_waiting', { count: waiting })}
      </button>
      {available && (
        <button type="button" className="btn" onClick={() => onPresence('away')}>
          <Icon name="cup" /> {t('desk.empty.take_break')}
        </button>
      )}
    </StatePanel>
  );
}
