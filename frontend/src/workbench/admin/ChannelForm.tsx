/** The dialog in which a channel is set up: what its kind needs, its secrets, and anything further. */
import { useState } from 'react';

import type { Channel } from '@/domain/entities';
import { useAll } from '@/sync-react';
import { ChoiceEntry, TextEntry } from '@/ui/entries';
import { Field } from '@/ui/Field';
import { Icon } from '@/ui/icons';
import { useWords } from '@/workbench/parts';

import { CopyLine, useCopy } from './CopyLine';
import { faultAt } from './faults';
import { FormDialog } from './FormDialog';
import {
  embedLine,
  isKind,
  KINDS,
  NEEDS,
  newSigningSecret,
  objectOf,
  partedSettings,
  wholeSettings,
  type Kind,
  type SecretName,
  type Setting,
} from './kinds';
import { useKeep } from './useAdmin';

const MINUTE = 60_000;
const OWN_PATHS = ['/kind', '/key', '/name', '/queue_id', '/language', '/reply_within'];

type ChannelFormProps = { channel: Channel | null; onClose: () => void };

/** What stands in the dialog. A secret that is null is to be taken away. */
type Entries = {
  kind: string;
  key: string;
  name: string;
  queue: string;
  language: string;
  minutes: string;
  enabled: boolean;
  settings: Record<string, string>;
  further: string;
  secrets: Record<string, string | null>;
};

function entriesOf(channel: Channel | null): Entries {
  const kind = channel?.kind ?? 'chat';
  const { entries, further } = partedSettings(kind, channel?.settings ?? {});
  return {
    kind,
    key: channel?.key ?? '',
    name: channel?.name ?? '',
    queue: channel?.queue_id ?? '',
    language: channel?.language ?? '',
    minutes: channel?.reply_within == null ? '' : String(channel.reply_within / MINUTE),
    enabled: channel?.enabled ?? true,
    settings: entries,
    further: Object.keys(further).length === 0 ? '' : JSON.stringify(further, null, 2),
    secrets: {},
  };
}

