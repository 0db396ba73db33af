/** What the hub says in a thread about itself, in the reader's language. */
import type { Message } from '@/domain/entities';
import type { T } from '@/workbench/parts';

const KNOWN = ['opened', 'assigned', 'transferred', 'ended', 'reopened'] as const;

/** An event line carries a code word; anything else is shown as it was written. */
export function systemWords(message: Message, t: T): string {
  const code = KNOWN.find((known) => known === message.text);
  return code === undefined ? message.text : t(`thread.system.${code}`, { name: message.author.name });
}
