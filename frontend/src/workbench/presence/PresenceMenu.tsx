/** The button that says whether work comes to me, how much I carry, and changes it. */
import { Menu } from '@mantine/core';
import { useState } from 'react';

import type { Presence } from '@/domain/entities';
import { clockOf } from '@/i18n/format';
import { useConnection, useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { MenuChoice } from '@/ui/MenuChoice';
import { play } from '@/ui/sounds';
import { KEYS, useActions } from '@/workbench/actions';
import {
  LoadPips,
  loadWords,
  PresenceDot,
  useWords,
  type DotState,
  type T,
} from '@/workbench/parts';

import { OTHER_REASONS, REASONS, useMyPresence, useSetPresence } from './usePresence';

function reasonWords(reason: string | null, t: T): string | null {
  if (reason === null) return null;
  const known = [...REASONS, ...OTHER_REASONS].find((one) => one === reason);
  return known === undefined ? reason : t(`presence.reasons.${known}`);
}

export function PresenceMenu() {
  const { t } = useWords();
  const presence = useMyPresence();
  const { state } = useConnection();
  const set = useSetPresence();
  const [opened, setOpened] = useState(false);
  useActions([
    {
      id: 'presence',
      title: t('keys.presence'),
      group: 'everywhere',
      icon: 'user',
      keys: KEYS.presence,
      run: () => setOpened(true),
    },
  ]);
  const status = presence?.status ?? 'offline';
  const lost = state === 'waiting' || state === 'connecting';
  const dot: DotState = lost ? 'retry' : status;
  const words = lost
    ? t('presence.reconnecting')
    : (reasonWords(presence?.reason ?? null, t) ?? t(`presence.${status}`));
  const [load, capacity] = [presence?.load ?? 0, presence?.capacity ?? 0];

  const become = (next: 'available' | 'busy' | 'offline') => {
    // The browser only lets sounds through after a press: this is one.
    if (next === 'available') void play('test', 0.02);
    set(next);
  };
  return (
    <Menu opened={opened} onChange={setOpened} position="top-end" width={280}>
      <Menu.Target>
        <button
          type="button"
          className="presence"
          aria-label={t('presence.menu', { status: words, load, capacity })}
        >
          <PresenceDot state={dot} />
          <span className="m only-wide">{words}</span>
          {status === 'away' && presence !== undefined && <Since presence={presence} />}
          <LoadPips load={load} capacity={capacity} />
          <span className="num muted sm">{loadWords(load, capacity)}</span>
          <Icon name="up" size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Choice
          dot="available"
          name={t('presence.available')}
          hint={t('presence.hint_available')}
          on={status === 'available'}
          onPick={() => become('available')}
        />
        <Choice
          dot="busy"
          name={t('presence.busy')}
          hint={t('presence.hint_busy')}
          on={status === 'busy'}
          onPick={() => become('busy')}
        />
        <Menu.Divider />
        <Menu.Label>{t('presence.away_for')}</Menu.Label>
        {REASONS.map((reason) => (
          <Choice
            key={reason}
            dot="away"
            name={t(`presence.reasons.${reason}`)}
            on={status === 'away' && presence?.reason === reason}
            onPick={() => set('away', reason)}
          />
        ))}
        <Menu.Divider />
        <Choice
          dot="offline"
          name={t('presence.offline')}
          hint={t('presence.hint_offline')}
          on={status === 'offline'}
          onPick={() => become('offline')}
        />
      </Menu.Dropdown>
    </Menu>
  );
}

function Since({ presence }: { presence: Presence }) {
  const now = useServerNow();
  return <span className="num muted sm only-wide">{clockOf(now - presence.since)}</span>;
}

type ChoiceProps = { dot: DotState; name: string; hint?: string; on: boolean; onPick: () => void };

function Choice({ dot, name, hint, on, onPick }: ChoiceProps) {
  return (
    <MenuChoice kind="one" on={on} icon={<PresenceDot state={dot} />} onPick={onPick}>
      {name}
      {hint !== undefined && <span className="sm faint presence-hint">{hint}</span>}
    </MenuChoice>
  );
}
