/** Channels as an administrator sees them and sets them up. */
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';

import type { Channel } from '@/domain/entities';
import { Refused } from '@/sync';
import { aChannel, aQueue, draw, FakeHub, NOON, SECOND, speak } from '@/workbench/testing';

import { ChannelsAdmin } from './ChannelsAdmin';

let hub: FakeHub;
let sections: string[];

beforeEach(async () => {
  await speak('en');
  hub = new FakeHub();
  hub.store.put('queue', [aQueue()]);
  sections = [];
});

const drawChannels = (...channels: Channel[]) => {
  hub.reads.set('/api/channels', { items: channels, next: null });
  draw(hub, <ChannelsAdmin onSection={(section) => sections.push(section)} />);
};
const card = (name: string) => screen.findByRole('article', { name });
const dialog = () => screen.findByRole('dialog');
const refuse = (what: string, ...faults: { path: string; problem: string }[]) =>
  hub.refusals.set(what, new Refused({ status: 422, code: 'invalid', faults }));

test('a card says how a channel fares and when it last did something', async () => {
  drawChannels(
    aChannel({ last_in: NOON - 4 * SECOND, last_out: null }),
    aChannel({
      id: 'mail',
      kind: 'email',
      name: 'Mailbox',
      is_up: false,
      error: 'IMAP: SignInRefused',
    }),
    aChannel({ id: 'new', kind: 'email', name: 'New mailbox' }),
    aChannel({ id: 'off', name: 'Old chat', enabled: false, error: 'as it was' }),
  );

  expect(await card('Web chat')).toHaveTextContent('Working');
  expect(await card('Web chat')).toHaveTextContent('Received4 sec ago');
  expect(await card('Web chat')).toHaveTextContent('Sentnot lately');
  expect(await card('Web chat')).toHaveTextContent('Returns');
  expect(await card('Mailbox')).toHaveTextContent('Needs a look');
  expect(await card('Mailbox')).toHaveTextContent('IMAP: SignInRefused');
  expect(await card('New mailbox')).toHaveTextContent('Connecting');
  expect(await card('Old chat')).toHaveTextContent('Off');
  expect(await card('Old chat')).not.toHaveTextContent('as it was');
  expect(screen.getByText('3 in use, 1 needs a look')).toBeVisible();
});

test('what lies in quarantine is one press away', async () => {
  drawChannels(aChannel({ quarantined: 3 }));

  await userEvent.click(await screen.findByRole('button', { name: '3 in quarantine' }));

  expect(sections).toEqual(['quarantine']);
});

test('with no channel there is something to begin with', async () => {
  drawChannels();

  expect(await screen.findByText('No channel is set up')).toBeVisible();
});

test('a refusal and a lost line are told apart, and tried again', async () => {
  hub.reads.set('/api/channels', new Refused({ status: 0, code: 'unreachable' }));
  draw(hub, <ChannelsAdmin onSection={() => undefined} />);
  expect(await screen.findByText('The hub does not answer')).toBeVisible();

  hub.reads.set('/api/channels', { items: [aChannel()], next: null });
  await userEvent.click(screen.getByRole('button', { name: 'Retry' }));

  expect(await card('Web chat')).toBeVisible();
});

test('text messages by Twilio are set up with a number and a token', async () => {
  drawChannels();
  await userEvent.click(await screen.findByRole('button', { name: 'Add a channel' }));
  const form = within(await dialog());

  await userEvent.selectOptions(form.getByLabelText('Kind'), 'sms');
  await userEvent.type(form.getByLabelText('Key'), 'texts');
  await userEvent.type(form.getByLabelText('Name'), 'Text messages');
  await userEvent.type(form.getByLabelText('Account SID'), 'AC1');
  await userEvent.type(form.getByLabelText('Own number'), '+4930901820');
  await userEvent.type(form.getByLabelText('Auth token'), 'hush');
  await userEvent.click(form.getByRole('button', { name: 'Save' }));

  expect(hub.commands).toMatchObject([{ method: 'POST', path: '/api/channels' }]);
  expect(hub.commands[0]?.body).toEqual({
    kind: 'sms',
    key: 'texts',
    name: 'Text messages',
    queue_id: null,
    language: null,
    reply_within: null,
    enabled: true,
    settings: { account_sid: 'AC1', number: '+4930901820' },
    secrets: { auth_token: 'hush' },
  });
});

test('a change sends what was read, keeps what has no field, and no secret nobody wrote', async () => {
  const settings = { address: 'help@spruce.example', imap_port: 993, quotes: false };
  drawChannels(
    aChannel({ id: 'mail', kind: 'email', name: 'Mailbox', settings, secrets: ['imap_password'] }),
  );
  await userEvent.click(await screen.findByRole('button', { name: 'Edit Mailbox' }));
  const form = within(await dialog());

  const password = form.getByLabelText('IMAP password');
  expect(password).toHaveValue('');
  expect(password).toHaveAccessibleDescription('Kept encrypted. Leave empty to keep it');
  await userEvent.selectOptions(form.getByLabelText('New conversations go to'), 'No queue');
  await userEvent.click(form.getByRole('button', { name: 'Save' }));

  expect(hub.commands).toMatchObject([{ method: 'PATCH', path: '/api/channels/mail' }]);
  expect(hub.commands[0]?.body).toEqual({
    if_rev: 3,
    name: 'Mailbox',
    queue_id: null,
    language: null,
    reply_within: 60_000,
    enabled: true,
    settings,
  });
});

