/** What could not be read, and what a reader could not take: kept, shown, tried again, let go. */
import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';

import type { Parked, Quarantined, QuarantinedText } from '@/domain/entities';
import { fullMomentOf, momentOf, sizeOf } from '@/i18n/format';
import { useHub, useServerNow } from '@/sync-react';
import { Icon, type IconName } from '@/ui/icons';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { ChannelIcon, problemOf, useWords } from '@/workbench/parts';

import { Listing } from './Listing';
import { Sure } from './Sure';
import { useAdminList, useAside } from './useAdmin';

export function QuarantineAdmin() {
  const { t } = useWords();
  const kept = useAdminList('quarantine');
  const { replay, discard, busy } = useAside('quarantine');
  const [looked, setLooked] = useState<Quarantined | null>(null);
  return (
    <Listing
      title={t('admin.quarantine.title')}
      why={t('admin.quarantine.why')}
      list={kept}
      empty={{ title: t('admin.quarantine.empty'), text: t('admin.quarantine.empty_why') }}
    >
      {(items) => (
        <ul className="card admin-aside">
          {items.map((one) => (
            <Aside
              key={one.id}
              sign={<ChannelIcon channel={one.channel} size={18} />}
              title={one.reason}
              facts={[one.channel_name, one.sender, t('admin.tries', { count: one.attempts })]}
              at={one.at}
              look={{ label: t('admin.quarantine.raw'), run: () => setLooked(one) }}
              replay={{
                label: t('admin.quarantine.replay'),
                run: () => replay(one.id, t('admin.quarantine.replayed')),
              }}
              onDiscard={() => discard(one.id, t('admin.discarded'))}
              busy={busy === one.id}
            />
          ))}
        </ul>
      )}
      {looked !== null && <RawDialog one={looked} onClose={() => setLooked(null)} />}
    </Listing>
  );
}

type Deed = { label: string; run: () => void };

type AsideProps = {
  sign: ReactNode;
  title: string;
  facts: readonly string[];
  at: number;
  look: Deed;
  replay: Deed;
  onDiscard: () => void;
  /** It is being seen to. */
  busy: boolean;
};

/** One thing that was set aside: what is the matter, a few facts, and what can be done. */
function Aside({ sign, title, facts, at, look, replay, onDiscard, busy }: AsideProps) {
  const { t, language } = useWords();
  const now = useServerNow(60_000);
  return (
    <li>
      <span className="admin-aside-sign">{sign}</span>
      <div className="col grow admin-aside-what">
        <bdi className="m admin-error">{title}</bdi>
        <span className="sm muted admin-error">
          {facts.filter(Boolean).map((fact, index) => (
            <span key={fact}>
              {index > 0 && ' · '}
              <bdi>{fact}</bdi>
            </span>
          ))}
          {' · '}
          <time title={fullMomentOf(at, language)}>{momentOf(at, now, language)}</time>
        </span>
      </div>
      <div className="row wrap admin-aside-do">
        <button type="button" className="btn quiet sm" onClick={look.run}>
          <Icon name="eye" size={14} /> {look.label}
        </button>
        <button type="button" className="btn sm" disabled={busy} onClick={replay.run}>
          <Icon name="refresh" size={14} /> {replay.label}
        </button>
        <Sure
          label={t('admin.discard')}
          ask={t('admin.discard_sure')}
          icon="x"
          onSure={onDiscard}
        />
      </div>
    </li>
  );
}

type LookDialogProps = {
  title: string;
  facts: readonly (readonly [string, string])[];
  onClose: () => void;
  children: ReactNode;
};

