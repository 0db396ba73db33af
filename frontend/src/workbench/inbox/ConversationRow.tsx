/** One conversation in the list. Subscribes to its own entity only, so that a change paints one row. */
import { memo } from 'react';

import type { Conversation, Id } from '@/domain/entities';
import { listOf } from '@/i18n/format';
import { useEntity, useGround, useHub, useLive } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { Skeleton } from '@/ui/Skeleton';
import { Avatar, ClockChip, useWords } from '@/workbench/parts';

import { previewOf } from './preview';

/** What the list's option holds. It knows nothing of its place: rows that only move are not drawn again. */
export const ConversationRow = memo(function ConversationRow({ id, selected }: RowProps) {
  const conversation = useEntity('conversation', id);
  const unread = (conversation?.unread ?? 0) > 0;
  return (
    <div className={`item${unread ? ' unread' : ''}${selected ? ' is-on' : ''}`}>
      {conversation === undefined ? <RowSkeleton /> : <RowBody conversation={conversation} />}
    </div>
  );
});

type RowProps = { id: Id; selected: boolean };

function RowSkeleton() {
  return (
    <>
      <Skeleton width={34} height={34} />
      <div className="col" style={{ gap: 9 }}>
        <Skeleton width="42%" />
        <Skeleton width="84%" />
      </div>
    </>
  );
}

function RowBody({ conversation }: { conversation: Conversation }) {
  const { t } = useWords();
  const ground = useGround();
  const customer = useEntity('customer', conversation.customer.id);
  return (
    <>
      <Avatar name={conversation.customer.name} channel={conversation.channel} />
      <div className="col">
        <div className="l1">
          <bdi className="name cut">{conversation.customer.name}</bdi>
          <span className="vh">{t(`channels.${conversation.channel}`)}</span>
          {customer?.vip === true && <span className="chip vip">{t('desk.vip')}</span>}
          <span className="grow" />
          <ClockChip conversation={conversation} />
        </div>
        <div className="l2">
          <span className="cut grow" dir="auto">
            {previewOf(conversation, ground?.me ?? { name: '' }, t)}
          </span>
          <Others conversation={conversation.id} />
          <DraftMark conversation={conversation.id} />
          {conversation.unread > 0 && (
            <span className="count">
              <span aria-hidden="true">
                {conversation.unread > 99 ? '99+' : conversation.unread}
              </span>
              <span className="vh">{t('desk.unread', { count: conversation.unread })}</span>
            </span>
          )}
        </div>
      </div>
    </>
  );
}

/** A colleague who looks at it or writes in it: seen before opening. */
function Others({ conversation }: { conversation: Id }) {
  const { t, language } = useWords();
  const { store } = useHub();
  const me = useGround()?.me.id;
  const viewing = useLive('viewing', conversation);
  const typing = useLive('typing', conversation);
  const writer = typing?.agents.find((agent) => agent.id !== me);
  if (writer !== undefined) {
    const words = writer.mode === 'note' ? 'desk.noting' : 'desk.typing';
    return (
      <span className="viewer writes" title={t(words, { names: writer.name })}>
        <Icon name="pencil" size={12} />
        <span className="vh">{t(words, { names: writer.name })}</span>
      </span>
    );
  }
  const names = (viewing ?? [])
    .filter((agent) => agent !== me)
    .map((agent) => store.get('agent', agent)?.name ?? t('common.unknown_person'));
  const first = names[0];
  if (first === undefined) return null;
  return (
    <Avatar name={first} size="xs" title={t('desk.viewing', { names: listOf(names, language) })} />
  );
}

function DraftMark({ conversation }: { conversation: Id }) {
  const { t } = useWords();
  const reply = useEntity('draft', `${conversation}:reply`);
  const note = useEntity('draft', `${conversation}:note`);
  const kept = [reply, note].some((draft) => draft !== undefined && draft.text.trim() !== '');
  return kept ? <span className="chip note">{t('desk.draft')}</span> : null;
}
