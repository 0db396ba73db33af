/** One timeline over all channels. */
import { Link } from '@tanstack/react-router';

import type { ChannelKind, Id } from '@/domain/entities';
import { fullMomentOf, momentOf } from '@/i18n/format';
import { useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { Skeleton } from '@/ui/Skeleton';
import { CHANNEL_ICON, ChannelIcon, useWords } from '@/workbench/parts';

import type { Moment } from './useTimeline';

const isChannel = (name: unknown): name is ChannelKind =>
  typeof name === 'string' && Object.hasOwn(CHANNEL_ICON, name);

type TimelineProps = { moments: readonly Moment[]; loading: boolean; current?: Id };

export function Timeline({ moments, loading, current }: TimelineProps) {
  const { t } = useWords();
  if (loading) {
    return (
      <ul className="tl" aria-label={t('app.loading')}>
        {[70, 50, 62].map((width) => (
          <li key={width}>
            <Skeleton width={16} height={16} />
            <Skeleton width={`${width}%`} />
            <Skeleton width={40} />
          </li>
        ))}
      </ul>
    );
  }
  if (moments.length === 0) return <p className="sm faint">{t('customer.timeline_empty')}</p>;
  return (
    <ul className="tl">
      {moments.map((moment) => (
        <MomentLine key={`${moment.kind}-${moment.id}`} moment={moment} current={current} />
      ))}
    </ul>
  );
}

function MomentLine({ moment, current }: { moment: Moment; current: Id | undefined }) {
  const { t, language } = useWords();
  const now = useServerNow(60_000);
  const when = momentOf(moment.at, now, language);
  if (moment.kind === 'ticket') {
    return (
      <li title={fullMomentOf(moment.at, language)}>
        <span className="faint">
          <Icon name="ticket" />
        </span>
        <Link to="/tickets/$id" params={{ id: moment.id }} className="cut plain">
          {moment.number !== undefined && <span className="num">T-{moment.number} </span>}
          {moment.subject}
        </Link>
        <span className="sm faint num">{when}</span>
      </li>
    );
  }
  if (moment.kind === 'rating') {
    return (
      <li title={fullMomentOf(moment.at, language)}>
        <span className="faint">
          <Icon name="star" />
        </span>
        <span className="cut" dir="auto">
          {t('customer.rating', { score: moment.score ?? 0 })}
          {moment.comment !== undefined && moment.comment !== '' && ` · “${moment.comment}”`}
        </span>
        <span className="sm faint num">{when}</span>
      </li>
    );
  }
  const open = moment.status === 'open';
  return (
    <li
      title={fullMomentOf(moment.at, language)}
      aria-current={moment.id === current ? 'true' : undefined}
    >
      {isChannel(moment.channel) ? (
        <ChannelIcon channel={moment.channel} size={16} />
      ) : (
        <Icon name="chat" />
      )}
      <Link
        to="/desk/$view/{-$conversation}"
        params={{ view: 'all', conversation: moment.id }}
        className={moment.id === current ? 'cut plain m' : 'cut plain'}
      >
        {moment.number !== undefined && <span className="num">#{moment.number} </span>}
        <bdi>
          {moment.subject ?? (isChannel(moment.channel) ? t(`channels.${moment.channel}`) : '')}
        </bdi>
      </Link>
      <span className={open ? 'sm t-accent' : 'sm faint num'}>
        {open ? t('customer.status_open') : when}
      </span>
    </li>
  );
}