function LookDialog({ title, facts, onClose, children }: LookDialogProps) {
  const { t } = useWords();
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={720}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <dl className="kv admin-look">
        {facts.map(([name, fact]) => (
          <div key={name} className="admin-fact">
            <dt>{name}</dt>
            <dd className="admin-error">
              <bdi>{fact}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {children}
    </Modal>
  );
}

function RawDialog({ one, onClose }: { one: Quarantined; onClose: () => void }) {
  const { t, language } = useWords();
  const hub = useHub();
  const path = `/api/quarantine/${one.id}`;
  const text = useQuery({
    queryKey: ['admin', 'quarantine', one.id, 'text'],
    queryFn: ({ signal }) => hub.read<QuarantinedText>(`${path}/text`, signal),
  });
  return (
    <LookDialog
      title={t('admin.quarantine.as_it_came')}
      facts={[
        [t('admin.parked.reason'), one.reason],
        [t('admin.quarantine.channel'), one.channel_name],
        [t('admin.quarantine.sender'), one.sender || '–'],
        [t('admin.quarantine.at'), fullMomentOf(one.at, language)],
        [t('admin.quarantine.key'), one.key],
      ]}
      onClose={onClose}
    >
      {text.isPending ? (
        <SkeletonRows label={t('app.loading')} rows={3} />
      ) : text.isError ? (
        <StatePanel icon="warn" title={t('desk.error')} text={problemOf(text.error, t)}>
          <button type="button" className="btn" onClick={() => void text.refetch()}>
            {t('common.retry')}
          </button>
        </StatePanel>
      ) : (
        <>
          {/* Scrolls, so the keyboard must reach it. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre className="admin-raw" tabIndex={0} aria-label={t('admin.quarantine.as_it_came')}>
            {text.data.text}
          </pre>
          <div className="row wrap">
            <span className="sm faint grow">
              {text.data.is_whole
                ? sizeOf(text.data.size)
                : t('admin.quarantine.beginning', { size: sizeOf(text.data.size) })}
            </span>
            <a className="btn sm" href={`${path}/raw`} download>
              <Icon name="download" size={14} /> {t('admin.quarantine.download')}
            </a>
          </div>
        </>
      )}
    </LookDialog>
  );
}

/** The line of a traceback that says what happened. */
const lastLine = (error: string): string => error.trim().split('\n').at(-1) ?? '';

const PARKED_ICON: Record<Parked['state'], IconName> = { retrying: 'clock', parked: 'box' };

export function ParkedAdmin() {
  const { t } = useWords();
  const parked = useAdminList('parked');
  const { replay, discard, busy } = useAside('parked');
  const [looked, setLooked] = useState<Parked | null>(null);
  return (
    <Listing
      title={t('admin.parked.title')}
      why={t('admin.parked.why')}
      list={parked}
      empty={{ title: t('admin.parked.empty'), text: t('admin.parked.empty_why') }}
    >
      {(items) => (
        <ul className="card admin-aside">
          {items.map((one) => (
            <Aside
              key={one.id}
              sign={
                <span className={one.state === 'parked' ? 't-warn' : 'faint'}>
                  <Icon name={PARKED_ICON[one.state]} size={18} />
                </span>
              }
              title={lastLine(one.error)}
              facts={[
                `${one.type} ${one.seq}`,
                one.subscription,
                t(`admin.parked.states.${one.state}`),
                t('admin.tries', { count: one.attempts }),
              ]}
              at={one.since}
              look={{ label: t('admin.parked.look'), run: () => setLooked(one) }}
              replay={{
                label: t('admin.parked.replay'),
                run: () => replay(one.id, t('admin.parked.replayed')),
              }}
              onDiscard={() => discard(one.id, t('admin.discarded'))}
              busy={busy === one.id}
            />
          ))}
        </ul>
      )}
      {looked !== null && <ParkedDialog one={looked} onClose={() => setLooked(null)} />}
    </Listing>
  );
}

function ParkedDialog({ one, onClose }: { one: Parked; onClose: () => void }) {
  const { t, language } = useWords();
  return (
    <LookDialog
      title={t('admin.parked.event')}
      facts={[
        [t('admin.parked.event'), `${one.type} ${one.seq}`],
        [t('admin.parked.happened'), fullMomentOf(one.at, language)],
        [t('admin.parked.reader'), one.subscription],
        [t('admin.parked.when'), fullMomentOf(one.since, language)],
      ]}
      onClose={onClose}
    >
      {/* Both scroll, so the keyboard must reach them. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="admin-raw" tabIndex={0} aria-label={t('admin.parked.data')}>
        {JSON.stringify(one.data, null, 2)}
      </pre>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="admin-raw" tabIndex={0} aria-label={t('admin.parked.reason')}>
        {one.error}
      </pre>
    </LookDialog>
  );
}
