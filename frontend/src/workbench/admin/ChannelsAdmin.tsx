/** The ways in and out: how each fares, when it last did something, and how it is set up. */
import { useState } from 'react';

import type { Channel, Millis } from '@/domain/entities';
import { agoOf } from '@/i18n/format';
import { useAll, useServerNow } from '@/sync-react';
import { Icon, type IconName } from '@/ui/icons';
import { toast } from '@/ui/toasts';
import { CHANNEL_ICON, useWords, type T } from '@/workbench/parts';

import { ChannelForm } from './ChannelForm';
import { Listing } from './Listing';
import { useAdminList, useKeep } from './useAdmin';

const AGAIN = 15_000;

type ChannelsAdminProps = { onSection: (section: 'quarantine') => void };

export function ChannelsAdmin({ onSection }: ChannelsAdminProps) {
  const { t } = useWords();
  const channels = useAdminList('channels', AGAIN);
  const [edited, setEdited] = useState<Channel | 'new' | null>(null);
  const { keep } = useKeep('channels');
  const turn = async (channel: Channel) => {
    const on = !channel.enabled;
    if (await keep(channel.id, { enabled: on, if_rev: channel.rev })) return;
    toast({ text: t('admin.channels.not_turned'), tone: 'warn' });
    setEdited({ ...channel, enabled: on });
  };
  return (
    <Listing
      title={t('admin.channels.title')}
      list={channels}
      {...(channels.items === undefined ? {} : { count: summary(channels.items, t) })}
      add={{ label: t('admin.channels.add'), run: () => setEdited('new') }}
      empty={{ title: t('admin.channels.empty'), text: t('admin.channels.empty_why') }}
    >
      {(items) => (
        <div className="admin-cards">
          {items.map((channel) => (
            <ChannelCard
              key={channel.id}
              channel={channel}
              onEdit={() => setEdited(channel)}
              onTurn={() => void turn(channel)}
              onQuarantine={() => onSection('quarantine')}
            />
          ))}
        </div>
      )}
      {edited !== null && (
        <ChannelForm channel={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Listing>
  );
}

function summary(channels: readonly Channel[], t: T): string {
  const used = channels.filter(({ enabled }) => enabled);
  const bad = used.filter((one) => one.is_up === false || one.quarantined > 0);
  const words = [t('admin.channels.in_use', { count: used.length })];
  if (bad.length > 0) words.push(t('admin.channels.want_a_look', { count: bad.length }));
  return words.join(t('admin.channels.comma'));
}

type Sign = { tone: string; icon: IconName; word: string };

/** How a channel fares, in one word. */
function signOf(channel: Channel, t: T): Sign {
  if (!channel.enabled) return { tone: 'faint', icon: 'hold', word: t('admin.channels.disabled') };
  if (channel.is_up === false) {
    return { tone: 't-bad', icon: 'stop', word: t('admin.channels.look') };
  }
  if (channel.kind === 'email' && channel.is_up === null) {
    return { tone: 'muted', icon: 'clock', word: t('admin.channels.connecting') };
  }
  return { tone: 't-ok', icon: 'ok', word: t('admin.channels.working') };
}

type ChannelCardProps = {
  channel: Channel;
  onEdit: () => void;
  onTurn: () => void;
  onQuarantine: () => void;
};

function ChannelCard({ channel, onEdit, onTurn, onQuarantine }: ChannelCardProps) {
  const { t, language } = useWords();
  const now = useServerNow(10_000);
  const queue = useAll('queue').find((one) => one.id === channel.queue_id);
  const ago = (at: Millis | null) =>
    at === null ? t('admin.channels.not_lately') : agoOf(Math.max(0, now - at), language);
  const { tone, icon, word } = signOf(channel, t);
  return (
    <article className="card admin-card" aria-label={channel.name}>
      <div className="row">
        <span className={`admin-ci ch-${channel.kind}`}>
          <Icon name={CHANNEL_ICON[channel.kind]} size={20} />
        </span>
        <div className="col grow">
          <bdi className="b cut">{channel.name}</bdi>
          <span className="sm muted cut">
            {t(`channels.${channel.kind}`)} · {channel.key}
          </span>
        </div>
        <span className={`row sm admin-sign ${tone}`}>
          <Icon name={icon} size={14} /> {word}
        </span>
      </div>
      <dl className="kv">
        <dt>{t('admin.channels.received')}</dt>
        <dd>{ago(channel.last_in)}</dd>
        <dt>{t('admin.channels.sent')}</dt>
        <dd>{ago(channel.last_out)}</dd>
        <dt>{t('admin.channels.queue_short')}</dt>
        <dd className="cut">{queue?.name[language] ?? '–'}</dd>
        {channel.error !== null && channel.enabled && (
          <>
            <dt>{t('admin.channels.error')}</dt>
            <dd className="t-bad admin-error">{channel.error}</dd>
          </>
        )}
      </dl>
      <div className="row">
        <button
          type="button"
          className="btn sm"
          aria-label={t('admin.channels.edit', { name: channel.name })}
          onClick={onEdit}
        >
          <Icon name="pencil" size={14} /> {t('common.edit')}
        </button>
        <button
          type="button"
          className="btn quiet sm"
          aria-label={t(channel.enabled ? 'admin.channels.stop' : 'admin.channels.start', {
            name: channel.name,
          })}
          onClick={onTurn}
        >
          <Icon name={channel.enabled ? 'hold' : 'play'} size={14} />{' '}
          {t(channel.enabled ? 'admin.channels.turn_off' : 'admin.channels.turn_on')}
        </button>
        <span className="grow" />
        {channel.quarantined > 0 && (
          <button type="button" className="linklike sm admin-aside-link" onClick={onQuarantine}>
            <Icon name="warn" size={14} />{' '}
            {t('admin.channels.quarantined', { count: channel.quarantined })}
          </button>
        )}
      </div>
    </article>
  );
}
