/** The bar at the foot: what still wants finishing, how the line stands, and my presence. */
import { createPortal } from 'react-dom';
import { useSyncExternalStore, type ReactNode } from 'react';

import type { Id } from '@/domain/entities';
import { timeOf } from '@/i18n/format';
import { useGround, useHub, useReadable, useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { useWords } from '@/workbench/parts';
import { PresenceMenu } from '@/workbench/presence';
import { WrapUps } from '@/workbench/wrapup';

import { LineWords } from './LineWords';

let slot: HTMLElement | null = null;
const listeners = new Set<() => void>();
const setSlot = (element: HTMLElement | null) => {
  slot = element;
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** A page may put something of its own at the left of the bar. */
export function BarSlot({ children }: { children: ReactNode }) {
  const element = useSyncExternalStore(subscribe, () => slot);
  return element === null ? null : createPortal(children, element);
}

export function Bar({
  onOpen,
  children,
}: {
  onOpen: (conversation: Id) => void;
  children?: ReactNode;
}) {
  const { t } = useWords();
  return (
    <footer className="bar" aria-label={t('nav.desk')}>
      {children}
      <div className="bar-slot" ref={setSlot} />
      <Organisation />
      <WrapUps onOpen={onOpen} />
      <span className="grow only-wide" />
      <Waiting />
      <LineWords />
      <PresenceMenu />
      <TimeNow />
    </footer>
  );
}

/** Whose desk this is; what a page puts there is more to the point. */
function Organisation() {
  const { organisation } = useGround() ?? {};
  const name = organisation?.name;
  return (
    <span className="bar-name muted cut only-wide">{typeof name === 'string' ? name : ''}</span>
  );
}

/** Words of mine that have not reached the hub. */
function Waiting() {
  const { t } = useWords();
  const entries = useReadable(useHub().outbox.all);
  const count = entries.filter((entry) => entry.state === 'queued' && entry.attempts > 0).length;
  if (count === 0) return null;
  return (
    <span className="row sm t-warn only-wide">
      <Icon name="clock" size={14} /> {t('link.waiting', { count })}
    </span>
  );
}

function TimeNow() {
  const { language } = useWords();
  const now = useServerNow(5000);
  return <time className="num muted only-wide">{timeOf(now, language)}</time>;
}
