/** A thread as it is drawn: days, the place where the unread begin, and the messages between. */
import type { Id, Message, Millis } from '@/domain/entities';
import { dayStart } from '@/i18n/format';
import type { ThreadItem } from '@/sync';

export type Line =
  | { kind: 'day'; key: string; at: Millis }
  | { kind: 'unread'; key: string }
  | { kind: 'item'; key: Id; item: ThreadItem };

export const momentOfItem = (item: ThreadItem): Millis =>
  item.kind === 'message' ? item.message.at : item.entry.made_at;

export function linesOf(items: readonly ThreadItem[], unreadFrom: Id | null): Line[] {
  const lines: Line[] = [];
  let day: Millis | undefined;
  for (const item of items) {
    const starts = dayStart(momentOfItem(item));
    if (starts !== day) lines.push({ kind: 'day', key: `day-${starts}-${item.id}`, at: starts });
    day = starts;
    if (item.id === unreadFrom) lines.push({ kind: 'unread', key: 'unread' });
    lines.push({ kind: 'item', key: item.id, item });
  }
  return lines;
}

/** Where reading goes on: the oldest of the last `unread` messages from outside. */
export function firstUnread(messages: readonly Message[], unread: number): Id | null {
  if (unread <= 0) return null;
  const inbound = messages.filter((message) => message.direction === 'in');
  return inbound.at(-unread)?.id ?? inbound[0]?.id ?? null;
}

export const messagesOf = (items: readonly ThreadItem[]): Message[] =>
  items.flatMap((item) => (item.kind === 'message' ? [item.message] : []));
