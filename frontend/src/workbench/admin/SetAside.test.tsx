/** What was set aside: looked at, tried again, let go. */
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';

import { aParked, draw, FakeHub, someQuarantined, speak } from '@/workbench/testing';

import { ParkedAdmin, QuarantineAdmin } from './SetAside';

let hub: FakeHub;

beforeEach(async () => {
  await speak('en');
  hub = new FakeHub();
});

const asked = () => hub.commands.map(({ method, path }) => `${method} ${path}`);

test('what could not be read is shown with its reason and where it came from', async () => {
  hub.reads.set('/api/quarantine', { items: [someQuarantined({ attempts: 2 })], next: null });
  draw(hub, <QuarantineAdmin />);

  const row = await screen.findByRole('listitem');

  expect(row).toHaveTextContent('too many parts');
  expect(row).toHaveTextContent('Help mailbox · mia@example.com · 2 tries');
});

test('it can be looked at as it came, and fetched', async () => {
  hub.reads.set('/api/quarantine', { items: [someQuarantined()], next: null });
  hub.reads.set('/api/quarantine/q1/text', {
    id: 'q1',
    text: 'From: <script>alert(1)</script>',
    size: 70_000,
    is_whole: false,
  });
  draw(hub, <QuarantineAdmin />);

  await userEvent.click(await screen.findByRole('button', { name: 'See as it came' }));
  const dialog = within(await screen.findByRole('dialog'));

  expect(await dialog.findByText('From: <script>alert(1)</script>')).toBeVisible();
  expect(dialog.getByText('The beginning of 70 KB')).toBeVisible();
  expect(dialog.getByRole('link', { name: 'Download' })).toHaveAttribute(
    'href',
    '/api/quarantine/q1/raw',
  );
});

test('it is read again, and discarded only when asked twice', async () => {
  hub.reads.set('/api/quarantine', { items: [someQuarantined()], next: null });
  draw(hub, <QuarantineAdmin />);

  await userEvent.click(await screen.findByRole('button', { name: 'Read it again' }));
  await userEvent.click(screen.getByRole('button', { name: 'Discard' }));
  expect(asked()).toEqual(['POST /api/quarantine/q1/replay']);
  await userEvent.click(screen.getByRole('button', { name: 'Discard?' }));

  expect(asked()).toEqual(['POST /api/quarantine/q1/replay', 'DELETE /api/quarantine/q1']);
});

test('a double click is one answer, not two', async () => {
  hub.reads.set('/api/quarantine', { items: [someQuarantined()], next: null });
  draw(hub, <QuarantineAdmin />);

  await userEvent.dblClick(await screen.findByRole('button', { name: 'Discard' }));

  expect(screen.getByRole('button', { name: 'Discard?' })).toBeVisible();
  expect(asked()).toEqual([]);
});

test('looking away takes the question back', async () => {
  hub.reads.set('/api/quarantine', { items: [someQuarantined()], next: null });
  draw(hub, <QuarantineAdmin />);
  await userEvent.click(await screen.findByRole('button', { name: 'Discard' }));

  await userEvent.tab();

  expect(screen.getByRole('button', { name: 'Discard' })).toBeVisible();
  expect(asked()).toEqual([]);
});

test('there is more than a page', async () => {
  hub.reads.set('/api/quarantine', { items: [someQuarantined()], next: 'later' });
  hub.reads.set('/api/quarantine?limit=200&cursor=later', {
    items: [someQuarantined({ id: 'q2', reason: 'no sender' })],
    next: null,
  });
  draw(hub, <QuarantineAdmin />);

  await userEvent.click(await screen.findByRole('button', { name: 'Show more' }));

  expect(await screen.findByText('no sender')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Show more' })).not.toBeInTheDocument();
});

test('an empty quarantine says that all is well', async () => {
  draw(hub, <QuarantineAdmin />);

  expect(await screen.findByText('Quarantine is empty')).toBeVisible();
});

test('a parked event says which reader could not take it, and why', async () => {
  hub.reads.set('/api/parked', {
    items: [aParked(), aParked({ id: 'other:42', seq: 42, state: 'retrying' })],
    next: null,
  });
  draw(hub, <ParkedAdmin />);

  const [parked, retrying] = await screen.findAllByRole('listitem');

  expect(parked).toHaveTextContent('ValueError: cannot digest this');
  expect(parked).toHaveTextContent('message.received 41');
  expect(parked).toHaveTextContent('waits for you · 5 tries');
  expect(retrying).toHaveTextContent('still tried by itself');
});

test('a parked event is looked into, replayed and discarded', async () => {
  hub.reads.set('/api/parked', { items: [aParked()], next: null });
  draw(hub, <ParkedAdmin />);
  await userEvent.click(await screen.findByRole('button', { name: 'Look into it' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByLabelText('What the log has of it')).toHaveTextContent('"message_id": "m1"');
  expect(dialog.getByLabelText('Reason')).toHaveTextContent('Traceback');
  await userEvent.click(dialog.getByRole('button', { name: 'Close' }));

  await userEvent.click(screen.getByRole('button', { name: 'Replay' }));
  await userEvent.click(screen.getByRole('button', { name: 'Discard' }));
  await userEvent.click(screen.getByRole('button', { name: 'Discard?' }));

  const path = '/api/parked/hub.tickets.after%3Amessage.received%3A41';
  expect(asked()).toEqual([`POST ${path}/replay`, `DELETE ${path}`]);
});
