/** The frame of an administration list: title, what it is for, loading, failure, a lost line, emptiness. */
import type { ReactNode } from 'react';

import { Icon } from '@/ui/icons';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { useWords } from '@/workbench/parts';

import type { AdminList } from './useAdmin';

type ListingProps<T> = {
  title: string;
  why?: string;
  list: AdminList<T>;
  /** Beside the title; how many there are unless said otherwise. */
  count?: string;
  add?: { label: string; run: () => void };
  empty?: { title: string; text: string };
  children: [(items: readonly T[]) => ReactNode, ReactNode] | ((items: readonly T[]) => ReactNode);
};

export function Listing<T>({ title, why, list, count, add, empty, children }: ListingProps<T>) {
  const { t } = useWords();
  const [draw, more] = Array.isArray(children) ? children : [children, null];
  const { items } = list;
  const shown = count ?? (items === undefined ? '' : `${items.length}${list.more ? '+' : ''}`);
  return (
    <div className="admin-body">
      <header className="admin-head">
        <h1>{title}</h1>
        {items !== undefined && <span className="muted num">{shown}</span>}
        <span className="grow" />
        {add !== undefined && (
          <button type="button" className="btn primary" onClick={add.run}>
            <Icon name="plus" /> {add.label}
          </button>
        )}
      </header>
      {why !== undefined && <p className="muted li run admin-why">{why}</p>}
      {items !== undefined && list.failed && (
        <p className="row sm t-warn admin-stale" role="status">
          <Icon name="offline" size={14} /> {t('admin.stale')}
          <button type="button" className="linklike" onClick={list.retry}>
            {t('common.retry')}
          </button>
        </p>
      )}
      {list.state === 'loading' && <SkeletonRows label={t('app.loading')} rows={5} />}
      {(list.state === 'error' || list.state === 'offline') && (
        <StatePanel
          icon={list.state === 'offline' ? 'offline' : 'warn'}
          title={list.state === 'offline' ? t('admin.offline') : t('desk.error')}
          text={list.state === 'offline' ? t('admin.offline_why') : t('desk.error_why')}
        >
          <button type="button" className="btn" onClick={list.retry}>
            {t('common.retry')}
          </button>
        </StatePanel>
      )}
      {items !== undefined &&
        (items.length === 0 && empty !== undefined ? (
          <StatePanel icon="ok" title={empty.title} text={empty.text} />
        ) : (
          draw(items)
        ))}
      {list.more !== null && (
        <div className="admin-more">
          <button type="button" className="btn" onClick={list.more}>
            {t('common.load_more')}
          </button>
        </div>
      )}
      {more}
    </div>
  );
}
