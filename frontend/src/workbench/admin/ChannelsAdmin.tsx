/** The ways in and out: what each does, when it last did, and how it is set up. */
import { useState } from 'react';

import type { ChannelKind, Millis } from '@/domain/entities';
import { agoOf } from '@/i18n/format';
import { useAll, useServerNow } from '@/sync-react';
import { Field } from '@/ui/Field';
import { Icon } from '@/ui/icons';
import { CHANNEL_ICON, useWords } from '@/workbench/parts';

import { FormDialog } from './FormDialog';
import { Listing } from './Listing';
import { useAdminList, useKeep } from './useAdmin';

export type Channel = {
  id: string;
  rev?: number;
  kind: ChannelKind;
  key: string;
  name: string;
  queue_id: string | null;
  enabled: boolean;
  settings: Record<string, unknown>;
  last_in?: Millis | null;
  last_out?: Millis | null;
  error?: string | null;
};

const KINDS: readonly ChannelKind[] = ['chat', 'email', 'webhook'];

export function ChannelsAdmin() {
  const { t } = useWords();
  const channels = useAdminList<Channel>('channels');
  const [edited, setEdited] = useState<Channel | 'new' | null>(null);
  return (
    <Listing
      title={t('admin.channels.title')}
      query={channels}
      add={{ label: t('admin.channels.add'), run: () => setEdited('new') }}
    >
      {(items) => (
        <div className="admin-cards">
          {items.map((channel) => (
            <ChannelCard key={channel.id} channel={channel} onEdit={() => setEdited(channel)} />
          ))}
        </div>
      )}
      {edited !== null && (
        <ChannelForm channel={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Listing>
  );
}

function ChannelCard({ channel, onEdit }: { channel: Channel; onEdit: () => void }) {
  const { t, language } = useWords();
  const now = useServerNow(10_000);
  const queue = useAll('queue').find((one) => one.id === channel.queue_id);
  const ago = (at: Millis | null | undefined) => (at == null ? '–' : agoOf(now - at, language));
  const trouble = channel.error != null && channel.error !== '';
  const [tone, icon, word] = !channel.enabled
    ? (['faint', 'hold', t('admin.channels.disabled')] as const)
    : trouble
      ? (['t-bad', 'stop', t('admin.channels.look')] as const)
      : (['t-ok', 'ok', t('admin.channels.working')] as const);
  return (
    <article className="card admin-card">
      <div className="row">
        <span className={`admin-ci ch-${channel.kind}`}>
          <Icon name={CHANNEL_ICON[channel.kind]} size={20} />
        </span>
        <div className="col grow">
          <span className="b cut">{channel.name}</span>
          <span className="sm muted cut">
            {t(`channels.${channel.kind}`)} · {channel.key}
          </span>
        </div>
        <span className={`row sm ${tone}`}>
          <Icon name={icon} size={14} /> {word}
        </span>
      </div>
      <dl className="kv">
        <dt>{t('admin.channels.queue')}</dt>
        <dd>{queue?.name[language] ?? '–'}</dd>
        <dt>{t('admin.channels.received')}</dt>
        <dd>{ago(channel.last_in)}</dd>
        <dt>{t('admin.channels.sent')}</dt>
        <dd>{ago(channel.last_out)}</dd>
        {trouble && (
          <>
            <dt>{t('admin.channels.error')}</dt>
            <dd className="t-bad admin-error">{channel.error}</dd>
          </>
        )}
      </dl>
      <div>
        <button type="button" className="btn sm" onClick={onEdit}>
          <Icon name="pencil" size={14} /> {t('common.edit')}
        </button>
      </div>
    </article>
  );
}

/** JSON as an administrator wrote it, or null when it cannot be read as an object. */
function objectOf(text: string): Record<string, unknown> | null {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function ChannelForm({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const { t, language } = useWords();
  const queues = useAll('queue');
  const { keep, busy, problem } = useKeep('channels');
  const [fields, setFields] = useState({
    kind: channel?.kind ?? 'chat',
    key: channel?.key ?? '',
    name: channel?.name ?? '',
    queue: channel?.queue_id ?? '',
    enabled: channel?.enabled ?? true,
    settings: JSON.stringify(channel?.settings ?? {}, null, 2),
    secrets: '',
  });
  const set = (change: Partial<typeof fields>) => setFields({ ...fields, ...change });
  const [settings, secrets] = [objectOf(fields.settings), objectOf(fields.secrets)];
  const bad = t('admin.channels.bad_json');
  const submit = async () => {
    if (settings === null || secrets === null) return;
    const body = {
      name: fields.name.trim(),
      enabled: fields.enabled,
      settings,
      ...(fields.queue === '' ? {} : { queue_id: fields.queue }),
      ...(fields.secrets.trim() === '' ? {} : { secrets }),
      ...(channel === null ? { kind: fields.kind, key: fields.key.trim() } : {}),
    };
    if (await keep(channel?.id ?? null, body)) onClose();
  };
  return (
    <FormDialog
      title={channel === null ? t('admin.channels.add') : channel.name}
      busy={busy}
      problem={problem}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      {channel === null && (
        <div className="admin-two">
          <Field label={t('admin.channels.kind')}>
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={fields.kind}
                onChange={(event) =>
                  set({ kind: KINDS.find((kind) => kind === event.currentTarget.value) ?? 'chat' })
                }
              >
                {KINDS.map((kind) => (
                  <option key={kind} value={kind}>
                    {t(`channels.${kind}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t('admin.queues.key')}>
            {(ids) => (
              <input
                {...ids}
                className="input"
                required
                value={fields.key}
                onChange={(event) => set({ key: event.currentTarget.value })}
              />
            )}
          </Field>
        </div>
      )}
      <Field label={t('admin.channels.name')}>
        {(ids) => (
          <input
            {...ids}
            className="input"
            data-autofocus
            required
            value={fields.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={t('admin.channels.queue')}>
        {(ids) => (
          <select
            {...ids}
            className="input"
            value={fields.queue}
            onChange={(event) => set({ queue: event.currentTarget.value })}
          >
            <option value="">–</option>
            {queues.map((queue) => (
              <option key={queue.id} value={queue.id}>
                {queue.name[language]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('admin.channels.settings')} problem={settings === null ? bad : undefined}>
        {(ids) => (
          <textarea
            {...ids}
            className="input admin-json"
            rows={5}
            spellCheck={false}
            value={fields.settings}
            onChange={(event) => set({ settings: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={t('admin.channels.secrets')} problem={secrets === null ? bad : undefined}>
        {(ids) => (
          <textarea
            {...ids}
            className="input admin-json"
            rows={3}
            spellCheck={false}
            autoComplete="off"
            value={fields.secrets}
            onChange={(event) => set({ secrets: event.currentTarget.value })}
          />
        )}
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={fields.enabled}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        {t('admin.channels.enabled')}
      </label>
    </FormDialog>
  );
}
