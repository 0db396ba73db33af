/** What the bar says of a lost line, and of what came back with it. It has its place there: no page moves for it. */
import { useEffect, useRef, useState } from 'react';

import type { Connection } from '@/sync';
import { useConnection } from '@/sync-react';
import { announce } from '@/ui/announcer';
import { Icon } from '@/ui/icons';
import { PresenceDot, useWords } from '@/workbench/parts';

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

export function LineWords() {
  const { t } = useWords();
  const { signs, now, connection } = useLineSigns();
  const back = useBack(connection, signs);
  useEffect(() => {
    if (signs === 'banner') announce(t('announce.disconnected'));
  }, [signs, t]);
  if (signs === 'banner') {
    const seconds = Math.max(0, Math.ceil(((connection.retry_at ?? now) - now) / 1000));
    return (
      <button type="button" className="line-words warn" onClick={connection.retry}>
        <Icon name="offline" />
        <span>{t('link.offline_keep_writing')}</span>
        <span className="num nowrap">
          {seconds > 0 ? t('link.retry_in', { seconds }) : t('link.retrying')}
        </span>
        <span className="only-wide line-retry">{t('link.retry_now')}</span>
      </button>
    );
  }
  if (signs === 'dot') {
    return (
      <span className="line-words warn">
        <PresenceDot state="retry" />
        <span>{t('link.presence_kept')}</span>
      </span>
    );
  }
  if (!back) return null;
  return (
    <span className="line-words ok">
      <Icon name="ok" />
      <span>{t('link.caught_up')}</span>
    </span>
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
