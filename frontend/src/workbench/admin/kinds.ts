/** What there is to fill in for each kind of channel; anything else goes into its further settings. */
import type { ChannelKind } from '@/domain/entities';

/** The kinds that can be set up here. */
export const KINDS = ['chat', 'email', 'sms', 'webhook'] as const satisfies readonly ChannelKind[];
export type Kind = (typeof KINDS)[number];

export type SettingName =
  | 'title'
  | 'colour'
  | 'origins'
  | 'address'
  | 'name'
  | 'imap_host'
  | 'imap_port'
  | 'imap_user'
  | 'imap_security'
  | 'smtp_host'
  | 'smtp_port'
  | 'smtp_user'
  | 'smtp_security'
  | 'account_sid'
  | 'number'
  | 'messaging_service'
  | 'region'
  | 'public_url'
  | 'url';

export type SecretName =
  | 'imap_password'
  | 'smtp_password'
  | 'auth_token'
  | 'secondary_token'
  | 'secret'
  | 'previous_secret';

export type Setting = {
  name: SettingName;
  /** `text` unless said otherwise. A list has one entry a line. */
  form?: 'number' | 'list' | readonly string[];
  /** What holds while it is empty. */
  usual?: string;
};

type Needs = { settings: readonly Setting[]; secrets: readonly SecretName[] };

export const NEEDS: Record<Kind, Needs> = {
  chat: {
    settings: [
      { name: 'title' },
      { name: 'colour', usual: '#3d5a45' },
      { name: 'origins', form: 'list', usual: 'https://www.example.com' },
    ],
    secrets: [],
  },
  email: {
    settings: [
      { name: 'address', usual: 'help@example.com' },
      { name: 'name' },
      { name: 'imap_host', usual: 'imap.example.com' },
      { name: 'imap_port', form: 'number', usual: '993' },
      { name: 'imap_user' },
      { name: 'imap_security', form: ['tls', 'none'] },
      { name: 'smtp_host', usual: 'smtp.example.com' },
      { name: 'smtp_port', form: 'number', usual: '587' },
      { name: 'smtp_user' },
      { name: 'smtp_security', form: ['starttls', 'tls', 'none'] },
    ],
    secrets: ['imap_password', 'smtp_password'],
  },
  sms: {
    settings: [
      { name: 'account_sid', usual: 'AC…' },
      { name: 'number', usual: '+4930901820' },
      { name: 'messaging_service', usual: 'MG…' },
      { name: 'region', usual: 'CN' },
      { name: 'public_url', usual: 'https://desk.example.com' },
    ],
    secrets: ['auth_token', 'secondary_token'],
  },
  webhook: {
    settings: [{ name: 'url', usual: 'https://example.com/answers' }],
    secrets: ['secret', 'previous_secret'],
  },
};

export const isKind = (kind: string): kind is Kind => KINDS.some((one) => one === kind);

/** A setting as it stands in its field. */
export function entryOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(entryOf).join('\n');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** What a field says, or undefined when it says nothing. A port that is no number is left to the hub to refuse. */
export function valueOf({ form }: Setting, entry: string): unknown {
  const text = entry.trim();
  if (text === '') return undefined;
  if (form === 'list') return text.split(/[\s,，]+/);
  if (form === 'number' && /^\d+$/.test(text)) return Number(text);
  return text;
}

/** The settings that have a field, and all others. */
export function partedSettings(
  kind: string,
  settings: Record<string, unknown>,
): { entries: Record<string, string>; further: Record<string, unknown> } {
  const known = isKind(kind) ? NEEDS[kind].settings.map(({ name }): string => name) : [];
  const entries = Object.entries(settings);
  return {
    entries: Object.fromEntries(
      entries.filter(([name]) => known.includes(name)).map(([name, one]) => [name, entryOf(one)]),
    ),
    further: Object.fromEntries(entries.filter(([name]) => !known.includes(name))),
  };
}

/** The settings as the hub wants them: the fields laid over all others. */
export function wholeSettings(
  kind: string,
  entries: Record<string, string>,
  further: Record<string, unknown>,
): Record<string, unknown> {
  const whole = { ...further };
  for (const setting of isKind(kind) ? NEEDS[kind].settings : []) {
    const value = valueOf(setting, entries[setting.name] ?? '');
    if (value !== undefined) whole[setting.name] = value;
  }
  return whole;
}

/** JSON as an administrator wrote it, or null when it cannot be read as an object. */
export function objectOf(text: string): Record<string, unknown> | null {
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

/** A signing secret nobody has guessed: 32 bytes in the form that Standard Webhooks give it. */
export function newSigningSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

/** The line that shows a chat on a site. */
export const embedLine = (origin: string, key: string): string =>
  `<script src="${origin}/widget/loader.js" data-channel="${key}" async></script>`;
