/** Reply and note cannot be taken for each other. */
import { act, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';

import type { Conversation } from '@/domain/entities';
import {
  aConversation,
  aMessage,
  anAgent,
  anEntry,
  draw,
  FakeHub,
  NOON,
  SECOND,
  speak,
} from '@/workbench/testing';

import { Composer } from './Composer';

let hub: FakeHub;

beforeEach(async () => {
  await speak('en');
  hub = new FakeHub();
  hub.store.put('agent', [anAgent()]);
});

const nothing = () => undefined;
const drawComposer = (fields: Partial<Conversation> = {}) =>
  draw(
    hub,
    <Composer
      conversation={aConversation(fields)}
      onEnd={nothing}
      onTake={nothing}
      onReopen={nothing}
    />,
  );
const box = () => screen.getByRole('textbox');

test('the button names the channel and the person', () => {
  drawComposer();

  expect(screen.getByRole('button', { name: /Send by chat · Alice/ })).toBeInTheDocument();
});

test('in a note the button and the words say that the customer cannot see it', async () => {
  drawComposer();

  await userEvent.click(screen.getByRole('tab', { name: /Note/ }));

  expect(screen.getByRole('button', { name: /Save note/ })).toBeInTheDocument();
  expect(screen.getByText('Customer cannot see this')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /Send by/ })).not.toBeInTheDocument();
});

test('each mode keeps its own words', async () => {
  drawComposer();

  await userEvent.type(box(), 'for you');
  await userEvent.click(screen.getByRole('tab', { name: /Note/ }));
  expect(box()).toHaveValue('');
  await userEvent.type(box(), 'for us');
  await userEvent.click(screen.getByRole('tab', { name: /Reply/ }));

  expect(box()).toHaveValue('for you');
  expect(hub.drafts.draft('c1', 'note').get().text).toBe('for us');
});

test('Enter sends a reply as a reply and empties the box', async () => {
  drawComposer({ last_ordinal: 7 });

  await userEvent.type(box(), 'Hello{Enter}');

  expect(hub.letters).toMatchObject([
    { conversation: 'c1', mode: 'reply', text: 'Hello', seen_ordinal: 7 },
  ]);
  expect(box()).toHaveValue('');
});

test('Enter in a note saves a note', async () => {
  drawComposer();

  await userEvent.click(screen.getByRole('tab', { name: /Note/ }));
  await userEvent.type(box(), 'ask the warehouse{Enter}');

  expect(hub.letters).toMatchObject([{ mode: 'note', text: 'ask the warehouse' }]);
});

test('the Enter that ends a pinyin word sends nothing', () => {
  drawComposer();
  fireEvent.change(box(), { target: { value: '你好' } });

  fireEvent.compositionStart(box());
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 229, isComposing: true });
  fireEvent.compositionEnd(box());

  expect(hub.letters).toEqual([]);
});

test('a mail is sent with Ctrl+Enter only, and can be taken back', async () => {
  drawComposer({ channel: 'email' });

  await userEvent.type(box(), 'Dear Alice{Enter}more');
  expect(hub.letters).toEqual([]);
  await userEvent.keyboard('{Control>}{Enter}{/Control}');

  expect(hub.letters).toMatchObject([{ text: 'Dear Alice\nmore', undo_for: 5000 }]);
});

test('white space alone is not sent', async () => {
  drawComposer();

  await userEvent.type(box(), '   {Enter}');

  expect(hub.letters).toEqual([]);
});

test('a draft of another window takes the place of an untouched one', () => {
  drawComposer();

  act(() => hub.drafts.write('c1', 'reply', 'written elsewhere'));

  expect(box()).toHaveValue('written elsewhere');
});

test('somebody else has it: one starts with a note', () => {
  drawComposer({ agent_id: 'li' });

  expect(screen.getByRole('tab', { name: /Note/ })).toHaveAttribute('aria-selected', 'true');
});

test('an ended conversation offers to reopen, a waiting one to take', () => {
  const { unmount } = drawComposer({ status: 'ended' });
  expect(screen.getByRole('button', { name: 'Reopen' })).toBeInTheDocument();
  unmount();

  drawComposer({ agent_id: null, routing: 'waiting' });
  expect(screen.getByRole('button', { name: /Take it to reply/ })).toBeInTheDocument();
});

test('a reply held back by a colleague’s shows both, and can be kept, sent or made a note', async () => {
  const theirs = aMessage({
    id: 'm2',
    ordinal: 2,
    direction: 'out',
    author: { kind: 'agent', id: 'li', name: 'Li Lei' },
    text: 'Leaves tonight.',
    at: NOON - 40 * SECOND,
  });
  hub.show('c1', { items: [{ kind: 'message', id: 'm2', message: theirs }] });
  const mine = {
    conversation: 'c1',
    mode: 'reply' as const,
    text: 'Still checking.',
    seen_ordinal: 1,
  };
  hub.hold('c1', [anEntry(mine, { state: 'held' })]);
  drawComposer();

  const dialog = screen.getByRole('alertdialog');
  expect(dialog).toHaveTextContent('Li Lei replied 40 sec ago');
  expect(dialog).toHaveTextContent('Leaves tonight.');
  expect(dialog).toHaveTextContent('Still checking.');
  await userEvent.click(screen.getByRole('button', { name: 'Send anyway' }));
  expect(hub.insisted).toEqual(['e1']);
  await userEvent.click(screen.getByRole('button', { name: /Make it a note/ }));

  expect(hub.letters).toMatchObject([{ mode: 'note', text: 'Still checking.' }]);
  expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument();
});
