/** What the hub says in a thread about itself, in the reader's language. */
import type { Message } from '@/domain/entities';
import type { T } from '@/workbench/parts';

const KNOWN = [
  'opened',
  'assigned',
  'ended',
  'ended_by_agent',
  'ended_by_customer',
  'ended_by_hub',
  'reopened',
] as const;

/** The line's text is a code word, its subject says with whom or what; `named` turns an id into a name. */
export function systemWords(
  message: Message,
  named: (id: string) => string | undefined,
  t: T,
): string {
  const { author } = message;
  const name =
    author.name === ''
      ? (named(author.id?.replace(/^agent:/, '') ?? '') ?? t('common.unknown_person'))
      : author.name;
  const about = message.subject === null ? undefined : (named(message.subject) ?? message.subject);
  if (message.text === 'transferred') {
    return about === undefined
      ? t('thread.system.transferred_plain', { name })
      : t('thread.system.transferred', { name, about });
  }
  const code = KNOWN.find((known) => known === message.text);
  return code === undefined ? message.text : t(`thread.system.${code}`, { name });
}
