/** What stands around every page: rail, bar, offers, the announcer and the keys. */
import { Menu } from '@mantine/core';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import { useConnection, useGround } from '@/sync-react';
import { Announcer } from '@/ui/announcer';
import { ErrorBoundary } from '@/ui/ErrorBoundary';
import { Icon } from '@/ui/icons';
import { StatePanel } from '@/ui/StatePanel';
import { useNarrow } from '@/ui/useMedia';
import { KEYS, useActions, useKeyboard } from '@/workbench/actions';
import { Notices } from '@/workbench/notices';
import { Offers } from '@/workbench/offers';
import { Palette, Shortcuts } from '@/workbench/palette';
import { Avatar, useWords } from '@/workbench/parts';
import { useMyPresence, useSetPresence } from '@/workbench/presence';

import { Bar } from './Bar';
import { useLineSigns } from './LineWords';
import { MeMenu, Rail, usePlaces } from './Rail';
import { usePreloaded } from './usePreloaded';

import './shell.css';

type ShellProps = {
  onSignOut: () => void;
  /** What is loaded once all that is seen has been. */
  later: readonly (() => Promise<unknown>)[];
};

export function Shell({ onSignOut, later }: ShellProps) {
  const { t } = useWords();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const places = usePlaces();
  const { painted } = useConnection();
  const { signs } = useLineSigns();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useKeyboard();
  usePreloaded(later);

  const open = (conversation: string) =>
    void navigate({ to: '/desk/$view/{-$conversation}', params: { view: 'mine', conversation } });

  useActions([
    {
      id: 'palette',
      title: t('keys.palette'),
      group: 'everywhere',
      hidden: true,
      keys: KEYS.palette,
      run: () => setPalette(true),
    },
    {
      id: 'help',
      title: t('keys.help'),
      group: 'everywhere',
      icon: 'info',
      keys: KEYS.help,
      run: () => setHelp(true),
    },
    {
      id: 'desk',
      title: t('keys.go_desk'),
      group: 'everywhere',
      icon: 'desk',
      keys: KEYS.desk,
      run: () => void navigate({ to: '/desk' }),
    },
    {
      id: 'panes',
      title: t('keys.panes'),
      group: 'everywhere',
      hidden: true,
      keys: KEYS.panes,
      run: nextPane,
    },
  ]);

  return (
    <div className={signs === 'banner' ? 'shell is-stale' : 'shell'}>
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      {!narrow && <Rail onSignOut={onSignOut} />}
      <div className="stage">
        <Unresponsive />
        <div className="page" id="main" tabIndex={-1}>
          {painted ? (
            <ErrorBoundary
              resetKey={path}
              fallback={(retry) => (
                <StatePanel icon="warn" title={t('errors.panel')} text={t('errors.panel_why')}>
                  <button type="button" className="btn" onClick={retry}>
                    {t('common.retry')}
                  </button>
                </StatePanel>
              )}
            >
              <Outlet />
            </ErrorBoundary>
          ) : (
            <Booting />
          )}
        </div>
      </div>
      <Bar onOpen={open}>{narrow && <NarrowPlaces onSignOut={onSignOut} />}</Bar>
      <Offers onAccepted={open} />
      <Notices
        place={t(
          `nav.${places.find(({ place }) => path.startsWith(`/${place}`))?.place ?? 'desk'}`,
        )}
      />
      <Announcer />
      {palette && <Palette onClose={() => setPalette(false)} />}
      {help && <Shortcuts onClose={() => setHelp(false)} />}
    </div>
  );
}

/** At 360 px the rail becomes one button of the bar. */
function NarrowPlaces({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useWords();
  const me = useGround()?.me;
  return (
    <>
      <Menu position="top-start" width={220}>
        <Menu.Target>
          <button type="button" className="btn icon" aria-label={t('app.main_nav')}>
            <Icon name="menu" size={20} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {usePlaces().map(({ place, to, icon }) => (
            <Menu.Item
              key={place}
              component={Link}
              to={to}
              leftSection={<Icon name={icon} size={20} />}
            >
              {t(`nav.${place}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="top-start" width={250}>
        <Menu.Target>
          <button type="button" className="btn icon" aria-label={t('me.menu')}>
            <Avatar name={me?.name ?? ''} size="sm" />
          </button>
        </Menu.Target>
        <MeMenu onSignOut={onSignOut} />
      </Menu>
      <span className="grow" />
    </>
  );
}

/** The shape of the desk, before the first snapshot. After three seconds it says why. */
function Booting() {
  const { t } = useWords();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 3000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="booting" role="status" aria-label={t('app.loading')}>
      <div className="booting-list">
        {[42, 30, 55, 38, 46, 33, 50].map((width, at) => (
          <div className="skrow" key={at}>
            <span className="sk" style={{ height: 34 }} />
            <div>
              <span className="sk" style={{ width: `${width}%` }} />
              <span className="sk" style={{ width: `${width + 38}%` }} />
            </div>
            <span className="sk" />
          </div>
        ))}
      </div>
      {slow && <p className="faint sm">{t('desk.slow')}</p>}
    </div>
  );
}

/** After a missed offer the router sends nothing more until one says one is there. */
function Unresponsive() {
  const { t } = useWords();
  const presence = useMyPresence();
  const set = useSetPresence();
  if (presence?.routing_state !== 'unresponsive') return null;
  return (
    <div className="banner bad" role="alert">
      <Icon name="bell" />
      <span className="grow">
        <b>{t('presence.unresponsive')}</b> · {t('presence.unresponsive_why')}
      </span>
      <button type="button" className="btn sm" onClick={() => set('away', 'break')}>
        <Icon name="cup" size={14} /> {t('presence.reasons.break')}
      </button>
      <button type="button" className="btn sm primary" onClick={() => set('available')}>
        {t('presence.go_on')}
      </button>
    </div>
  );
}

/** F6 walks the panes in reading order. */
function nextPane(): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
    (pane) => pane.offsetParent !== null,
  );
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(at + 1) % panes.length];
  if (next === undefined) return;
  const target = next.matches('a,button,input,textarea,[tabindex]')
    ? next
    : next.querySelector<HTMLElement>('a,button,input,textarea,[tabindex]');
  target?.focus();
}
