/** Hand a conversation to a queue or a colleague, with a note for whoever takes it. */
import { Modal } from '@mantine/core';
import { useMemo, useState } from 'react';

import type { Conversation } from '@/domain/entities';
import { byName, shortNameOf } from '@/i18n/format';
import { useAll, useCommand, useGround, useLiveTopic } from '@/sync-react';
import { Field } from '@/ui/Field';
import { Icon } from '@/ui/icons';
import { toast } from '@/ui/toasts';
import { Avatar, PresenceDot, useWords, wordsFor } from '@/workbench/parts';

type Target = { kind: 'queue' | 'agent'; id: string; name: string };

type TransferDialogProps = { conversation: Conversation; opened: boolean; onClose: () => void };

export function TransferDialog({ conversation, opened, onClose }: TransferDialogProps) {
  const { t } = useWords();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size={460}
      title={t('transfer.title', { name: shortNameOf(conversation.customer.name) })}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <TransferForm conversation={conversation} onClose={onClose} />
    </Modal>
  );
}

function useTargets(): Target[] {
  const { language } = useWords();
  const me = useGround()?.me.id;
  const queues = useAll('queue');
  const agents = useAll('agent');
  return useMemo(
    () => [
      ...queues
        .map((queue): Target => ({ kind: 'queue', id: queue.id, name: queue.name[language] }))
        .sort(byName),
      ...agents
        .filter((agent) => agent.id !== me && !agent.disabled)
        .map((agent): Target => ({ kind: 'agent', id: agent.id, name: agent.name }))
        .sort(byName),
    ],
    [queues, agents, language, me],
  );
}

function TransferForm({ conversation, onClose }: Omit<TransferDialogProps, 'opened'>) {
  const { t } = useWords();
  const presence = useLiveTopic('presence');
  const targets = useTargets();
  const [q, setQ] = useState('');
  const [chosen, setChosen] = useState<Target | null>(null);
  const [note, setNote] = useState('');
  const command = useCommand();
  const fitting = targets.filter((one) => one.name.toLowerCase().includes(q.trim().toLowerCase()));

  const submit = async () => {
    if (chosen === null) return;
    const done = await command.run({
      method: 'POST',
      path: `/api/conversations/${conversation.id}/transfer`,
      body: {
        ...(chosen.kind === 'queue' ? { queue_id: chosen.id } : { agent_id: chosen.id }),
        ...(note.trim() === '' ? {} : { note }),
      },
      lane: conversation.id,
    });
    if (done === undefined) return;
    toast({ text: t('transfer.done', { name: chosen.name }), tone: 'ok' });
    onClose();
  };

  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field label={t('transfer.find')}>
        {(ids) => (
          <input
            {...ids}
            className="input"
            data-autofocus
            value={q}
            onChange={(event) => setQ(event.currentTarget.value)}
          />
        )}
      </Field>
      <div className="choices" role="radiogroup" aria-label={t('transfer.find')}>
        {fitting.length === 0 && <p className="sm faint">{t('transfer.nobody')}</p>}
        {fitting.map((target) => (
          <label key={target.id} className="choice">
            <input
              type="radio"
              name="target"
              checked={chosen?.id === target.id}
              onChange={() => setChosen(target)}
            />
            {target.kind === 'queue' ? (
              <span className="avatar sm">
                <Icon name="users" size={14} />
              </span>
            ) : (
              <Avatar name={target.name} size="sm" />
            )}
            <span className="cut grow">{target.name}</span>
            {target.kind === 'agent' && (
              <span className="row sm muted">
                <PresenceDot state={presence.get(target.id)?.status ?? 'offline'} />
                {t(`presence.${presence.get(target.id)?.status ?? 'offline'}`)}
              </span>
            )}
          </label>
        ))}
      </div>
      <Field label={t('transfer.note')}>
        {(ids) => (
          <textarea
            {...ids}
            className="input note-input"
            rows={3}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        )}
      </Field>
      {command.problem !== null && (
        <p className="sm t-bad" role="alert">
          {wordsFor(command.problem.code, t)}
        </p>
      )}
      <div className="row">
        <button type="submit" className="btn primary" disabled={chosen === null || command.running}>
          <Icon name="transfer" /> {t('transfer.submit')}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}
