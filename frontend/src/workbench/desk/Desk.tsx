/** The agent's desk: list, conversation, customer. One pane at a time on a narrow screen. */
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';

import type { Conversation, Id, ViewName } from '@/domain/entities';
import type { OutboxEntry } from '@/sync';
import { useConnection, useEntity, useGround, useHub } from '@/sync-react';
import { ErrorBoundary } from '@/ui/ErrorBoundary';
import { Icon } from '@/ui/icons';
import { StatePanel } from '@/ui/StatePanel';
import { toast } from '@/ui/toasts';
import { useMedia, useNarrow } from '@/ui/useMedia';
import { KEYS, useActions } from '@/workbench/actions';
import { Composer } from '@/workbench/composer';
import { Inbox, type Filter } from '@/workbench/inbox';
import { problemOf, useWords } from '@/workbench/parts';
import { useSetPresence } from '@/workbench/presence';
import { ThreadHead, ThreadView, TransferDialog, type ThreadCommands } from '@/workbench/thread';

import { ContextPanel } from './ContextPanel';
import { usePicked } from './usePicked';

import './desk.css';

export type PanelTab = 'customer' | 'tickets' | 'articles' | 'wrap_up';
export type DeskSearch = { q?: string; status?: 'ended'; panel?: PanelTab };

type DeskProps = { view: ViewName; conversation: Id | undefined; search: DeskSearch };

export function Desk({ view, conversation: addressed, search }: DeskProps) {
  const navigate = useNavigate();
  const narrow = useNarrow();
  const roomy = useMedia('(min-width: 1100px)');
  const setPresence = useSetPresence();
  const filter: Filter = { q: search.q ?? '', status: search.status ?? 'open' };
  const panel = search.panel;

  const address = useCallback(
    (
      to: { view?: ViewName; conversation: Id | undefined; search?: DeskSearch },
      replace: boolean,
    ) =>
      void navigate({
        to: '/desk/$view/{-$conversation}',
        params: { view: to.view ?? view, conversation: to.conversation },
        search: to.search ?? search,
        replace,
      }),
    [navigate, view, search],
  );
  // The words first: the address, and what stands beside them, once somebody stays.
  const { shown: selected, pick } = usePicked(addressed, (conversation) =>
    address({ conversation }, true),
  );
  const go = useCallback(
    (
      to: { view?: ViewName; conversation?: Id | undefined; search?: DeskSearch },
      replace = false,
    ) => address({ conversation: selected, ...to }, replace),
    [address, selected],
  );
  const openPanel = useCallback(
    (tab: PanelTab | undefined) => {
      const { panel: _, ...rest } = search;
      go({ search: tab === undefined ? rest : { ...rest, panel: tab } }, true);
    },
    [go, search],
  );
  // On a narrow screen it is a page of its own, to come back from.
  const open = useCallback(
    (id: Id) => (narrow ? go({ conversation: id }) : pick(id)),
    [narrow, go, pick],
  );

  const showList = !narrow || selected === undefined;
  const showThread = !narrow || (selected !== undefined && panel === undefined);
  const showPanel =
    addressed !== undefined && selected !== undefined && (roomy || panel !== undefined);
  return (
    <div className={roomy ? 'desk roomy' : 'desk'}>
      {showList && (
        <Inbox
          view={view}
          filter={filter}
          selected={selected}
          onView={(next) => go({ view: next, search: panel === undefined ? {} : { panel } })}
          onFilter={(next) =>
            go(
              {
                search: {
                  ...(next.q === '' ? {} : { q: next.q }),
                  ...(next.status === 'ended' ? { status: 'ended' } : {}),
                  ...(panel === undefined ? {} : { panel }),
                },
              },
              true,
            )
          }
          onOpen={open}
          onPresence={(status) =>
            status === 'away' ? setPresence('away', 'break') : setPresence('available')
          }
        />
      )}
      {showThread && (
        <main className="pane mid">
          {selected === undefined ? (
            <Nothing />
          ) : (
            <Opened
              key={selected}
              id={selected}
              onBack={() => go({ conversation: undefined })}
              onPanel={openPanel}
            />
          )}
        </main>
      )}
      {showPanel && (
        <aside className={roomy ? 'pane ctx' : 'pane ctx over'}>
          <ContextPanel
            conversation={addressed}
            tab={panel ?? 'customer'}
            onTab={openPanel}
            {...(roomy ? {} : { onClose: () => openPanel(undefined) })}
          />
        </aside>
      )}
    </div>
  );
}

function Nothing() {
  const { t } = useWords();
  return <StatePanel title={t('desk.pick')} text={t('desk.pick_why')} />;
}

type OpenedProps = { id: Id; onBack: () => void; onPanel: (tab: PanelTab | undefined) => void };

