/** A conversation held for this agent until they answer or time runs out. */
import { Menu } from '@mantine/core';
import { useEffect, useRef, type KeyboardEvent } from 'react';

import type { Id, Millis, Offer } from '@/domain/entities';
import { clockOf } from '@/i18n/format';
import { Icon } from '@/ui/icons';
import { Avatar, ChannelIcon, useWords } from '@/workbench/parts';

import { countdownOf } from './countdown';
import { whyWords } from './why';

export const DECLINE_REASONS = ['busy', 'skill', 'language', 'break'] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

export type OfferCardProps = {
  offer: Offer;
  queueName: (id: Id) => string;
  now: Millis;
  /** Those shown beneath this one, and those there is no room for. */
  behind: readonly Offer[];
  hidden: readonly Offer[];
  onBring: (offer: Id) => void;
  answering: boolean;
  declining: boolean;
  onDeclining: (open: boolean) => void;
  onAccept: (offer: Offer) => void;
  onDecline: (offer: Offer, reason: DeclineReason) => void;
};

export function OfferCard(props: OfferCardProps) {
  const { offer, now, behind, hidden, answering, declining } = props;
  const { queueName, onBring, onDeclining, onAccept, onDecline } = props;
  const { t } = useWords();
  const queue = queueName(offer.queue_id);
  const others = [...behind, ...hidden];
  const accept = useRef<HTMLButtonElement>(null);
  const count = countdownOf(offer, now);

  // Focus moves here only when nobody is writing.
  useEffect(() => {
    const active = document.activeElement;
    const writing = active instanceof HTMLTextAreaElement || active instanceof HTMLInputElement;
    if (!writing) accept.current?.focus({ preventScroll: true });
  }, [offer.id]);

  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.nativeEvent.isComposing || declining) return;
    event.preventDefault();
    event.stopPropagation();
    onDeclining(true);
  };
  return (
    // An alertdialog takes keys for its buttons.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside className="offer" role="alertdialog" aria-label={t('offer.card')} onKeyDown={press}>
      <div className="offer-h">
        <Icon name="bell" size={14} />
        <span className="cut grow">{t('offer.offered', { queue })}</span>
        {others.length > 0 && (
          <span className="chip accent num" aria-hidden="true">
            +{others.length}
          </span>
        )}
        <span className={count.left <= 5 ? 'num t-bad' : 'num'} role="timer" aria-live="off">
          {t('offer.left', { seconds: count.left })}
        </span>
      </div>
      <div className="offer-b">
        <Avatar name={offer.customer.name} channel={offer.channel} />
        <div className="col li">
          <div className="row offer-who">
            <bdi className="b cut">{offer.customer.name}</bdi>
            <span className="grow" />
            <span className="sm muted num">
              {t('offer.waited', { time: clockOf(offer.waited) })}
            </span>
          </div>
          <div className="muted cut" dir="auto">
            “{offer.preview}”
          </div>
          <div className="sm faint cut offer-why">{whyWords(offer, queue, t)}</div>
        </div>
      </div>
      <div
        className="offer-count"
        role="img"
        aria-label={t('offer.seconds_label', { left: count.left, total: count.total })}
      >
        {Array.from({ length: count.pips }, (_, at) => (
          <b key={at} className={at < count.lit ? undefined : 'off'} />
        ))}
      </div>
      <div className="offer-f">
        <button
          ref={accept}
          type="button"
          className="btn primary"
          disabled={answering}
          onClick={() => onAccept(offer)}
        >
          {t('offer.accept')} <kbd aria-hidden="true">⏎</kbd>
        </button>
        <Menu opened={declining} onChange={onDeclining} position="top-end" width={200} returnFocus>
          <Menu.Target>
            <button type="button" className="btn" disabled={answering}>
              {t('offer.decline')}{' '}
              <kbd className="kbd" aria-hidden="true">
                Esc
              </kbd>
              <Icon name="down" size={14} />
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{t('offer.decline_why')}</Menu.Label>
            {DECLINE_REASONS.map((reason) => (
              <Menu.Item key={reason} onClick={() => onDecline(offer, reason)}>
                {t(`offer.reasons.${reason}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
      {behind.length > 0 && (
        <ul className="offer-more" aria-label={t('offer.one_more', { count: others.length })}>
          {behind.map((other) => (
            <li key={other.id}>
              <Behind
                offer={other}
                queue={queueName(other.queue_id)}
                now={now}
                onBring={() => onBring(other.id)}
              />
            </li>
          ))}
          {hidden.length > 0 && (
            <li className="offer-hidden sm faint">
              <span className="grow">{t('offer.one_more', { count: hidden.length })}</span>
              <Left offer={soonest(hidden)} now={now} />
            </li>
          )}
        </ul>
      )}
    </aside>
  );
}

function soonest(offers: readonly Offer[]): Pick<Offer, 'made_at' | 'deadline'> {
  const deadline = Math.min(...offers.map((offer) => offer.deadline));
  return { made_at: Math.min(...offers.map((offer) => offer.made_at)), deadline };
}

function Left({ offer, now }: { offer: Pick<Offer, 'made_at' | 'deadline'>; now: Millis }) {
  const { t } = useWords();
  const { left } = countdownOf(offer, now);
  return (
    <span className={left <= 5 ? 'num t-bad' : 'num'}>{t('offer.left', { seconds: left })}</span>
  );
}

type BehindProps = { offer: Offer; queue: string; now: Millis; onBring: () => void };

/** One more that is offered: who, where from, how long; a press brings it to the front. */
function Behind({ offer, queue, now, onBring }: BehindProps) {
  const { t } = useWords();
  return (
    <button type="button" className="offer-behind sm" title={t('offer.bring')} onClick={onBring}>
      <ChannelIcon channel={offer.channel} />
      <bdi className="m cut grow">{offer.customer.name}</bdi>
      <span className="muted cut">{queue}</span>
      <Left offer={offer} now={now} />
    </button>
  );
}
