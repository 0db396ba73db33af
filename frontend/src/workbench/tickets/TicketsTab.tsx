/** The customer's tickets beside the conversation: see, open, link, change. */
import { Link } from '@tanstack/react-router';
import { useState, type SubmitEvent } from 'react';

import type { Conversation, Customer, Id, Priority, Ticket } from '@/domain/entities';
import { useEntity, useGround } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { Skeleton } from '@/ui/Skeleton';
import { useWords } from '@/workbench/parts';

import { TicketChip } from './TicketChip';
import { PRIORITIES, TicketFields } from './TicketFields';
import { useCustomerTickets, useTicketCommands } from './useTickets';

type TicketsTabProps = { conversation: Conversation; brief?: boolean; onMore?: () => void };

const BRIEF = 3;

export function TicketsTab({ conversation, brief = false, onMore }: TicketsTabProps) {
  const { t } = useWords();
  const [opening, setOpening] = useState(false);
  const customer = useEntity('customer', conversation.customer.id);
  const stamp = `${conversation.ticket_ids.join()}${customer?.open_tickets ?? ''}`;
  const tickets = useCustomerTickets(conversation.customer.id, stamp);
  const ids = [...new Set([...conversation.ticket_ids, ...(tickets.data ?? [])])];
  const shown = brief ? ids.slice(0, BRIEF) : ids;
  const startOpening = () => (brief ? onMore?.() : setOpening(true));
  return (
    <div className="sec">
      <div className="sec-h">
        <span>{t('customer.tabs.tickets')}</span>
        <span className="grow" />
        {!opening && (
          <button type="button" className="linklike" onClick={startOpening}>
            <Icon name="plus" size={14} /> {t('tickets.new')}
          </button>
        )}
      </div>
      {!brief && (opening || (tickets.isSuccess && ids.length === 0)) && (
        <NewTicketForm conversation={conversation} onDone={() => setOpening(false)} />
      )}
      {tickets.isPending && <Skeleton width="70%" />}
      {tickets.isSuccess && ids.length === 0 && (
        <p className="sm faint">{brief ? t('tickets.none_here') : t('tickets.none_here_why')}</p>
      )}
      {shown.map((id) => (
        <TicketLine key={id} id={id} conversation={conversation} detailed={!brief} />
      ))}
      {brief && ids.length > BRIEF && (
        <button type="button" className="linklike sm" onClick={onMore}>
          {t('customer.timeline_all', { count: ids.length })}
        </button>
      )}
    </div>
  );
}

type TicketLineProps = { id: Id; conversation: Conversation; detailed: boolean };

function TicketLine({ id, conversation, detailed }: TicketLineProps) {
  const { t } = useWords();
  const ticket = useEntity('ticket', id, true);
  const commands = useTicketCommands();
  if (ticket === undefined) return null;
  const linked =
    ticket.conversation_ids.includes(conversation.id) || conversation.ticket_ids.includes(id);
  return (
    <div className={detailed ? 'tk-card' : undefined}>
      <div className="tk">
        <Link to="/tickets/$id" params={{ id }} className="faint num sm tk-no">
          T-{ticket.number}
        </Link>
        <bdi className="cut grow">{ticket.subject}</bdi>
        <TicketChip status={ticket.status} />
      </div>
      {detailed && (
        <>
          <TicketFields ticket={ticket} />
          <div className="row sm">
            {linked ? (
              <>
                <span className="row t-ok" style={{ gap: 4 }}>
                  <Icon name="link" size={14} /> {t('tickets.linked_here')}
                </span>
                <span className="grow" />
                <button
                  type="button"
                  className="linklike"
                  onClick={() => void commands.unlink(id, conversation.id)}
                >
                  {t('tickets.unlink')}
                </button>
              </>
            ) : (
              <button
                type="button"
                className="btn sm"
                onClick={() => void commands.link(id, conversation.id)}
              >
                <Icon name="link" size={14} /> {t('tickets.link_here')}
              </button>
            )}
          </div>
        </>
      )}
    </div>
  );
}

function NewTicketForm({
  conversation,
  onDone,
}: {
  conversation: Conversation;
  onDone: () => void;
}) {
  const { t } = useWords();
  const me = useGround()?.me;
  const { open } = useTicketCommands();
  const [subject, setSubject] = useState(
    conversation.subject ?? conversation.preview?.text.slice(0, 80) ?? '',
  );
  const [priority, setPriority] = useState<Priority>('normal');
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (subject.trim() === '') return;
    setBusy(true);
    const kept = await open({
      subject: subject.trim(),
      conversation_id: conversation.id,
      requester_id: conversation.customer.id,
      priority,
      ...(me === undefined ? {} : { assignee_id: me.id }),
    });
    setBusy(false);
    if (kept !== undefined) onDone();
  };
  return (
    <form className="tk-new" onSubmit={(event) => void submit(event)}>
      <input
        // eslint-disable-next-line jsx-a11y/no-autofocus -- it appears because its button was pressed
        autoFocus
        className="input"
        aria-label={t('tickets.subject')}
        placeholder={t('tickets.subject')}
        value={subject}
        onChange={(event) => setSubject(event.currentTarget.value)}
      />
      <div className="row">
        <select
          className="input"
          aria-label={t('tickets.priority')}
          value={priority}
          onChange={(event) =>
            setPriority(PRIORITIES.find((one) => one === event.currentTarget.value) ?? 'normal')
          }
        >
          {PRIORITIES.map((one) => (
            <option key={one} value={one}>
              {t(`tickets.priorities.${one}`)}
            </option>
          ))}
        </select>
        <button type="submit" className="btn primary" disabled={busy || subject.trim() === ''}>
          {t('tickets.create')}
        </button>
        <button type="button" className="btn" onClick={onDone}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}

/** On the customer's own page. */
export function CustomerTickets({ customer }: { customer: Customer }) {
  const { t } = useWords();
  const tickets = useCustomerTickets(customer.id, customer.open_tickets);
  return (
    <div className="sec">
      <div className="sec-h">{t('customer.tickets')}</div>
      {tickets.isSuccess && tickets.data.length === 0 && (
        <p className="sm faint">{t('tickets.none_here')}</p>
      )}
      {(tickets.data ?? []).map((id) => (
        <PlainTicket key={id} id={id} />
      ))}
    </div>
  );
}

function PlainTicket({ id }: { id: Id }) {
  const ticket: Ticket | undefined = useEntity('ticket', id, true);
  if (ticket === undefined) return null;
  return (
    <div className="tk">
      <Link to="/tickets/$id" params={{ id }} className="faint num sm tk-no">
        T-{ticket.number}
      </Link>
      <bdi className="cut grow">{ticket.subject}</bdi>
      <TicketChip status={ticket.status} />
    </div>
  );
}
