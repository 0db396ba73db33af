/** The list of customers, and the page of one. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import type { Customer, Id, Page } from '@/domain/entities';
import { dateOf } from '@/i18n/format';
import { useEntity, useHub, useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { Avatar, useWords } from '@/workbench/parts';
import { CustomerTickets } from '@/workbench/tickets';

import { CustomerCard, CustomerNote } from './CustomerCard';
import { Timeline } from './Timeline';
import { useTimeline } from './useTimeline';

import './customer.css';

type ListProps = { q: string; onSearch: (q: string) => void };

export function CustomersPage({ q, onSearch }: ListProps) {
  const { t, language } = useWords();
  const hub = useHub();
  const navigate = useNavigate();
  const now = useServerNow(60_000);
  const [text, setText] = useState(q);
  const found = useInfiniteQuery({
    queryKey: ['customers', q],
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    // Not for the store: a list counts neither conversations nor tickets.
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ limit: '50' });
      if (q !== '') asked.set('q', q);
      if (pageParam !== null) asked.set('cursor', pageParam);
      return hub.read<Page<Customer>>(`/api/customers?${asked}`, signal);
    },
    getNextPageParam: (page) => page.next,
  });
  const customers = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <main className="sheet">
      <header className="head">
        <h1>{t('customer.list')}</h1>
        <span className="grow" />
        <form
          className="field sheet-search"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            onSearch(text.trim());
          }}
        >
          <Icon name="search" />
          <input
            type="search"
            aria-label={t('customer.find')}
            placeholder={t('customer.find')}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </form>
      </header>
      <div className="sheet-body">
        {found.isPending ? (
          <SkeletonRows label={t('app.loading')} />
        ) : found.isError ? (
          <StatePanel icon="warn" title={t('desk.error')} text={t('desk.error_why')}>
            <button type="button" className="btn" onClick={() => void found.refetch()}>
              {t('common.retry')}
            </button>
          </StatePanel>
        ) : customers.length === 0 ? (
          <StatePanel icon="users" title={t('customer.empty')} text={t('customer.empty_why')} />
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th>{t('customer.name')}</th>
                <th>{t('customer.identities')}</th>
                <th className="only-wide">{t('customer.tags')}</th>
                <th className="r only-wide">{t('customer.last')}</th>
              </tr>
            </thead>
            <tbody>
              {customers.map((customer) => (
                <tr
                  key={customer.id}
                  className="go"
                  onClick={() =>
                    void navigate({ to: '/customers/$id', params: { id: customer.id } })
                  }
                >
                  <td>
                    <span className="row">
                      <Avatar name={customer.name} size="sm" />
                      <Link to="/customers/$id" params={{ id: customer.id }} className="m">
                        <bdi>{customer.name}</bdi>
                      </Link>
                      {customer.vip && <span className="chip vip">{t('desk.vip')}</span>}
                    </span>
                  </td>
                  <td className="muted">
                    <bdi>
                      {customer.identities.find((one) => one.kind !== 'chat')?.address ??
                        t('channels.visitor')}
                    </bdi>
                  </td>
                  <td className="only-wide">
                    <span className="row">
                      {customer.tags.slice(0, 3).map((tag) => (
                        <span key={tag} className="chip">
                          {tag}
                        </span>
                      ))}
                    </span>
                  </td>
                  <td className="r only-wide muted">
                    {dateOf(customer.created_at, now, language)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {found.hasNextPage && (
          <div className="sheet-more">
            <button type="button" className="btn" onClick={() => void found.fetchNextPage()}>
              {t('common.load_more')}
            </button>
          </div>
        )}
      </div>
    </main>
  );
}

export function CustomerPage({ id }: { id: Id }) {
  const { t } = useWords();
  const customer = useEntity('customer', id, true);
  const timeline = useTimeline(id, customer?.conversations);
  return (
    <main className="sheet">
      <header className="head">
        <Link to="/customers" className="btn quiet icon" aria-label={t('common.back')}>
          <Icon name="left" size={18} />
        </Link>
        <h1>
          <bdi>{customer?.name}</bdi>
        </h1>
      </header>
      {customer === undefined ? (
        <SkeletonRows label={t('app.loading')} rows={4} />
      ) : (
        <div className="people-page">
          <div className="card">
            <CustomerCard customer={customer} />
            <CustomerNote customer={customer} />
            <CustomerTickets customer={customer} />
          </div>
          <div className="card">
            <div className="sec">
              <div className="sec-h">{t('customer.timeline')}</div>
              <Timeline moments={timeline.moments} loading={timeline.loading} />
              {timeline.more !== null && (
                <button type="button" className="linklike sm" onClick={timeline.more}>
                  {t('common.load_more')}
                </button>
              )}
            </div>
          </div>
        </div>
      )}
    </main>
  );
}
