/** Things of the field for tests: what does not matter is filled in. */
import type {
  Agent,
  Channel,
  Conversation,
  Me,
  Message,
  Offer,
  Parked,
  Quarantined,
  Queue,
} from '@/domain/entities';

export const NOON = Date.UTC(2026, 10, 17, 12, 0, 0);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

export function someMe(fields: Partial<Me> = {}): Me {
  return {
    ...anAgent({ id: 'me', name: 'Han Mei' }),
    email: 'han@spruce.example',
    preferences: {},
    ...fields,
  };
}

export function anAgent(fields: Partial<Agent> = {}): Agent {
  return {
    id: 'li',
    rev: 1,
    name: 'Li Lei',
    role: 'agent',
    languages: ['zh', 'en'],
    teams: [],
    disabled: false,
    avatar: null,
    ...fields,
  };
}

export function aQueue(fields: Partial<Queue> = {}): Queue {
  return {
    id: 'returns',
    rev: 1,
    key: 'returns',
    name: { zh: '退换货', en: 'Returns' },
    medium: 'chat',
    target: 2 * MINUTE,
    goal: 0.8,
    members: ['me'],
    ...fields,
  };
}

export function aConversation(fields: Partial<Conversation> = {}): Conversation {
  return {
    id: 'c1',
    rev: 1,
    number: 4821,
    channel: 'chat',
    channel_id: 'web',
    customer: { id: 'alice', name: 'Alice Chen' },
    subject: null,
    status: 'open',
    routing: 'assigned',
    queue_id: 'returns',
    agent_id: 'me',
    language: 'en',
    opened_at: NOON - 10 * MINUTE,
    ended_at: null,
    waiting_since: null,
    first_reply_due: null,
    last_message_at: NOON - MINUTE,
    preview: { text: 'Where is my order?', direction: 'in', author_name: 'Alice Chen' },
    unread: 0,
    message_count: 1,
    last_ordinal: 1,
    ticket_ids: [],
    rating: null,
    wrap_up_until: null,
    ...fields,
  };
}

export function aMessage(fields: Partial<Message> = {}): Message {
  return {
    id: 'm1',
    rev: 1,
    conversation_id: 'c1',
    ordinal: 1,
    direction: 'in',
    author: { kind: 'customer', id: 'alice', name: 'Alice Chen' },
    text: 'Where is my order?',
    html: null,
    quoted: null,
    subject: null,
    at: NOON - MINUTE,
    state: 'received',
    error: null,
    attachments: [],
    automatic: false,
    trust: null,
    ...fields,
  };
}

export function anOffer(fields: Partial<Offer> = {}): Offer {
  return {
    id: 'o1',
    rev: 1,
    item_id: 'w1',
    conversation_id: 'c1',
    queue_id: 'returns',
    agent_id: 'me',
    state: 'pending',
    made_at: NOON,
    deadline: NOON + 20 * SECOND,
    waited: 38 * SECOND,
    customer: { id: 'lin', name: '林佳怡' },
    channel: 'chat',
    preview: '想退沙发',
    why: { code: 'longest_idle', facts: {} },
    ...fields,
  };
}

export function aChannel(fields: Partial<Channel> = {}): Channel {
  return {
    id: 'web',
    rev: 3,
    kind: 'chat',
    key: 'web',
    name: 'Web chat',
    queue_id: 'returns',
    language: null,
    reply_within: MINUTE,
    enabled: true,
    settings: {},
    secrets: [],
    url: null,
    is_up: null,
    error: null,
    quarantined: 0,
    last_in: null,
    last_out: null,
    ...fields,
  };
}

export function someQuarantined(fields: Partial<Quarantined> = {}): Quarantined {
  return {
    id: 'q1',
    at: NOON - MINUTE,
    channel_id: 'mail',
    channel: 'email',
    channel_name: 'Help mailbox',
    reason: 'too many parts',
    sender: 'mia@example.com',
    key: 'k1',
    attempts: 1,
    ...fields,
  };
}

export function aParked(fields: Partial<Parked> = {}): Parked {
  return {
    id: 'hub.tickets.after:message.received:41',
    subscription: 'hub.tickets.after:message.received',
    seq: 41,
    type: 'message.received',
    at: NOON - 2 * MINUTE,
    data: { message_id: 'm1' },
    state: 'parked',
    attempts: 5,
    error: 'Traceback (most recent call last):\n  File "x.py"\nValueError: cannot digest this',
    since: NOON - MINUTE,
    ...fields,
  };
}
