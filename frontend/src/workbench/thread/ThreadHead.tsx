/** Who it is, how urgent, whose it is, and what can be done with the whole conversation. */
import { Menu } from '@mantine/core';

import type { Conversation } from '@/domain/entities';
import { listOf } from '@/i18n/format';
import { useEntity, useGround, useHub, useLive } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { KEYS, KeyHint } from '@/workbench/actions';
import { ChannelIcon, ClockChip, useWords } from '@/workbench/parts';

export type ThreadCommands = {
  take: () => void;
  transfer: () => void;
  end: () => void;
  reopen: () => void;
  copyLink: () => void;
  newTicket: () => void;
};

type ThreadHeadProps = {
  conversation: Conversation;
  commands: ThreadCommands;
  onBack: () => void;
  onPanel: () => void;
};

export function ThreadHead({ conversation, commands, onBack, onPanel }: ThreadHeadProps) {
  const { t, language } = useWords();
  const queue = useEntity('queue', conversation.queue_id);
  const me = useGround()?.me.id;
  const ended = conversation.status === 'ended';
  const waiting = !ended && conversation.agent_id === null;
  const customer = useEntity('customer', conversation.customer.id);
  return (
    <header className="th">
      <button
        type="button"
        className="btn quiet icon only-narrow"
        aria-label={t('common.back')}
        onClick={onBack}
      >
        <Icon name="left" size={20} />
      </button>
      <div className="col grow">
        <div className="row">
          <h1 className="cut" tabIndex={-1} id="thread-title">
            <bdi>{conversation.customer.name}</bdi>
          </h1>
          {customer?.vip === true && <span className="chip vip">{t('desk.vip')}</span>}
          <span className="chip line">
            <ChannelIcon channel={conversation.channel} />
            <span className="ch-name">{t(`channels.${conversation.channel}`)}</span>
          </span>
          <span className="only-wide">
            <ClockChip conversation={conversation} long />
          </span>
        </div>
        <div className="th-sub">
          <span className="num">#{conversation.number}</span>
          <span className="cut" dir="auto">
            {conversation.subject ?? queue?.name[language]}
          </span>
          <span className="chip line only-wide">{useStanding(conversation)}</span>
          <span className="only-narrow">
            <ClockChip conversation={conversation} />
          </span>
        </div>
      </div>
      <Viewers conversation={conversation} />
      {waiting && (
        <button type="button" className="btn primary" onClick={commands.take}>
          {t('thread.take')} <KeyHint shortcut={KEYS.take[0]} />
        </button>
      )}
      {!ended && (
        <button type="button" className="btn only-wide" onClick={commands.transfer}>
          <Icon name="transfer" /> {t('thread.transfer')}
        </button>
      )}
      {!ended && !waiting && (
        <button type="button" className="btn only-wide" onClick={commands.end}>
          <Icon name="check" /> {t('thread.end')} <KeyHint shortcut={KEYS.end[0]} />
        </button>
      )}
      {ended && (
        <button type="button" className="btn only-wide" onClick={commands.reopen}>
          <Icon name="undo" /> {t('thread.reopen')}
        </button>
      )}
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <button type="button" className="btn quiet icon" aria-label={t('thread.more')}>
            <Icon name="more" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {!ended && conversation.agent_id !== null && (
            <Menu.Item
              className="only-narrow"
              leftSection={<Icon name="check" />}
              onClick={commands.end}
            >
              {t('thread.end')}
            </Menu.Item>
          )}
          {!ended && (
            <Menu.Item
              className="only-narrow"
              leftSection={<Icon name="transfer" />}
              onClick={commands.transfer}
            >
              {t('thread.transfer')}
            </Menu.Item>
          )}
          {ended && (
            <Menu.Item
              className="only-narrow"
              leftSection={<Icon name="undo" />}
              onClick={commands.reopen}
            >
              {t('thread.reopen')}
            </Menu.Item>
          )}
          <Menu.Item className="only-narrow" leftSection={<Icon name="user" />} onClick={onPanel}>
            {t('customer.panel')}
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="ticket" />}
            rightSection={<KeyHint shortcut={KEYS.ticket[0]} />}
            onClick={commands.newTicket}
          >
            {t('tickets.new_ticket')}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="link" />} onClick={commands.copyLink}>
            {t('thread.copy_link')}
          </Menu.Item>
          {me !== undefined && conversation.agent_id === null && !ended && (
            <Menu.Item leftSection={<Icon name="check" />} onClick={commands.end}>
              {t('thread.end')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}

/** Whose it is, in words. */
function useStanding(conversation: Conversation): string {
  const { t, language } = useWords();
  const me = useGround()?.me.id;
  const owner = useEntity('agent', conversation.agent_id);
  const queue = useEntity('queue', conversation.queue_id);
  if (conversation.status === 'ended') return t('thread.ended');
  if (conversation.agent_id === me) return t('thread.on_me');
  if (conversation.agent_id !== null) {
    return t('thread.with', { name: owner?.name ?? t('common.unknown_person') });
  }
  if (conversation.routing === 'offered') return t('thread.offered');
  if (conversation.routing === 'waiting' && queue !== undefined) {
    return t('thread.waiting', { queue: queue.name[language] });
  }
  return t('thread.unowned');
}

function Viewers({ conversation }: { conversation: Conversation }) {
  const { t, language } = useWords();
  const { store } = useHub();
  const me = useGround()?.me.id;
  const viewing = useLive('viewing', conversation.id) ?? [];
  const typing =
    useLive('typing', conversation.id)?.agents.filter((agent) => agent.id !== me) ?? [];
  const writer = typing[0];
  if (writer !== undefined) {
    return (
      <span className="viewers only-wide">
        <Icon name="pencil" size={14} />
        {t(writer.mode === 'note' ? 'desk.noting' : 'desk.typing', { names: writer.name })}
      </span>
    );
  }
  const names = viewing
    .filter((id) => id !== me)
    .map((id) => store.get('agent', id)?.name ?? t('common.unknown_person'));
  if (names.length === 0) return null;
  return (
    <span className="viewers only-wide">
      <Icon name="eye" size={14} />
      {t('desk.viewing', { names: listOf(names, language) })}
    </span>
  );
}
