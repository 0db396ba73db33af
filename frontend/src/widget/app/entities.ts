/** What the visitor sees of the hub's state, and how one logged change moves it on. */
import type { Change, Conversation, Message } from './protocol.ts';

export type Held = {
  readonly conversation: Conversation | null;
  readonly messages: ReadonlyMap<string, Message>;
  /** What was removed, with its `rev`, so that a late repeat cannot bring it back. */
  readonly gone: ReadonlyMap<string, number>;
};

export const NOTHING: Held = { conversation: null, messages: new Map(), gone: new Map() };

/** A snapshot replaces everything. */
export function snapshot(conversation: Conversation | null, messages: readonly Message[]): Held {
  return {
    conversation,
    messages: new Map(messages.map((message) => [message.id, message])),
    gone: new Map(),
  };
}

/** Apply one change; a repeat or an older `rev` changes nothing. */
export function apply(held: Held, change: Change): Held {
  if (change.entity === 'conversation') return applyToConversation(held, change);
  return change.entity === 'message' ? applyToMessage(held, change) : held;
}

function applyToConversation(held: Held, { id, rev, full, patch }: Change): Held {
  const { conversation } = held;
  if (conversation?.id === id) {
    if (rev <= conversation.rev) return held;
    if (full) return { ...held, conversation: { ...(full as Conversation), id, rev } };
    return { ...held, conversation: patch ? { ...conversation, ...patch, id, rev } : null };
  }
  // Ids rise with time: only a newer conversation takes the place of the one on the screen.
  if (!full || (conversation && id < conversation.id)) return held;
  return { ...held, conversation: { ...(full as Conversation), id, rev } };
}

function applyToMessage(held: Held, { id, rev, full, patch }: Change): Held {
  const known = held.messages.get(id);
  if (rev <= (known?.rev ?? held.gone.get(id) ?? 0)) return held;
  if (full) return withMessage(held, { ...(full as Message), id, rev });
  if (patch) return known ? withMessage(held, { ...known, ...patch, id, rev }) : held;

  const messages = new Map(held.messages);
  messages.delete(id);
  return { ...held, messages, gone: new Map(held.gone).set(id, rev) };
}

function withMessage(held: Held, message: Message): Held {
  return { ...held, messages: new Map(held.messages).set(message.id, message) };
}

/** In reading order: conversations by age (their ids rise with time), messages by their place in them. */
export function inOrder(messages: Iterable<Message>): Message[] {
  return [...messages].sort((a, b) =>
    a.conversation_id === b.conversation_id
      ? a.ordinal - b.ordinal
      : a.conversation_id < b.conversation_id
        ? -1
        : 1,
  );
}
