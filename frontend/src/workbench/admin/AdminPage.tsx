/** Where an administrator sets the hub up: channels, queues, people, and what was set aside. */
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

import { useGround } from '@/sync-react';
import { Icon, type IconName } from '@/ui/icons';
import { StatePanel } from '@/ui/StatePanel';
import { useWords } from '@/workbench/parts';

import { AgentsAdmin } from './AgentsAdmin';
import { ChannelsAdmin } from './ChannelsAdmin';
import { QueuesAdmin } from './QueuesAdmin';
import { ParkedAdmin, QuarantineAdmin } from './SetAside';

import './admin.css';

const SECTIONS = ['channels', 'quarantine', 'queues', 'agents', 'parked'] as const;
export type Section = (typeof SECTIONS)[number];
type Page = (props: { onSection: (section: Section) => void }) => React.ReactNode;

const MENU: readonly {
  group: 'connect' | 'routing' | 'system';
  items: readonly (readonly [Section, IconName])[];
}[] = [
  {
    group: 'connect',
    items: [
      ['channels', 'chat'],
      ['quarantine', 'shield'],
    ],
  },
  { group: 'routing', items: [['queues', 'users']] },
  {
    group: 'system',
    items: [
      ['agents', 'user'],
      ['parked', 'box'],
    ],
  },
];

const PAGES: Record<Section, Page> = {
  channels: ChannelsAdmin,
  quarantine: QuarantineAdmin,
  queues: QueuesAdmin,
  agents: AgentsAdmin,
  parked: ParkedAdmin,
};

export function AdminPage({ section }: { section: string | undefined }) {
  const { t } = useWords();
  const go = useNavigate();
  const menu = useRef<HTMLElement>(null);
  // On a narrow screen the menu is a row that scrolls: where one is must be seen.
  useEffect(() => {
    menu.current?.querySelector('.is-on')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [section]);
  const role = useGround()?.me.role;
  if (role !== undefined && role !== 'admin') {
    return <StatePanel icon="lock" title={t('admin.forbidden')} text={t('admin.forbidden_why')} />;
  }
  const shown = SECTIONS.find((one) => one === section) ?? 'channels';
  const Shown = PAGES[shown];
  return (
    <div className="admin">
      <nav className="admin-menu" aria-label={t('admin.title')} ref={menu}>
        {MENU.map(({ group, items }) => (
          <div key={group}>
            <h2>{t(`admin.menu.${group}`)}</h2>
            {items.map(([name, icon]) => (
              <Link
                key={name}
                to="/admin/{-$section}"
                params={{ section: name }}
                className={name === shown ? 'is-on' : ''}
                aria-current={name === shown ? 'page' : undefined}
              >
                <Icon name={icon} size={18} /> {t(`admin.${name}.title`)}
              </Link>
            ))}
            {group === 'system' && (
              <a href="/api/docs" target="_blank" rel="noreferrer">
                <Icon name="file" size={18} /> {t('admin.docs')}
              </a>
            )}
          </div>
        ))}
      </nav>
      <main className="admin-main">
        <Shown onSection={(to) => void go({ to: '/admin/{-$section}', params: { section: to } })} />
      </main>
    </div>
  );
}
