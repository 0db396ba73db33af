/** Everything by its name: actions with their keys, places, and whatever the hub finds. */
import { Modal } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';

import type { Article, Conversation, Customer, Ticket } from '@/domain/entities';
import { switchLanguage } from '@/i18n/workbench/i18n';
import { useHub } from '@/sync-react';
import { Icon, type IconName } from '@/ui/icons';
import { KeyHint, perform, useAllActions, type Shortcut } from '@/workbench/actions';
import { CHANNEL_ICON, useWords } from '@/workbench/parts';
import { preferences } from '@/workbench/preferences';
import { useSetPresence } from '@/workbench/presence';

import './palette.css';

type Found = {
  conversations: Conversation[];
  customers: Customer[];
  tickets: Ticket[];
  articles: Pick<Article, 'id' | 'title'>[];
};

type Entry = {
  id: string;
  section: string;
  title: string;
  aside?: string | undefined;
  icon: IconName;
  shortcut?: Shortcut | undefined;
  run: () => void;
};

export function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  return (
    <Modal.Root opened onClose={onClose} size={600} yOffset="12vh">
      <Modal.Overlay />
      <Modal.Content aria-label={t('keys.palette')} className="palette">
        <Lookup onClose={onClose} />
      </Modal.Content>
    </Modal.Root>
  );
}

function Lookup({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const q = text.trim();
  const commands = useCommands();
  const places = useFoundEntries(q);
  const entries = useMemo(() => {
    const wanted = q.toLowerCase();
    return [...commands.filter((entry) => entry.title.toLowerCase().includes(wanted)), ...places];
  }, [commands, places, q]);
  const chosen = Math.min(at, Math.max(0, entries.length - 1));

  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    // The dialog gives the focus back first; then the action may take it.
    setTimeout(entry.run, 0);
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const next = (chosen + step + entries.length) % Math.max(1, entries.length);
      setAt(next);
      list.current?.querySelectorAll('[role=option]')[next]?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(entries[chosen]);
    }
  };
  return (
    <>
      <div className="palette-field">
        <Icon name="search" size={18} />
        <input
          data-autofocus
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={entries[chosen] === undefined ? undefined : `p-${chosen}`}
          aria-label={t('palette.placeholder')}
          placeholder={t('palette.placeholder')}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
        <kbd className="kbd">Esc</kbd>
      </div>
      <div
        className="palette-list"
        id="palette-list"
        role="listbox"
        ref={list}
        aria-label={t('palette.actions')}
      >
        {entries.length === 0 && <p className="sm faint palette-none">{t('palette.nothing')}</p>}
        {entries.map((entry, index) => (
          <div key={entry.id} role="presentation">
            {entries[index - 1]?.section !== entry.section && (
              <div className="palette-section">{entry.section}</div>
            )}
            {/* The field keeps the focus and the keys; this is for the pointer. */}
            {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events */}
            <div
              id={`p-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              className={index === chosen ? 'palette-row is-on' : 'palette-row'}
              onPointerMove={() => setAt(index)}
              onClick={() => run(entry)}
            >
              <Icon name={entry.icon} />
              <bdi className="cut">{entry.title}</bdi>
              {entry.aside !== undefined && <bdi className="cut faint sm grow">{entry.aside}</bdi>}
              <span className="grow" />
              {entry.shortcut !== undefined && <KeyHint shortcut={entry.shortcut} />}
            </div>
          </div>
        ))}
      </div>
    </>
  );
}

function useCommands(): Entry[] {
  const { t, language } = useWords();
  const actions = useAllActions();
  const navigate = useNavigate();
  const setPresence = useSetPresence();
  return useMemo(() => {
    const now: Entry[] = actions
      .filter((action) => action.hidden !== true)
      .map((action) => ({
        id: `do-${action.id}`,
        section: t('palette.actions'),
        title: action.title,
        icon: action.icon ?? 'arrow-right',
        shortcut: action.keys?.[0],
        run: () => void perform(action.id),
      }));
    const always: Entry[] = [
      ...(['available', 'busy', 'away', 'offline'] as const).map((status) => ({
        id: `presence-${status}`,
        section: t('palette.actions'),
        title: t('palette.presence', { status: t(`presence.${status}`) }),
        icon: 'user' as const,
        run: () => (status === 'away' ? setPresence(status, 'break') : setPresence(status)),
      })),
      ...(['light', 'dark', 'system'] as const).map((theme) => ({
        id: `theme-${theme}`,
        section: t('palette.actions'),
        title: t('palette.theme', { theme: t(`me.theme_${theme}`) }),
        icon: 'sun' as const,
        run: () => preferences.set({ theme }),
      })),
      {
        id: 'language',
        section: t('palette.actions'),
        title: t('palette.language', { language: language === 'zh' ? 'English' : '中文' }),
        icon: 'globe',
        run: () => void switchLanguage(language === 'zh' ? 'en' : 'zh'),
      },
    ];
    const go: Entry[] = (
      [
        ['desk', '/desk', 'desk'],
        ['tickets', '/tickets', 'ticket'],
        ['customers', '/customers', 'users'],
        ['kb', '/kb/{-$id}', 'book'],
      ] as const
    ).map(([place, to, icon]) => ({
      id: `go-${place}`,
      section: t('palette.go_to'),
      title: t(`nav.${place}`),
      icon,
      run: () => void navigate({ to }),
    }));
    return [...now, ...always, ...go];
  }, [actions, language, navigate, setPresence, t]);
}

const NOTHING: Found = { conversations: [], customers: [], tickets: [], articles: [] };

function useFoundEntries(q: string): Entry[] {
  const { t } = useWords();
  const hub = useHub();
  const navigate = useNavigate();
  const { data = NOTHING } = useQuery({
    queryKey: ['search', q],
    enabled: q.length > 0,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => hub.read<Found>(`/api/search?q=${encodeURIComponent(q)}`, signal),
  });
  return useMemo(() => {
    if (q === '') return [];
    return [
      ...data.conversations.map((one): Entry => ({
        id: one.id,
        section: t('palette.conversations'),
        title: `#${one.number} ${one.customer.name}`,
        aside: one.subject ?? one.preview?.text,
        icon: CHANNEL_ICON[one.channel],
        run: () =>
          void navigate({
            to: '/desk/$view/{-$conversation}',
            params: { view: 'all', conversation: one.id },
          }),
      })),
      ...data.customers.map((one): Entry => ({
        id: one.id,
        section: t('palette.customers'),
        title: one.name,
        aside: one.identities.find((identity) => identity.kind !== 'chat')?.address,
        icon: 'user',
        run: () => void navigate({ to: '/customers/$id', params: { id: one.id } }),
      })),
      ...data.tickets.map((one): Entry => ({
        id: one.id,
        section: t('palette.tickets'),
        title: `T-${one.number} ${one.subject}`,
        aside: t(`tickets.statuses.${one.status}`),
        icon: 'ticket',
        run: () => void navigate({ to: '/tickets/$id', params: { id: one.id } }),
      })),
      ...data.articles.map((one): Entry => ({
        id: one.id,
        section: t('palette.articles'),
        title: one.title,
        icon: 'book',
        run: () => void navigate({ to: '/kb/{-$id}', params: { id: one.id } }),
      })),
    ];
  }, [data, navigate, q, t]);
}
