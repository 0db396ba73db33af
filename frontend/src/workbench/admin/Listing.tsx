/** The frame of an administration list: title, what it is for, loading, failure, emptiness. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { Icon } from '@/ui/icons';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { useWords } from '@/workbench/parts';

type ListingProps<T> = {
  title: string;
  why?: string;
  query: UseQueryResult<T[]>;
  add?: { label: string; run: () => void };
  empty?: { title: string; text: string };
  children: [(items: T[]) => ReactNode, ReactNode] | ((items: T[]) => ReactNode);
};

export function Listing<T>({ title, why, query, add, empty, children }: ListingProps<T>) {
  const { t } = useWords();
  const [draw, more] = Array.isArray(children) ? children : [children, null];
  return (
    <div className="admin-body">
      <header className="admin-head">
        <h1>{title}</h1>
        {query.data !== undefined && <span className="muted num">{query.data.length}</span>}
        <span className="grow" />
        {add !== undefined && (
          <button type="button" className="btn primary" onClick={add.run}>
            <Icon name="plus" /> {add.label}
          </button>
        )}
      </header>
      {why !== undefined && <p className="muted li run admin-why">{why}</p>}
      {query.isPending ? (
        <SkeletonRows label={t('app.loading')} rows={5} />
      ) : query.isError ? (
        <StatePanel icon="warn" title={t('desk.error')} text={t('desk.error_why')}>
          <button type="button" className="btn" onClick={() => void query.refetch()}>
            {t('common.retry')}
          </button>
        </StatePanel>
      ) : query.data.length === 0 && empty !== undefined ? (
        <StatePanel icon="ok" title={empty.title} text={empty.text} />
      ) : (
        draw(query.data)
      )}
      {more}
    </div>
  );
}
