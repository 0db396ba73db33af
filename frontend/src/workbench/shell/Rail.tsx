/** The places of the workbench, and me at its foot. */
import { Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';

import { switchLanguage } from '@/i18n/workbench/i18n';
import type { Role } from '@/domain/entities';
import { useGround } from '@/sync-react';
import { Icon, Mark, type IconName } from '@/ui/icons';
import { MenuChoice } from '@/ui/MenuChoice';
import { play } from '@/ui/sounds';
import { KEYS, KeyHint, perform } from '@/workbench/actions';
import { Avatar, useWords } from '@/workbench/parts';
import { preferences, usePreferences, type Theme } from '@/workbench/preferences';

export type Place = 'desk' | 'live' | 'tickets' | 'customers' | 'kb' | 'admin';

const PLACES: readonly { place: Place; to: string; icon: IconName; roles?: readonly Role[] }[] = [
  { place: 'desk', to: '/desk', icon: 'desk' },
  { place: 'live', to: '/live', icon: 'live', roles: ['supervisor', 'admin'] },
  { place: 'tickets', to: '/tickets', icon: 'ticket' },
  { place: 'customers', to: '/customers', icon: 'users' },
  { place: 'kb', to: '/kb', icon: 'book' },
  { place: 'admin', to: '/admin', icon: 'gear', roles: ['admin'] },
];

export function usePlaces(): readonly (typeof PLACES)[number][] {
  const role = useGround()?.me.role ?? 'agent';
  return PLACES.filter(({ roles }) => roles === undefined || roles.includes(role));
}

export function Rail({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useWords();
  const me = useGround()?.me;
  return (
    <nav className="rail" aria-label={t('app.main_nav')} data-pane="rail">
      <span className="rail-mark">
        <Mark size={26} />
      </span>
      {usePlaces().map(({ place, to, icon }) => (
        <Link
          key={place}
          to={to}
          className="rail-item"
          activeProps={{ className: 'is-on', 'aria-current': 'page' }}
        >
          <Icon name={icon} size={20} />
          <span>{t(`nav.${place}`)}</span>
        </Link>
      ))}
      <span className="grow" />
      <Menu position="right-end" width={230}>
        <Menu.Target>
          <button type="button" className="rail-me" aria-label={t('me.menu')} title={me?.name}>
            <Avatar name={me?.name ?? ''} size="sm" />
          </button>
        </Menu.Target>
        <MeMenu onSignOut={onSignOut} />
      </Menu>
    </nav>
  );
}

const THEMES: readonly { theme: Theme; icon: IconName }[] = [
  { theme: 'light', icon: 'sun' },
  { theme: 'dark', icon: 'moon' },
  { theme: 'system', icon: 'gear' },
];

export function MeMenu({ onSignOut }: { onSignOut: () => void }) {
  const { t, language } = useWords();
  const me = useGround()?.me;
  const prefers = usePreferences();
  return (
    <Menu.Dropdown>
      <Menu.Label>
        {me?.name} · {me?.email}
      </Menu.Label>
      {THEMES.map(({ theme, icon }) => (
        <MenuChoice
          key={theme}
          kind="one"
          on={prefers.theme === theme}
          icon={<Icon name={icon} />}
          stays
          onPick={() => preferences.set({ theme })}
        >
          {t(`me.theme_${theme}`)}
        </MenuChoice>
      ))}
      <Menu.Divider />
      {(['zh', 'en'] as const).map((one) => (
        <MenuChoice
          key={one}
          kind="one"
          on={language === one}
          icon={<Icon name="globe" />}
          lang={one === 'zh' ? 'zh-CN' : 'en'}
          onPick={() => void switchLanguage(one)}
        >
          {one === 'zh' ? '中文' : 'English'}
        </MenuChoice>
      ))}
      <Menu.Divider />
      <MenuChoice
        kind="switch"
        on={prefers.sounds}
        icon={<Icon name="sound" />}
        stays
        onPick={() => {
          preferences.set({ sounds: !prefers.sounds });
          if (!prefers.sounds) void play('test');
        }}
      >
        {t('me.sounds')}
      </MenuChoice>
      <MenuChoice
        kind="switch"
        on={prefers.enter_sends}
        icon={<Icon name="send" />}
        stays
        onPick={() => preferences.set({ enter_sends: !prefers.enter_sends })}
      >
        {t('me.enter_sends')}
      </MenuChoice>
      <MenuChoice
        kind="switch"
        on={prefers.single_keys}
        icon={<Icon name="keypad" />}
        stays
        onPick={() => preferences.set({ single_keys: !prefers.single_keys })}
      >
        {t('me.single_keys')}
      </MenuChoice>
      <Menu.Item
        leftSection={<Icon name="info" />}
        rightSection={<KeyHint shortcut={KEYS.help[0]} />}
        onClick={() => perform('help')}
      >
        {t('me.shortcuts')}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item leftSection={<Icon name="exit" />} onClick={onSignOut}>
        {t('me.sign_out')}
      </Menu.Item>
    </Menu.Dropdown>
  );
}
