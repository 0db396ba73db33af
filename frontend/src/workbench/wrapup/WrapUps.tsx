/** Conversations I have ended and still finish: how long is left, how it ended, done. */
import { useMemo } from 'react';

import type { Conversation, Id } from '@/domain/entities';
import { clockOf, shortNameOf } from '@/i18n/format';
import { useGround, useHub } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { toast } from '@/ui/toasts';
import { PresenceDot, problemOf, useNow, useWords } from '@/workbench/parts';

import './wrapup.css';

export const DISPOSITIONS = ['solved', 'follow_up', 'no_answer', 'spam'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

export function useEndWrapUp(): (conversation: Id, disposition?: Disposition) => Promise<void> {
  const hub = useHub();
  const { t } = useWords();
  return async (conversation, disposition) => {
    try {
      await hub.command({
        method: 'POST',
        path: `/api/wrap-up/${conversation}/end`,
        body: disposition === undefined ? {} : { disposition },
        lane: conversation,
        optimism: [{ entity: 'conversation', id: conversation, patch: { wrap_up_until: null } }],
      });
      toast({ text: t('wrap_up.ended'), tone: 'ok' });
    } catch (error) {
      toast({ text: problemOf(error, t), tone: 'bad' });
    }
  };
}

/** Looked up once a second: there are few of them among very many. */
function useWrapping(now: number): Conversation[] {
  const { store } = useHub();
  const me = useGround()?.me.id;
  return useMemo(
    () =>
      store
        .all('conversation')
        .filter((one) => one.agent_id === me && (one.wrap_up_until ?? 0) > now),
    [store, me, now],
  );
}

/** In the bar: one chip for each conversation in wrap-up. */
export function WrapUps({ onOpen }: { onOpen: (conversation: Id) => void }) {
  const { t } = useWords();
  const now = useNow();
  const end = useEndWrapUp();
  return (
    <div className="wraps">
      {useWrapping(now).map((conversation) => (
        <div className="wrap" key={conversation.id}>
          <PresenceDot state="wrapup" />
          <button type="button" className="wrap-name cut" onClick={() => onOpen(conversation.id)}>
            {t('wrap_up.left', { name: shortNameOf(conversation.customer.name) })}
          </button>
          <span className="num b">{clockOf((conversation.wrap_up_until ?? now) - now)}</span>
          <button type="button" className="btn sm" onClick={() => void end(conversation.id)}>
            <Icon name="check" size={14} /> {t('wrap_up.done')}
          </button>
        </div>
      ))}
    </div>
  );
}

/** In the panel: how did it end? */
export function WrapUpTab({
  conversation,
  onDone,
}: {
  conversation: Conversation;
  onDone: () => void;
}) {
  const { t } = useWords();
  const now = useNow();
  const end = useEndWrapUp();
  const until = conversation.wrap_up_until;
  if (until === null || until <= now) {
    return (
      <div className="sec">
        <p className="b li">{t('wrap_up.none')}</p>
        <p className="muted li run">{t('wrap_up.none_why')}</p>
      </div>
    );
  }
  return (
    <div className="sec wrap-form">
      <div className="row">
        <PresenceDot state="wrapup" />
        <span className="b">{t('wrap_up.title')}</span>
        <span className="grow" />
        <span className="num b">{clockOf(until - now)}</span>
      </div>
      <p className="label" id="disposition">
        {t('wrap_up.disposition')}
      </p>
      <div className="wrap-ways" role="group" aria-labelledby="disposition">
        {DISPOSITIONS.map((disposition) => (
          <button
            key={disposition}
            type="button"
            className="btn"
            onClick={() => void end(conversation.id, disposition).then(onDone)}
          >
            {t(`wrap_up.dispositions.${disposition}`)}
          </button>
        ))}
      </div>
    </div>
  );
}
