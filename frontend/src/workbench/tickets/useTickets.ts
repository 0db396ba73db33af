/** Reading and changing tickets. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

import type { Id, Page, Ticket } from '@/domain/entities';
import { Refused } from '@/sync';
import { useHub } from '@/sync-react';
import { toast } from '@/ui/toasts';
import { problemOf, useWords } from '@/workbench/parts';

/** The tickets of one customer; asked again when `stamp` changes. */
export function useCustomerTickets(customer: Id, stamp: unknown) {
  const hub = useHub();
  return useQuery({
    queryKey: ['tickets', 'of', customer, stamp],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const page = await hub.read<Page<Ticket>>(`/api/tickets?requester=${customer}`, signal);
      hub.store.put('ticket', page.items);
      return page.items.map(({ id }) => id);
    },
  });
}

export type TicketChange = Partial<Pick<Ticket, 'status' | 'priority' | 'assignee_id' | 'subject'>>;
export type NewTicket = {
  subject: string;
  conversation_id?: Id;
  requester_id?: Id;
  priority?: Ticket['priority'];
  assignee_id?: Id;
};

export function useTicketCommands(): {
  open: (ticket: NewTicket) => Promise<Ticket | undefined>;
  change: (ticket: Ticket, fields: TicketChange) => Promise<boolean>;
  link: (ticket: Id, conversation: Id) => Promise<boolean>;
  unlink: (ticket: Id, conversation: Id) => Promise<boolean>;
} {
  const hub = useHub();
  const { t } = useWords();
  const queries = useQueryClient();
  const fail = useCallback(
    (error: unknown) => {
      const stale = error instanceof Refused && error.code === 'stale_rev';
      toast({
        text: stale ? t('tickets.changed_elsewhere') : problemOf(error, t),
        tone: stale ? 'warn' : 'bad',
      });
    },
    [t],
  );
  const refresh = () => void queries.invalidateQueries({ queryKey: ['tickets'] });
  const tie = async (method: 'POST' | 'DELETE', ticket: Id, conversation: Id) => {
    const path = `/api/tickets/${ticket}/conversations`;
    try {
      await hub.command(
        method === 'POST'
          ? { method, path, body: { conversation_id: conversation }, lane: ticket }
          : { method, path: `${path}/${conversation}`, lane: ticket },
      );
      refresh();
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  };
  return {
    open: async (ticket) => {
      try {
        const kept = await hub.command<Ticket>({
          method: 'POST',
          path: '/api/tickets',
          body: ticket,
        });
        hub.store.put('ticket', [kept]);
        refresh();
        toast({ text: t('tickets.created_toast', { number: `T-${kept.number}` }), tone: 'ok' });
        return kept;
      } catch (error) {
        fail(error);
        return undefined;
      }
    },
    change: async (ticket, fields) => {
      try {
        const kept = await hub.command<Ticket>({
          method: 'PATCH',
          path: `/api/tickets/${ticket.id}`,
          body: { ...fields, if_rev: ticket.rev },
          lane: ticket.id,
          optimism: [{ entity: 'ticket', id: ticket.id, patch: fields }],
        });
        hub.store.put('ticket', [kept]);
        return true;
      } catch (error) {
        fail(error);
        return false;
      }
    },
    link: (ticket, conversation) => tie('POST', ticket, conversation),
    unlink: (ticket, conversation) => tie('DELETE', ticket, conversation),
  };
}
