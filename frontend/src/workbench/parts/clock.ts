/** What the clock chip of a conversation shows: how urgent it is, and which span it counts. */
import type { Conversation, Millis } from '@/domain/entities';

export type Clock =
  | { kind: 'run' | 'soon' | 'late'; counts: 'due' | 'wait'; span: Millis }
  | { kind: 'rest'; because: 'on_customer' | 'ended' | 'wrap_up' };

const SOON: Millis = 5 * 60_000;

type Timed = Pick<
  Conversation,
  | 'status'
  | 'routing'
  | 'waiting_since'
  | 'first_reply_due'
  | 'last_message_at'
  | 'preview'
  | 'wrap_up_until'
>;

export function clockFor(conversation: Timed, now: Millis): Clock {
  if (conversation.status === 'ended') {
    const wrapping = conversation.wrap_up_until !== null && conversation.wrap_up_until > now;
    return { kind: 'rest', because: wrapping ? 'wrap_up' : 'ended' };
  }
  if (conversation.preview?.direction === 'out') return { kind: 'rest', because: 'on_customer' };
  if (conversation.first_reply_due !== null) {
    const left = conversation.first_reply_due - now;
    if (left < 0) return { kind: 'late', counts: 'due', span: -left };
    return { kind: left <= SOON ? 'soon' : 'run', counts: 'due', span: left };
  }
  const since = conversation.waiting_since ?? conversation.last_message_at;
  return { kind: 'run', counts: 'wait', span: Math.max(0, now - since) };
}
