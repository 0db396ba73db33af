/** Hooks render again when what they read has changed, and only then. */
import { act, render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import type { Customer } from '@/domain/entities';
import type { Hub } from '@/sync';

import { HubProvider, useCommand, useEntity } from './index';

function aCustomer(id: string, rev: number, name: string): Customer {
  return {
    id,
    rev,
    name,
    language: null,
    vip: false,
    note: '',
    tags: [],
    created_at: 0,
    identities: [],
    open_tickets: 0,
    conversations: 0,
  };
}

/** A hub with customers and nothing else. */
class Shop {
  private readonly customers = new Map<string, Customer>();
  private readonly listeners = new Map<string, () => void>();
  wanted: string[] = [];

  readonly hub = {
    store: {
      get: (_kind: string, id: string) => this.customers.get(id),
      subscribe: (_kind: string, id: string, listener: () => void) => {
        this.listeners.set(id, listener);
        return () => this.listeners.delete(id);
      },
      want: (_kind: string, id: string) => {
        this.wanted.push(id);
        return Promise.resolve(undefined);
      },
    },
    command: () => Promise.reject(new Error('the program is wrong')),
  } as unknown as Hub;

  put(customer: Customer): void {
    this.customers.set(customer.id, customer);
    this.listeners.get(customer.id)?.();
  }
}

test('a component follows its entity', () => {
  const shop = new Shop();
  shop.put(aCustomer('ann', 1, 'Ann'));
  function Name() {
    return <p>{useEntity('customer', 'ann')?.name}</p>;
  }
  render(
    <HubProvider hub={shop.hub}>
      <Name />
    </HubProvider>,
  );

  act(() => shop.put(aCustomer('ann', 2, 'Anna')));

  expect(screen.getByText('Anna')).toBeInTheDocument();
});

test('what is not held is asked for, when the component wants it', () => {
  const shop = new Shop();
  function Names() {
    const ann = useEntity('customer', 'ann', true);
    const bob = useEntity('customer', 'bob');
    return <p>{ann?.name ?? bob?.name ?? 'nobody'}</p>;
  }

  render(
    <HubProvider hub={shop.hub}>
      <Names />
    </HubProvider>,
  );

  expect(screen.getByText('nobody')).toBeInTheDocument();
  expect(shop.wanted).toEqual(['ann']);
});

test('a defect of the program is not shown as a refusal', async () => {
  const shop = new Shop();
  let run: ReturnType<typeof useCommand>['run'] | null = null;
  function Button() {
    const command = useCommand();
    run = command.run;
    return <p>{command.problem === null ? 'no problem' : command.problem.code}</p>;
  }
  render(
    <HubProvider hub={shop.hub}>
      <Button />
    </HubProvider>,
  );

  const failed = await act(async () =>
    run?.({ method: 'POST', path: '/api/x' }).catch((error: unknown) => String(error)),
  );

  expect(failed).toContain('the program is wrong');
  expect(screen.getByText('no problem')).toBeInTheDocument();
});