function Opened({ id, onBack, onPanel }: OpenedProps) {
  const { t } = useWords();
  const hub = useHub();
  const conversation = useEntity('conversation', id, true);
  const missing = useMissing(id, conversation);
  useEffect(() => {
    hub.viewing(id);
    return () => hub.viewing(null);
  }, [hub, id]);
  if (conversation === undefined) {
    return missing ? (
      <StatePanel icon="search" title={t('desk.not_found')} text={t('desk.not_found_why')}>
        <button type="button" className="btn" onClick={onBack}>
          {t('desk.back_to_list')}
        </button>
      </StatePanel>
    ) : null;
  }
  return <OpenConversation conversation={conversation} onBack={onBack} onPanel={onPanel} />;
}

/** True once the hub has said that there is no such conversation for me. */
function useMissing(id: Id, conversation: Conversation | undefined): boolean {
  const hub = useHub();
  const { state } = useConnection();
  const [missing, setMissing] = useState(false);
  const held = conversation !== undefined;
  useEffect(() => {
    if (held) return;
    let here = true;
    hub.store
      .want('conversation', id)
      .then((found) => here && setMissing(found === undefined))
      .catch(() => undefined); // the banner tells of a lost line; it is asked again with the next one
    return () => {
      here = false;
    };
  }, [hub, id, held, state]);
  return missing;
}

function OpenConversation({
  conversation,
  onBack,
  onPanel,
}: { conversation: Conversation } & Omit<OpenedProps, 'id'>) {
  const { t } = useWords();
  const hub = useHub();
  const me = useGround()?.me;
  const [transferring, setTransferring] = useState(false);
  const { id } = conversation;
  const mine = conversation.agent_id === me?.id;

  const ask = useCallback(
    (what: 'take' | 'end' | 'reopen', patch: Record<string, unknown>) => {
      hub
        .command({
          method: 'POST',
          path: `/api/conversations/${id}/${what}`,
          body: {},
          lane: id,
          optimism: [{ entity: 'conversation', id, patch }],
        })
        .then(() => {
          if (what === 'end') onPanel('wrap_up');
        })
        .catch((error: unknown) => toast({ text: problemOf(error, t), tone: 'bad' }));
    },
    [hub, id, onPanel, t],
  );
  const commands: ThreadCommands = {
    take: () => ask('take', { agent_id: me?.id ?? null, routing: 'assigned' }),
    end: () => ask('end', { status: 'ended', routing: 'none' }),
    reopen: () => ask('reopen', { status: 'open' }),
    transfer: () => setTransferring(true),
    copyLink: () =>
      void navigator.clipboard
        .writeText(`${window.location.origin}/desk/all/${id}`)
        .then(() => toast({ text: t('common.copied'), tone: 'ok' })),
    newTicket: () => onPanel('tickets'),
  };
  const open = conversation.status === 'open';
  useActions([
    ...(open && conversation.agent_id === null
      ? [
          {
            id: 'take',
            title: t('keys.take'),
            group: 'conversation' as const,
            icon: 'check' as const,
            keys: KEYS.take,
            run: commands.take,
          },
        ]
      : []),
    ...(open && (mine || me?.role !== 'agent')
      ? [
          {
            id: 'end',
            title: t('keys.end'),
            group: 'conversation' as const,
            icon: 'check' as const,
            keys: KEYS.end,
            run: commands.end,
          },
        ]
      : []),
    ...(open
      ? [
          {
            id: 'transfer',
            title: t('keys.transfer'),
            group: 'conversation' as const,
            icon: 'transfer' as const,
            keys: KEYS.transfer,
            run: commands.transfer,
          },
        ]
      : []),
    {
      id: 'ticket',
      title: t('keys.ticket'),
      group: 'conversation',
      icon: 'ticket',
      keys: KEYS.ticket,
      run: commands.newTicket,
    },
  ]);

  const takeBack = (entry: OutboxEntry) => {
    void hub.outbox.discard(entry.id).then((back) => {
      if (back) hub.drafts.write(id, entry.mode, entry.body.text, entry.attachments);
    });
  };
  return (
    <>
      <ThreadHead
        conversation={conversation}
        commands={commands}
        onBack={onBack}
        onPanel={() => onPanel('customer')}
      />
      <ErrorBoundary
        fallback={(retry) => (
          <StatePanel icon="warn" title={t('errors.panel')} text={t('errors.panel_why')}>
            <button type="button" className="btn" onClick={retry}>
              <Icon name="refresh" /> {t('common.retry')}
            </button>
          </StatePanel>
        )}
      >
        <ThreadView conversation={conversation} onTakeBack={takeBack} />
      </ErrorBoundary>
      <Composer
        conversation={conversation}
        onEnd={commands.end}
        onTake={commands.take}
        onReopen={commands.reopen}
      />
      <TransferDialog
        conversation={conversation}
        opened={transferring}
        onClose={() => setTransferring(false)}
      />
    </>
  );
}
