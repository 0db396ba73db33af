/** The customer of the conversation at hand. */
import type { Conversation } from '@/domain/entities';
import { useEntity } from '@/sync-react';
import { Skeleton } from '@/ui/Skeleton';
import { useWords } from '@/workbench/parts';

import { CustomerCard, CustomerNote } from './CustomerCard';
import { Timeline } from './Timeline';
import { useTimeline } from './useTimeline';

const KIND_OF_CHANNEL: Record<string, string> = { sms: 'phone' };

export function CustomerTab({ conversation }: { conversation: Conversation }) {
  const customer = useEntity('customer', conversation.customer.id, true);
  if (customer === undefined) return <CustomerSkeleton />;
  return (
    <>
      <CustomerCard
        customer={customer}
        now={KIND_OF_CHANNEL[conversation.channel] ?? conversation.channel}
      />
      <CustomerNote key={customer.id} customer={customer} />
      <CustomerTimeline conversation={conversation} count={customer.conversations} />
    </>
  );
}

function CustomerTimeline({ conversation, count }: { conversation: Conversation; count: number }) {
  const { t } = useWords();
  const stamp = `${conversation.status}${conversation.ticket_ids.length}${count}`;
  const timeline = useTimeline(conversation.customer.id, stamp);
  return (
    <div className="sec">
      <div className="sec-h">
        <span>{t('customer.timeline')}</span>
        <span className="grow" />
        {timeline.more !== null && (
          <button type="button" className="linklike" onClick={timeline.more}>
            {t('common.load_more')}
          </button>
        )}
      </div>
      <Timeline moments={timeline.moments} loading={timeline.loading} current={conversation.id} />
    </div>
  );
}

function CustomerSkeleton() {
  const { t } = useWords();
  return (
    <div className="sec" role="status" aria-label={t('app.loading')}>
      <div className="row cust-head">
        <Skeleton width={44} height={44} />
        <div className="col grow" style={{ gap: 8 }}>
          <Skeleton width="60%" />
          <Skeleton width="40%" />
        </div>
      </div>
      <div className="col" style={{ gap: 10, marginTop: 14 }}>
        <Skeleton width="70%" />
        <Skeleton width="50%" />
      </div>
    </div>
  );
}
