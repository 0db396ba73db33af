/** Which conversations a view shows, and in which order. */
import type { Conversation, Id, ViewName } from './entities';

/** The sort key of a conversation in a view (smaller first), or null when it is not in it. */
export type Placing = (conversation: Conversation, me: Id) => number | null;

export const placings: Record<ViewName, Placing> = {
  /** What I carry: open, or ended and still in my wrap-up. Newest activity first. */
  mine: (conversation, me) =>
    conversation.agent_id === me &&
    (conversation.status === 'open' || conversation.wrap_up_until !== null)
      ? -conversation.last_message_at
      : null,
  /** Waiting for an agent, also while held for one by an offer. Longest wait first. */
  waiting: (conversation) =>
    conversation.status === 'open' &&
    (conversation.routing === 'waiting' || conversation.routing === 'offered')
      ? (conversation.waiting_since ?? conversation.opened_at)
      : null,
  /** Everything open. Newest activity first. */
  all: (conversation) => (conversation.status === 'open' ? -conversation.last_message_at : null),
};

export const viewNames: readonly ViewName[] = ['mine', 'waiting', 'all'];
