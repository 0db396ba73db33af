/** What is filled in for a channel, and what the hub is given of it. */
import { expect, test } from 'vitest';

import { embedLine, newSigningSecret, objectOf, partedSettings, wholeSettings } from './kinds';

test('settings without a field stay as they are', () => {
  const settings = {
    address: 'help@spruce.example',
    imap_port: 1993,
    quotes: false,
    authserv_id: 'mx.spruce.example',
  };

  const { entries, further } = partedSettings('email', settings);

  expect(entries).toEqual({ address: 'help@spruce.example', imap_port: '1993' });
  expect(further).toEqual({ quotes: false, authserv_id: 'mx.spruce.example' });
  expect(wholeSettings('email', entries, further)).toEqual(settings);
});

test('an emptied field takes its setting away', () => {
  const { entries, further } = partedSettings('sms', { account_sid: 'AC1', region: 'CN' });

  expect(wholeSettings('sms', { ...entries, region: '  ' }, further)).toEqual({
    account_sid: 'AC1',
  });
});

test('ports are numbers and sites a list', () => {
  const mail = wholeSettings('email', { imap_port: ' 993 ', smtp_port: 'many' }, {});
  const chat = wholeSettings('chat', { origins: 'https://a.example\nhttps://b.example' }, {});

  expect(mail).toEqual({ imap_port: 993, smtp_port: 'many' });
  expect(chat).toEqual({ origins: ['https://a.example', 'https://b.example'] });
  expect(partedSettings('chat', chat).entries.origins).toBe('https://a.example\nhttps://b.example');
});

test('only an object will do for further settings', () => {
  expect(objectOf('')).toEqual({});
  expect(objectOf('{"quotes": false}')).toEqual({ quotes: false });
  expect(objectOf('[1]')).toBeNull();
  expect(objectOf('{"quotes"')).toBeNull();
});

test('a signing secret holds 32 bytes and is a new one each time', () => {
  const secret = newSigningSecret();

  expect(secret).toMatch(/^whsec_/);
  expect(atob(secret.slice('whsec_'.length))).toHaveLength(32);
  expect(newSigningSecret()).not.toBe(secret);
});

test('the line for a site names the channel', () => {
  expect(embedLine('https://hub.example', 'web')).toBe(
    '<script src="https://hub.example/widget/loader.js" data-channel="web" async></script>',
  );
});
