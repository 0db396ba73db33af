/** A ticket's status and priority, in a word and a quiet ground. */
import type { Priority, TicketStatus } from '@/domain/entities';
import { Icon } from '@/ui/icons';
import { useWords } from '@/workbench/parts';

const GROUND: Partial<Record<TicketStatus, string>> = { new: 'accent', open: 'accent', solved: '' };

export function TicketChip({ status }: { status: TicketStatus }) {
  const { t } = useWords();
  return <span className={`chip ${GROUND[status] ?? ''}`}>{t(`tickets.statuses.${status}`)}</span>;
}

export function PriorityMark({ priority }: { priority: Priority }) {
  const { t } = useWords();
  const tone = priority === 'urgent' ? 't-bad' : priority === 'high' ? 't-warn' : 'muted';
  return (
    <span className={`row sm ${tone}`} style={{ gap: 4 }}>
      {priority === 'urgent' && <Icon name="stop" size={12} />}
      {priority === 'high' && <Icon name="warn" size={12} />}
      {t(`tickets.priorities.${priority}`)}
    </span>
  );
}
