/** What the clock chip tells. */
import { expect, test } from 'vitest';

import { aConversation, MINUTE, NOON, SECOND } from '@/workbench/testing';

import { clockFor } from './clock';

test('a first reply that is due soon warns, a late one says by how much', () => {
  const due = (left: number) => clockFor(aConversation({ first_reply_due: NOON + left }), NOON);

  expect(due(41 * SECOND)).toEqual({ kind: 'soon', counts: 'due', span: 41 * SECOND });
  expect(due(8 * MINUTE)).toEqual({ kind: 'run', counts: 'due', span: 8 * MINUTE });
  expect(due(-200 * SECOND)).toEqual({ kind: 'late', counts: 'due', span: 200 * SECOND });
});

test('when we spoke last the clock rests', () => {
  const answered = aConversation({ preview: { text: 'ok', direction: 'out', author_name: 'me' } });

  expect(clockFor(answered, NOON)).toEqual({ kind: 'rest', because: 'on_customer' });
});

test('a customer in the queue sees time run since they came', () => {
  const waiting = aConversation({ agent_id: null, waiting_since: NOON - 3 * MINUTE });

  expect(clockFor(waiting, NOON)).toEqual({ kind: 'run', counts: 'wait', span: 3 * MINUTE });
});

test('an ended one rests, in wrap-up while it lasts', () => {
  const ended = { status: 'ended' as const };

  expect(clockFor(aConversation({ ...ended, wrap_up_until: NOON + 1 }), NOON)).toMatchObject({
    because: 'wrap_up',
  });
  expect(clockFor(aConversation(ended), NOON)).toMatchObject({ because: 'ended' });
});
