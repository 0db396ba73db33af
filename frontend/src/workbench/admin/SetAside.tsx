/** What could not be read, and what a reader could not take: kept, shown, tried again. */
import type { Millis } from '@/domain/entities';
import { momentOf, sizeOf } from '@/i18n/format';
import { useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { CHANNEL_ICON, useWords } from '@/workbench/parts';

import { Listing } from './Listing';
import { useAdminList, useReplay } from './useAdmin';

type Quarantined = {
  id: string;
  at: Millis;
  channel?: string;
  reason: string;
  sender?: string | null;
  detail?: string | null;
  size?: number;
};

export function QuarantineAdmin() {
  const { t, language } = useWords();
  const kept = useAdminList<Quarantined>('quarantine');
  const replay = useReplay('quarantine');
  const now = useServerNow(60_000);
  return (
    <Listing
      title={t('admin.quarantine.title')}
      why={t('admin.quarantine.why')}
      query={kept}
      empty={{ title: t('admin.quarantine.empty'), text: t('admin.quarantine.empty_why') }}
    >
      {(items) => (
        <ul className="card admin-aside">
          {items.map((one) => (
            <li key={one.id}>
              <span className={`ch-${one.channel ?? 'webhook'}`}>
                <Icon name={iconOf(one.channel)} />
              </span>
              <div className="col grow">
                <span className="m cut">{one.reason}</span>
                <code className="cut">
                  {[one.sender, one.detail, one.size === undefined ? null : sizeOf(one.size)]
                    .filter(Boolean)
                    .join(' · ')}
                </code>
              </div>
              <span className="sm faint num">{momentOf(one.at, now, language)}</span>
              <button
                type="button"
                className="btn sm"
                onClick={() => replay(one.id, t('admin.quarantine.replayed'))}
              >
                <Icon name="refresh" size={14} /> {t('admin.quarantine.replay')}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Listing>
  );
}

function iconOf(channel: string | undefined) {
  const known = Object.entries(CHANNEL_ICON).find(([kind]) => kind === channel);
  return known?.[1] ?? 'webhook';
}

type Parked = {
  id?: string;
  seq: number;
  type?: string;
  subscription: string;
  error: string;
  attempts: number;
  at?: Millis;
  since?: Millis;
};

/** Which event of which reader: both together name it. */
const idOf = ({ id, subscription, seq }: Parked): string => id ?? `${subscription}:${seq}`;

export function ParkedAdmin() {
  const { t, language } = useWords();
  const parked = useAdminList<Parked>('parked');
  const replay = useReplay('parked');
  const now = useServerNow(60_000);
  return (
    <Listing
      title={t('admin.parked.title')}
      why={t('admin.parked.why')}
      query={parked}
      empty={{ title: t('admin.parked.empty'), text: t('admin.parked.empty_why') }}
    >
      {(items) => (
        <table className="table">
          <thead>
            <tr>
              <th>{t('admin.parked.event')}</th>
              <th>{t('admin.parked.reader')}</th>
              <th className="only-wide">{t('admin.parked.reason')}</th>
              <th className="r only-wide">{t('admin.parked.attempts')}</th>
              <th className="r">{t('admin.parked.when')}</th>
              <th aria-label={t('admin.parked.replay')} />
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <tr key={idOf(one)}>
                <td>
                  <span className="num faint">{one.seq}</span> {one.type}
                </td>
                <td>{one.subscription}</td>
                <td className="only-wide">
                  <code>{one.error}</code>
                </td>
                <td className="r only-wide">{one.attempts}</td>
                <td className="r muted">{momentOf(one.at ?? one.since ?? now, now, language)}</td>
                <td className="r">
                  <button
                    type="button"
                    className="btn sm"
                    onClick={() => replay(idOf(one), t('admin.parked.replayed'))}
                  >
                    <Icon name="refresh" size={14} /> {t('admin.parked.replay')}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Listing>
  );
}