test('a secret that is held can be taken away', async () => {
  const secrets = ['secret', 'previous_secret'];
  drawChannels(aChannel({ kind: 'webhook', secrets, url: 'https://hub.example/hooks/web' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Edit Web chat' }));
  const form = within(await dialog());
  expect(form.getByText('https://hub.example/hooks/web')).toBeVisible();

  await userEvent.click(form.getByRole('button', { name: /^Remove: Previous secret/ }));
  await userEvent.click(form.getByRole('button', { name: 'Save' }));

  expect(hub.commands[0]?.body).toMatchObject({ secrets: { previous_secret: null } });
});

test('a signing secret is made here, and shown while it can be copied', async () => {
  drawChannels();
  await userEvent.click(await screen.findByRole('button', { name: 'Add a channel' }));
  const form = within(await dialog());
  await userEvent.selectOptions(form.getByLabelText('Kind'), 'webhook');

  await userEvent.click(form.getByRole('button', { name: 'Make one' }));

  const secret = form.getByLabelText('Signing secret');
  expect(secret).toHaveAttribute('type', 'text');
  expect((secret as HTMLInputElement).value).toMatch(/^whsec_.{40,}/);
  expect(form.getByRole('button', { name: 'Copy: Signing secret' })).toBeVisible();
});

test('each fault stands beside its entry, in the language of the screen', async () => {
  await speak('zh');
  refuse(
    'PATCH /api/channels/mail',
    { path: '/settings/imap_host', problem: 'must be the name of a server' },
    { path: '/secrets/imap_password', problem: 'is missing' },
    { path: '/settings/authserv_id', problem: 'something unheard of' },
  );
  drawChannels(aChannel({ id: 'mail', kind: 'email', name: '邮箱' }));
  await userEvent.click(await screen.findByRole('button', { name: '编辑邮箱' }));
  const form = within(await dialog());

  await userEvent.click(form.getByRole('button', { name: '保存' }));

  expect(form.getByLabelText('IMAP 服务器')).toHaveAccessibleDescription('不是服务器名');
  expect(form.getByLabelText('IMAP 密码')).toHaveAccessibleDescription('还没填');
  expect(form.getByRole('alert')).toHaveTextContent('/settings/authserv_id something unheard of');
  expect(form.getByRole('alert')).not.toHaveTextContent('imap_host');
});

test('faults that all stand beside their entries are not named twice', async () => {
  refuse('PATCH /api/channels/web', { path: '/settings/colour', problem: 'a colour such as #…' });
  drawChannels(aChannel());
  await userEvent.click(await screen.findByRole('button', { name: 'Edit Web chat' }));
  const form = within(await dialog());

  await userEvent.click(form.getByRole('button', { name: 'Save' }));

  expect(form.getByRole('alert')).toHaveTextContent(/^What is marked above cannot be used.$/);
  expect(form.getByLabelText('Colour')).toBeInvalid();
});

test('further settings that are no JSON are not sent', async () => {
  drawChannels(aChannel({ settings: { odd: 1 } }));
  await userEvent.click(await screen.findByRole('button', { name: 'Edit Web chat' }));
  const form = within(await dialog());
  await userEvent.click(form.getByText('Further settings'));

  await userEvent.type(form.getByLabelText('Settings (JSON)'), 'x');
  await userEvent.click(form.getByRole('button', { name: 'Save' }));

  expect(form.getByLabelText('Settings (JSON)')).toHaveAccessibleDescription(
    'This is not valid JSON.',
  );
  expect(hub.commands).toEqual([]);
});

test('a channel is switched off with one press', async () => {
  drawChannels(aChannel());

  await userEvent.click(await screen.findByRole('button', { name: 'Switch Web chat off' }));

  expect(hub.commands).toMatchObject([
    { method: 'PATCH', path: '/api/channels/web', body: { enabled: false, if_rev: 3 } },
  ]);
});

test('one that cannot be switched on as it is opens to be finished', async () => {
  refuse('PATCH /api/channels/web', { path: '/settings/number', problem: 'is missing' });
  drawChannels(aChannel({ kind: 'sms', enabled: false }));

  await userEvent.click(await screen.findByRole('button', { name: 'Switch Web chat on' }));

  expect(within(await dialog()).getByRole('checkbox')).toBeChecked();
});

test('an address is copied with a press', async () => {
  const user = userEvent.setup();
  const write = vi.spyOn(navigator.clipboard, 'writeText');
  drawChannels(aChannel({ kind: 'sms', url: 'https://hub.example/channels/sms/web' }));
  await user.click(await screen.findByRole('button', { name: 'Edit Web chat' }));

  await user.click(within(await dialog()).getByRole('button', { name: /^Copy:/ }));

  await waitFor(() => expect(write).toHaveBeenCalledWith('https://hub.example/channels/sms/web'));
});
