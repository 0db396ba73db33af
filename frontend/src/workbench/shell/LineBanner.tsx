/** The slim line that tells of a lost connection, and of what came back with it. */
import { useEffect, useRef, useState } from 'react';

import type { Connection } from '@/sync';
import { useConnection } from '@/sync-react';
import { announce } from '@/ui/announcer';
import { Icon } from '@/ui/icons';
import { useWords } from '@/workbench/parts';

import { lineSigns, type LineSigns } from './line';

/** This device's clock, ticking only while the line is down. */
function useDeviceNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

export function useLineSigns(): {
  signs: LineSigns;
  now: number;
  connection: Connection & { retry: () => void };
} {
  const connection = useConnection();
  const now = useDeviceNow(connection.state !== 'live');
  return { signs: connection.painted ? lineSigns(connection, now) : 'none', now, connection };
}

const SHOW_BACK = 6000;

export function LineBanner() {
  const { t } = useWords();
  const { signs, now, connection } = useLineSigns();
  const back = useBack(connection, signs);
  useEffect(() => {
    if (signs === 'banner') announce(t('announce.disconnected'));
  }, [signs, t]);
  if (signs === 'banner') {
    const seconds = Math.max(0, Math.ceil(((connection.retry_at ?? now) - now) / 1000));
    return (
      <div className="banner warn">
        <Icon name="offline" />
        <span className="grow">
          {t('link.offline_keep_writing')}{' '}
          <span className="num nowrap">
            · {seconds > 0 ? t('link.retry_in', { seconds }) : t('link.retrying')}
          </span>
        </span>
        <button type="button" className="btn sm" onClick={connection.retry}>
          {t('link.retry_now')}
        </button>
      </div>
    );
  }
  if (!back) return null;
  return (
    <div className="banner ok">
      <Icon name="ok" />
      <span className="grow">{t('link.caught_up')}</span>
    </div>
  );
}

/** True for a moment after an outage that was long enough to be told of. */
function useBack(connection: Connection, signs: LineSigns): boolean {
  const { t } = useWords();
  const told = useRef(false);
  const [back, setBack] = useState(false);
  const live = connection.state === 'live';
  useEffect(() => {
    if (signs === 'banner') told.current = true;
    if (!live || !told.current) return;
    told.current = false;
    setBack(true);
    announce(t('announce.connected'));
    const timer = setTimeout(() => setBack(false), SHOW_BACK);
    return () => clearTimeout(timer);
  }, [live, signs, t]);
  return back;
}
