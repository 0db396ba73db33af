/** The door says honestly why it does not open. */
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';

import { draw, FakeHub, someMe, speak } from '@/workbench/testing';

import type { Session } from './api';
import { SignIn, type Chosen } from './SignIn';

let entered: [Session, Chosen][];
let answer: () => Promise<Response>;

beforeEach(async () => {
  await speak('en');
  entered = [];
  vi.stubGlobal('fetch', () => answer());
  draw(
    new FakeHub(),
    <SignIn reason="first" onSignedIn={(session, chosen) => entered.push([session, chosen])} />,
  );
});

const knock = async () => {
  await userEvent.type(screen.getByLabelText('E-mail'), 'han@spruce.example');
  await userEvent.type(screen.getByLabelText('Password'), 'secret{Enter}');
};
const says =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    Promise.resolve(new Response(JSON.stringify(body), { status, headers }));

test('the right words open it', async () => {
  const session = { agent: someMe(), csrf: 'token' };
  answer = says(200, session);

  await knock();

  expect(entered).toEqual([[session, {}]]);
});

test('wrong words are said to be wrong, whichever of them it was', async () => {
  answer = says(401, { code: 'wrong_sign_in' });

  await knock();

  expect(await screen.findByText(/do not go together/)).toBeInTheDocument();
  expect(entered).toEqual([]);
});

test('too many tries: how long to wait, and the button rests', async () => {
  answer = says(429, { code: 'too_many' }, { 'retry-after': '90' });

  await knock();

  expect(await screen.findByText(/try again in 01:(30|29)/)).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Sign in' })).toBeDisabled();
});

test('a hub that does not answer is not called a wrong password', async () => {
  answer = () => Promise.reject(new TypeError('Failed to fetch'));

  await knock();

  expect(await screen.findByText(/does not answer/)).toBeInTheDocument();
  expect(screen.getByLabelText('Password')).toHaveValue('secret');
});

test('the language chosen at the door goes in with the person', async () => {
  answer = says(200, { agent: someMe(), csrf: 'token' });

  await userEvent.click(screen.getByRole('button', { name: '中文' }));
  await userEvent.type(await screen.findByLabelText('邮箱'), 'han@spruce.example');
  await userEvent.type(screen.getByLabelText('密码'), 'secret{Enter}');

  expect(entered[0]?.[1]).toEqual({ language: 'zh' });
});
