/** The second line of a list row: whose words, and which. */
import type { Conversation } from '@/domain/entities';
import type { T } from '@/workbench/parts';

export function previewOf(conversation: Conversation, me: { name: string }, t: T): string {
  const { preview, subject, channel } = conversation;
  if (preview === null || (preview.text === '' && preview.direction !== 'event')) {
    return subject ?? (preview === null ? t('desk.no_words') : t('desk.attachment'));
  }
  const text = preview.text.replace(/\s+/g, ' ').trim();
  if (preview.direction === 'in') {
    return channel === 'email' && subject !== null && subject !== '' ? `${subject}  ${text}` : text;
  }
  if (preview.direction === 'event') return text;
  if (preview.author_name === me.name) return t('desk.me_prefix', { text });
  return t('desk.agent_prefix', { name: preview.author_name, text });
}