function bodyOf(entries: Entries, further: Record<string, unknown>, channel: Channel | null) {
  const secrets = Object.entries(entries.secrets).filter(([, value]) => value !== '');
  return {
    name: entries.name.trim(),
    queue_id: entries.queue === '' ? null : entries.queue,
    language: entries.language === '' ? null : entries.language,
    reply_within: entries.minutes === '' ? null : Math.round(Number(entries.minutes) * MINUTE),
    enabled: entries.enabled,
    settings: wholeSettings(entries.kind, entries.settings, further),
    ...(secrets.length === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
    ...(channel === null
      ? { kind: entries.kind, key: entries.key.trim() }
      : { if_rev: channel.rev }),
  };
}

export function ChannelForm({ channel, onClose }: ChannelFormProps) {
  const { t, language } = useWords();
  const queues = useAll('queue');
  const { keep, busy, problem } = useKeep('channels');
  const [fields, setFields] = useState(() => entriesOf(channel));
  const set = (change: Partial<Entries>) => setFields((held) => ({ ...held, ...change }));
  const further = objectOf(fields.further);
  const needs = isKind(fields.kind) ? NEEDS[fields.kind] : { settings: [], secrets: [] };
  const wrong = (path: string) => faultAt(problem, path, t);
  const shown = [
    ...OWN_PATHS,
    ...needs.settings.map(({ name }) => `/settings/${name}`),
    ...needs.secrets.map((name) => `/secrets/${name}`),
  ];
  const submit = async () => {
    if (further === null) return;
    if (await keep(channel?.id ?? null, bodyOf(fields, further, channel))) onClose();
  };
  return (
    <FormDialog
      title={channel === null ? t('admin.channels.add') : channel.name}
      busy={busy}
      problem={problem}
      shows={(path) => shown.some((one) => path === one || path.startsWith(`${one}/`))}
      size={620}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      <div className="admin-two">
        {channel === null && (
          <>
            <ChoiceEntry
              label={t('admin.channels.kind')}
              problem={wrong('/kind')}
              value={fields.kind}
              choices={KINDS.map((kind) => [kind, t(`admin.channels.kinds.${kind}`)])}
              onChange={(kind) => set({ kind, settings: {}, secrets: {} })}
            />
            <TextEntry
              label={t('admin.queues.key')}
              hint={t('admin.channels.key_hint')}
              problem={wrong('/key')}

              required
              pattern="[a-z0-9][a-z0-9\-]*"
              maxLength={61}
              autoComplete="off"
              value={fields.key}
              onChange={(value) => set({ key: value })}
            />
          </>
        )}
        <TextEntry
          label={t('admin.channels.name')}
          problem={wrong('/name')}
          data-autofocus
          required
          maxLength={100}
          value={fields.name}
          onChange={(value) => set({ name: value })}
        />
        <ChoiceEntry
          label={t('admin.channels.queue')}
          problem={wrong('/queue_id')}
          value={fields.queue}
          choices={[
            ['', t('admin.channels.no_queue')],
            ...queues.map(({ id, name }) => [id, name[language]] as const),
          ]}
          onChange={(queue) => set({ queue })}
        />
        <ChoiceEntry
          label={t('admin.channels.language')}
          problem={wrong('/language')}
          value={fields.language}
          choices={[
            ['', t('admin.channels.any_language')],
            ['zh', t('customer.languages.zh')],
            ['en', t('customer.languages.en')],
          ]}
          onChange={(chosen) => set({ language: chosen })}
        />
        <TextEntry
          label={t('admin.channels.reply_within')}
          problem={wrong('/reply_within')}
          type="number"
          min={0.5}
          step={0.5}
          value={fields.minutes}
          onChange={(value) => set({ minutes: value })}
        />
      </div>
      {isKind(fields.kind) && <Doors channel={channel} kind={fields.kind} />}
      <div className="admin-two">
        {needs.settings.map((setting) => (
          <SettingField
            key={setting.name}
            setting={setting}
            value={fields.settings[setting.name] ?? ''}
            problem={wrong(`/settings/${setting.name}`)}
            onChange={(value) => set({ settings: { ...fields.settings, [setting.name]: value } })}
          />
        ))}
        {needs.secrets.map((name) => (
          <SecretField
            key={name}
            name={name}
            held={channel?.secrets.includes(name) ?? false}
            value={fields.secrets[name] === undefined ? '' : fields.secrets[name]}
            problem={wrong(`/secrets/${name}`)}
            onChange={(value) => set({ secrets: { ...fields.secrets, [name]: value } })}
          />
        ))}
      </div>
      <details className="admin-further" open={further === null || undefined}>
        <summary>{t('admin.channels.further')}</summary>
        <Field
          label={t('admin.channels.settings')}
          problem={further === null ? t('admin.channels.bad_json') : undefined}
        >
          {(ids) => (
            <textarea
              {...ids}
              className="input admin-json"
              rows={4}
              spellCheck={false}
              value={fields.further}
              onChange={(event) => set({ further: event.currentTarget.value })}
            />
          )}
        </Field>
      </details>
      <label className="check">
        <input
          type="checkbox"
          checked={fields.enabled}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        {t('admin.channels.enabled')}
        <span className="sm faint">{t('admin.channels.enabled_hint')}</span>
      </label>
    </FormDialog>
  );
}

/** What is to be given to whoever is to reach the channel. */
function Doors({ channel, kind }: { channel: Channel | null; kind: Kind }) {
  const { t } = useWords();
  if (kind === 'email') return null;
  if (channel === null) {
    return kind === 'chat' ? null : (
      <p className="sm muted run">{t(`admin.channels.door_later.${kind}`)}</p>
    );
  }
  if (kind === 'chat') {
    const line = embedLine(location.origin, channel.key);
    return <CopyLine label={t('admin.channels.door.chat')} text={line} />;
  }
  return channel.url === null ? null : (
    <CopyLine
      label={t(`admin.channels.door.${kind}`)}
      text={new URL(channel.url, location.origin).href}
    />
  );
}

type SettingFieldProps = {
  setting: Setting;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
};

function SettingField({ setting, value, problem, onChange }: SettingFieldProps) {
  const { t } = useWords();
  const { name, form, usual } = setting;
  return (
    <Field label={t(`admin.channels.fields.${name}`)} problem={problem}>
      {(ids) =>
        form === 'list' ? (
          <textarea
            {...ids}
            className="input"
            rows={2}
            spellCheck={false}
            placeholder={usual}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        ) : form !== undefined && form !== 'number' ? (
          <select
            {...ids}
            className="input"
            value={value === '' ? form[0] : value}
            onChange={(event) => onChange(event.currentTarget.value)}
          >
            {form.map((choice) => (
              <option key={choice} value={choice}>
                {choice === 'none' ? t('admin.channels.no_security') : choice.toUpperCase()}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...ids}
            className="input"
            inputMode={form === 'number' ? 'numeric' : undefined}
            autoComplete="off"
            spellCheck={false}
            placeholder={usual}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        )
      }
    </Field>
  );
}

type SecretFieldProps = {
  name: SecretName;
  held: boolean;
  /** Null: to be taken away. */
  value: string | null;
  problem: string | undefined;
  onChange: (value: string | null) => void;
};

/** A secret is written and never read back; what is held stays unless something is written. */
function SecretField({ name, held, value, problem, onChange }: SecretFieldProps) {
  const { t } = useWords();
  const [made, setMade] = useState(false);
  const copy = useCopy();
  const label = t(`admin.channels.fields.${name}`);
  const hint =
    value === null
      ? t('admin.channels.secret_goes')
      : made
        ? t('admin.channels.secret_made')
        : held
          ? t('admin.channels.secret_held')
          : undefined;
  return (
    <Field label={label} problem={problem} hint={hint}>
      {(ids) => (
        <span className="row">
          <input
            {...ids}
            className={made ? 'input admin-json' : 'input'}
            type={made ? 'text' : 'password'}
            autoComplete="new-password"
            disabled={value === null}
            placeholder={held ? '••••••••' : undefined}
            value={value ?? ''}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
          {made && value !== null && (
            <button
              type="button"
              className="btn quiet icon"
              aria-label={t('admin.copy_of', { what: label })}
              onClick={() => copy(value)}
            >
              <Icon name="copy" />
            </button>
          )}
          {name === 'secret' && !made && (
            <button
              type="button"
              className="btn sm"
              onClick={() => {
                setMade(true);
                onChange(newSigningSecret());
              }}
            >
              {t('admin.channels.make_secret')}
            </button>
          )}
          {held && name !== 'secret' && (
            <button
              type="button"
              className="btn quiet icon"
              aria-label={t(
                value === null ? 'admin.channels.keep_secret' : 'admin.channels.drop_secret',
                { name: label },
              )}
              onClick={() => onChange(value === null ? '' : null)}
            >
              <Icon name={value === null ? 'undo' : 'x'} />
            </button>
          )}
        </span>
      )}
    </Field>
  );
}
