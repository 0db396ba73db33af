/** Where work waits, for whom, and what is promised. */
import { useState } from 'react';

import type { Queue } from '@/domain/entities';
import { byName, percentOf, spanOf } from '@/i18n/format';
import { useAll } from '@/sync-react';
import { ChoiceEntry, TextEntry } from '@/ui/entries';
import { Icon } from '@/ui/icons';
import { useWords } from '@/workbench/parts';

import { FormDialog } from './FormDialog';
import { Listing } from './Listing';
import { useAdminList, useKeep } from './useAdmin';

export function QueuesAdmin() {
  const { t, language } = useWords();
  const queues = useAdminList('queues');
  const [edited, setEdited] = useState<Queue | 'new' | null>(null);
  return (
    <Listing
      title={t('admin.queues.title')}
      list={queues}
      add={{ label: t('admin.queues.add'), run: () => setEdited('new') }}
    >
      {(items) => (
        <table className="table">
          <thead>
            <tr>
              <th>{t('admin.queues.name')}</th>
              <th className="only-wide">{t('admin.queues.key')}</th>
              <th className="only-wide">{t('admin.queues.medium')}</th>
              <th className="r">{t('admin.queues.target_short')}</th>
              <th className="r">{t('admin.queues.goal_short')}</th>
              <th className="r">{t('admin.queues.members')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((queue) => (
              <tr key={queue.id} className="go" onClick={() => setEdited(queue)}>
                <td>
                  <button
                    type="button"
                    className="row linklike plain-name"
                    onClick={() => setEdited(queue)}
                  >
                    <Icon name={queue.medium === 'email' ? 'email' : 'chat'} />{' '}
                    {queue.name[language]}
                  </button>
                </td>
                <td className="only-wide muted">{queue.key}</td>
                <td className="only-wide muted">{queue.medium}</td>
                <td className="r">{spanOf(queue.target, language)}</td>
                <td className="r">{percentOf(queue.goal)}</td>
                <td className="r">{queue.members.length}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {edited !== null && (
        <QueueForm queue={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Listing>
  );
}

function QueueForm({ queue, onClose }: { queue: Queue | null; onClose: () => void }) {
  const { t, language } = useWords();
  const agents = [...useAll('agent')].filter((agent) => !agent.disabled).sort(byName);
  const { keep, busy, problem } = useKeep('queues');
  const [fields, setFields] = useState({
    key: queue?.key ?? '',
    zh: queue?.name.zh ?? '',
    en: queue?.name.en ?? '',
    medium: queue?.medium ?? 'chat',
    target: String((queue?.target ?? 120_000) / 1000),
    goal: String(Math.round((queue?.goal ?? 0.8) * 100)),
    members: queue?.members ?? [],
  });
  const set = (change: Partial<typeof fields>) => setFields({ ...fields, ...change });
  const submit = async () => {
    const body = {
      name: { zh: fields.zh.trim(), en: fields.en.trim() },
      target: Math.round(Number(fields.target) * 1000),
      goal: Number(fields.goal) / 100,
      members: fields.members,
      ...(queue === null ? { key: fields.key.trim(), medium: fields.medium } : {}),
    };
    if (await keep(queue?.id ?? null, body)) onClose();
  };
  const toggle = (id: string, on: boolean) =>
    set({ members: on ? [...fields.members, id] : fields.members.filter((one) => one !== id) });
  return (
    <FormDialog
      title={queue === null ? t('admin.queues.add') : queue.name[language]}
      busy={busy}
      problem={problem}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      <div className="admin-two">
        <TextEntry
          label={t('admin.queues.name_zh')}
          lang="zh-CN"
          data-autofocus
          required
          value={fields.zh}
          onChange={(value) => set({ zh: value })}
        />
        <TextEntry
          label={t('admin.queues.name_en')}
          lang="en"
          required
          value={fields.en}
          onChange={(value) => set({ en: value })}
        />
        {queue === null && (
          <>
            <TextEntry
              label={t('admin.queues.key')}
              required
              pattern="[a-z0-9_\-]+"
              value={fields.key}
              onChange={(value) => set({ key: value })}
            />
            <ChoiceEntry
              label={t('admin.queues.medium')}
              value={fields.medium}
              choices={(['chat', 'email'] as const).map((medium) => [
                medium,
                t(`admin.queues.mediums.${medium}`),
              ])}
              onChange={(medium) => set({ medium })}
            />
          </>
        )}
        <TextEntry
          label={t('admin.queues.target')}
          type="number"
          min={1}
          required
          value={fields.target}
          onChange={(value) => set({ target: value })}
        />
        <TextEntry
          label={t('admin.queues.goal')}
          type="number"
          min={0}
          max={100}
          required
          value={fields.goal}
          onChange={(value) => set({ goal: value })}
        />
      </div>
      <fieldset className="fieldset">
        <legend className="label">{t('admin.queues.members')}</legend>
        <div className="admin-members">
          {agents.map((agent) => (
            <label key={agent.id} className="check">
              <input
                type="checkbox"
                checked={fields.members.includes(agent.id)}
                onChange={(event) => toggle(agent.id, event.currentTarget.checked)}
              />
              <span className="cut">{agent.name}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </FormDialog>
  );
}
