/** The list of tickets, and the page of one. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import type { Id, Page, Ticket, TicketStatus } from '@/domain/entities';
import { fullMomentOf, momentOf } from '@/i18n/format';
import { useEntity, useGround, useHub, useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { Avatar, ChannelIcon, useWords } from '@/workbench/parts';

import { PriorityMark, TicketChip } from './TicketChip';
import { STATUSES, TicketFields } from './TicketFields';
import { useTicketCommands } from './useTickets';

import './tickets.css';

export type TicketFilter = { q?: string; status?: TicketStatus; assignee?: 'me' };

type TicketsPageProps = { filter: TicketFilter; onFilter: (filter: TicketFilter) => void };

export function TicketsPage({ filter, onFilter }: TicketsPageProps) {
  const { t } = useWords();
  const hub = useHub();
  const me = useGround()?.me.id;
  const [text, setText] = useState(filter.q ?? '');
  const found = useInfiniteQuery({
    queryKey: ['tickets', 'list', filter, me],
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ limit: '100' });
      if (filter.q !== undefined) asked.set('q', filter.q);
      if (filter.status !== undefined) asked.set('status', filter.status);
      if (filter.assignee === 'me' && me !== undefined) asked.set('assignee', me);
      if (pageParam !== null) asked.set('cursor', pageParam);
      const page = await hub.read<Page<Ticket>>(`/api/tickets?${asked}`, signal);
      hub.store.put('ticket', page.items);
      return { ids: page.items.map(({ id }) => id), next: page.next };
    },
    getNextPageParam: (page) => page.next,
  });
  const ids = found.data?.pages.flatMap((page) => page.ids) ?? [];
  return (
    <main className="sheet">
      <header className="head">
        <h1>{t('tickets.title')}</h1>
        <div className="filters grow">
          <div className="tabs" role="group" aria-label={t('tickets.assignee')}>
            <button
              type="button"
              className={filter.assignee === undefined ? 'tab-i is-on' : 'tab-i'}
              aria-pressed={filter.assignee === undefined}
              onClick={() => {
                const { assignee: _, ...rest } = filter;
                onFilter(rest);
              }}
            >
              {t('tickets.everybody')}
            </button>
            <button
              type="button"
              className={filter.assignee === 'me' ? 'tab-i is-on' : 'tab-i'}
              aria-pressed={filter.assignee === 'me'}
              onClick={() => onFilter({ ...filter, assignee: 'me' })}
            >
              {t('tickets.mine')}
            </button>
          </div>
          <select
            className="input"
            aria-label={t('tickets.status')}
            value={filter.status ?? ''}
            onChange={(event) => {
              const { status: _, ...rest } = filter;
              const status = STATUSES.find((one) => one === event.currentTarget.value);
              onFilter(status === undefined ? rest : { ...rest, status });
            }}
          >
            <option value="">{t('tickets.status')}</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {t(`tickets.statuses.${status}`)}
              </option>
            ))}
          </select>
        </div>
        <form
          className="field sheet-search"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            const { q: _, ...rest } = filter;
            onFilter(text.trim() === '' ? rest : { ...rest, q: text.trim() });
          }}
        >
          <Icon name="search" />
          <input
            type="search"
            aria-label={t('tickets.find')}
            placeholder={t('tickets.find')}
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
        ) : ids.length === 0 ? (
          <StatePanel icon="ticket" title={t('tickets.empty')} text={t('tickets.empty_why')} />
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th>{t('tickets.number')}</th>
                <th>{t('tickets.subject')}</th>
                <th>{t('tickets.status')}</th>
                <th className="only-wide">{t('tickets.priority')}</th>
                <th className="only-wide">{t('tickets.requester')}</th>
                <th className="only-wide">{t('tickets.assignee')}</th>
                <th className="r only-wide">{t('tickets.updated')}</th>
              </tr>
            </thead>
            <tbody>
              {ids.map((id) => (
                <TicketRow key={id} id={id} />
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

function TicketRow({ id }: { id: Id }) {
  const { t, language } = useWords();
  const navigate = useNavigate();
  const ticket = useEntity('ticket', id);
  const assignee = useEntity('agent', ticket?.assignee_id);
  const now = useServerNow(60_000);
  if (ticket === undefined) return null;
  return (
    <tr className="go" onClick={() => void navigate({ to: '/tickets/$id', params: { id } })}>
      <td className="num faint">T-{ticket.number}</td>
      <td>
        <Link to="/tickets/$id" params={{ id }} className="m">
          <bdi>{ticket.subject}</bdi>
        </Link>
      </td>
      <td>
        <TicketChip status={ticket.status} />
      </td>
      <td className="only-wide">
        <PriorityMark priority={ticket.priority} />
      </td>
      <td className="only-wide">
        <bdi>{ticket.requester.name}</bdi>
      </td>
      <td className="only-wide">
        {assignee === undefined ? (
          <span className="faint">{t('tickets.unassigned')}</span>
        ) : (
          <span className="row">
            <Avatar name={assignee.name} size="sm" />
            {assignee.name}
          </span>
        )}
      </td>
      <td className="r only-wide muted" title={fullMomentOf(ticket.updated_at, language)}>
        {momentOf(ticket.updated_at, now, language)}
      </td>
    </tr>
  );
}

export function TicketPage({ id }: { id: Id }) {
  const { t, language } = useWords();
  const ticket = useEntity('ticket', id, true);
  const now = useServerNow(60_000);
  const { change } = useTicketCommands();
  return (
    <main className="sheet">
      <header className="head">
        <Link to="/tickets" className="btn quiet icon" aria-label={t('common.back')}>
          <Icon name="left" size={18} />
        </Link>
        <h1 className="num">{ticket === undefined ? t('tickets.title') : `T-${ticket.number}`}</h1>
        {ticket !== undefined && <TicketChip status={ticket.status} />}
        {ticket !== undefined && <PriorityMark priority={ticket.priority} />}
      </header>
      {ticket === undefined ? (
        <SkeletonRows label={t('app.loading')} rows={3} />
      ) : (
        <div className="ticket-page">
          <div className="col" style={{ gap: 16 }}>
            <Subject
              key={ticket.rev}
              ticket={ticket}
              onChange={(subject) => void change(ticket, { subject })}
            />
            <div className="card">
              <div className="sec">
                <div className="sec-h">{t('tickets.conversations')}</div>
                {ticket.conversation_ids.length === 0 && (
                  <p className="sm faint">{t('tickets.no_conversations')}</p>
                )}
                <ul className="tl">
                  {ticket.conversation_ids.map((conversation) => (
                    <LinkedConversation key={conversation} id={conversation} ticket={id} />
                  ))}
                </ul>
              </div>
            </div>
          </div>
          <div className="card">
            <div className="sec">
              <TicketFields ticket={ticket} />
            </div>
            <div className="sec">
              <dl className="kv">
                <dt>{t('tickets.requester')}</dt>
                <dd>
                  <Link to="/customers/$id" params={{ id: ticket.requester.id }}>
                    <bdi>{ticket.requester.name}</bdi>
                  </Link>
                </dd>
                <dt>{t('tickets.created')}</dt>
                <dd>{momentOf(ticket.created_at, now, language)}</dd>
                <dt>{t('tickets.updated')}</dt>
                <dd>{momentOf(ticket.updated_at, now, language)}</dd>
                {ticket.solved_at !== null && (
                  <>
                    <dt>{t('tickets.statuses.solved')}</dt>
                    <dd>{momentOf(ticket.solved_at, now, language)}</dd>
                  </>
                )}
              </dl>
            </div>
          </div>
        </div>
      )}
    </main>
  );
}

function Subject({ ticket, onChange }: { ticket: Ticket; onChange: (subject: string) => void }) {
  const { t } = useWords();
  const [text, setText] = useState(ticket.subject);
  return (
    <input
      className="ticket-subject"
      aria-label={t('tickets.subject')}
      value={text}
      dir="auto"
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => {
        if (text.trim() !== '' && text !== ticket.subject) onChange(text.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) event.currentTarget.blur();
      }}
    />
  );
}

function LinkedConversation({ id, ticket }: { id: Id; ticket: Id }) {
  const { t, language } = useWords();
  const conversation = useEntity('conversation', id, true);
  const now = useServerNow(60_000);
  const { unlink } = useTicketCommands();
  const hub = useHub();
  useEffect(() => {
    hub.store.want('conversation', id).catch(() => undefined); // the banner tells of a lost line
  }, [hub, id]);
  if (conversation === undefined) return null;
  return (
    <li>
      <ChannelIcon channel={conversation.channel} size={16} />
      <Link
        to="/desk/$view/{-$conversation}"
        params={{ view: 'all', conversation: id }}
        className="cut plain"
      >
        <span className="num">#{conversation.number} </span>
        <bdi>{conversation.subject ?? conversation.preview?.text}</bdi>
      </Link>
      <span className="row sm faint num">
        {momentOf(conversation.last_message_at, now, language)}
        <button
          type="button"
          className="btn quiet icon sm"
          aria-label={t('tickets.unlink')}
          title={t('tickets.unlink')}
          onClick={() => void unlink(ticket, id)}
        >
          <Icon name="x" size={14} />
        </button>
      </span>
    </li>
  );
}
