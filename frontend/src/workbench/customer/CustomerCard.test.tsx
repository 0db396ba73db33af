/** The customer's addresses: what is proven and what is only said can be told apart. */
import { screen, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';

import type { Customer, Identity } from '@/domain/entities';
import { draw, FakeHub, NOON, speak } from '@/workbench/testing';

import { CustomerCard } from './CustomerCard';

const address = (wanted: Partial<Identity>): Identity => ({
  id: 'i1',
  kind: 'email',
  address: 'lin.jiayi@example.com',
  verified: false,
  claimed: false,
  ...wanted,
});

const drawWith = (...identities: Identity[]) => {
  const customer: Customer = {
    id: 'k1',
    rev: 1,
    name: '林佳怡',
    language: 'zh',
    vip: false,
    note: '',
    tags: [],
    created_at: NOON,
    identities,
    open_tickets: 0,
    conversations: 1,
  };
  draw(new FakeHub(), <CustomerCard customer={customer} now="email" />);
  return within(screen.getByRole('list')).getAllByRole('listitem');
};

beforeEach(() => speak('en'));

test('an address that is only claimed says so, and is not the one they write from now', () => {
  const [proven, claimed] = drawWith(
    address({ verified: true }),
    address({ id: 'i2', address: 'somebody@example.com', claimed: true }),
  );

  expect(proven).toHaveTextContent('verified');
  expect(proven).toHaveTextContent('Now');
  expect(proven).not.toHaveTextContent('claimed');
  expect(claimed).toHaveTextContent('somebody@example.com');
  expect(claimed).toHaveTextContent('claimed, not proven');
  expect(claimed).not.toHaveTextContent('Now');
});

test('it says so in Chinese as well', async () => {
  await speak('zh');

  const [claimed] = drawWith(address({ claimed: true }));

  expect(claimed).toHaveTextContent('自称，未验证');
});
