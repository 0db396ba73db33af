/** Status, priority and assignee of a ticket, each changed on the spot. */
import { useMemo } from 'react';

import type { Priority, Ticket, TicketStatus } from '@/domain/entities';
import { byName } from '@/i18n/format';
import { useAll } from '@/sync-react';
import { useWords } from '@/workbench/parts';

import { useTicketCommands } from './useTickets';

export const STATUSES: readonly TicketStatus[] = [
  'new',
  'open',
  'pending',
  'on_hold',
  'solved',
  'closed',
];
export const PRIORITIES: readonly Priority[] = ['low', 'normal', 'high', 'urgent'];

export function useAssignees() {
  const agents = useAll('agent');
  return useMemo(() => agents.filter((agent) => !agent.disabled).sort(byName), [agents]);
}

export function TicketFields({ ticket }: { ticket: Ticket }) {
  const { t } = useWords();
  const { change } = useTicketCommands();
  const agents = useAssignees();
  return (
    <div className="tk-fields">
      <label className="fieldset">
        <span className="label">{t('tickets.status')}</span>
        <select
          className="input"
          value={ticket.status}
          onChange={(event) => {
            const status = STATUSES.find((one) => one === event.currentTarget.value);
            if (status !== undefined) void change(ticket, { status });
          }}
        >
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {t(`tickets.statuses.${status}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="fieldset">
        <span className="label">{t('tickets.priority')}</span>
        <select
          className="input"
          value={ticket.priority}
          onChange={(event) => {
            const priority = PRIORITIES.find((one) => one === event.currentTarget.value);
            if (priority !== undefined) void change(ticket, { priority });
          }}
        >
          {PRIORITIES.map((priority) => (
            <option key={priority} value={priority}>
              {t(`tickets.priorities.${priority}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="fieldset">
        <span className="label">{t('tickets.assignee')}</span>
        <select
          className="input"
          value={ticket.assignee_id ?? ''}
          onChange={(event) => {
            const id = event.currentTarget.value;
            void change(ticket, { assignee_id: id === '' ? null : id });
          }}
        >
          <option value="">{t('tickets.unassigned')}</option>
          {agents.map((agent) => (
            <option key={agent.id} value={agent.id}>
              {agent.name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
