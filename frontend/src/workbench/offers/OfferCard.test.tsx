/** An offer on the screen, answered by key. */
import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';

import type { Offer } from '@/domain/entities';
import { anOffer, aQueue, draw, FakeHub, NOON, SECOND, speak } from '@/workbench/testing';

import { Offers } from './Offers';

let hub: FakeHub;
let opened: string[];

beforeEach(async () => {
  await speak('en');
  hub = new FakeHub();
  hub.store.put('queue', [aQueue()]);
  opened = [];
});

const drawOffer = (...offers: Offer[]) => {
  hub.store.put('offer', offers);
  hub.clock = NOON + 6 * SECOND;
  draw(hub, <Offers onAccepted={(conversation) => opened.push(conversation)} />);
};

test('it says who, from which queue, how long they waited and how long is left', () => {
  drawOffer(anOffer());

  const card = screen.getByRole('alertdialog');
  expect(card).toHaveTextContent('Returns');
  expect(card).toHaveTextContent('林佳怡');
  expect(card).toHaveTextContent('Waited 00:38');
  expect(card).toHaveTextContent('14 s left');
  expect(card).toHaveTextContent('You were idle longest');
});

test('Enter accepts: the focus is there when nobody is writing', async () => {
  drawOffer(anOffer());

  await userEvent.keyboard('{Enter}');

  expect(hub.commands.map(({ path }) => path)).toEqual(['/api/offers/o1/accept']);
  expect(opened).toEqual(['c1']);
});

test('the focus of somebody who writes is left alone', () => {
  const field = document.createElement('textarea');
  document.body.append(field);
  field.focus();

  drawOffer(anOffer());

  expect(field).toHaveFocus();
  field.remove();
});

test('Escape asks for a reason, and the reason declines', async () => {
  drawOffer(anOffer());

  await userEvent.keyboard('{Escape}');
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Not my field' }));

  expect(hub.commands).toMatchObject([
    { path: '/api/offers/o1/decline', body: { reason: 'skill' } },
  ]);
});

test('an offer to somebody else, or one whose time is over, is not shown', () => {
  drawOffer(anOffer({ agent_id: 'li' }));
  expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument();
});

/** The most pressing first: a, b, c, … with 10, 11, 12 … seconds from noon. */
const someOffers = (count: number): Offer[] =>
  Array.from({ length: count }, (_, at) => {
    const id = 'abcdef'.charAt(at);
    const customer = { id, name: `Guest ${id.toUpperCase()}` };
    return anOffer({
      id,
      conversation_id: `c-${id}`,
      customer,
      deadline: NOON + (10 + at) * SECOND,
    });
  });
const behind = () =>
  within(screen.getByRole('list'))
    .getAllByRole('button')
    .map((row) => row.textContent);

test('several at once: the most pressing in front, the others beneath with their own seconds', () => {
  drawOffer(...someOffers(3));

  const card = screen.getByRole('alertdialog');
  expect(card).toHaveTextContent('+2');
  expect(card).toHaveTextContent('4 s left');
  expect(behind()).toEqual(['Guest BReturns5 s left', 'Guest CReturns6 s left']);
});

test('the router hears of what is shown, and of nothing else', () => {
  drawOffer(...someOffers(6));

  expect(behind()).toHaveLength(3);
  expect(screen.getByRole('list')).toHaveTextContent('2 more offered8 s left');
  expect(hub.shown).toEqual(['a', 'b', 'c', 'd']);
});

test('what had no room is shown, and told, once there is room', () => {
  drawOffer(...someOffers(5));
  expect(hub.shown).toEqual(['a', 'b', 'c', 'd']);

  act(() => {
    hub.store.put(
      'offer',
      someOffers(1).map((offer) => ({ ...offer, state: 'withdrawn' })),
    );
  });

  expect(hub.shown).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a press brings one to the front, and Enter accepts that one', async () => {
  drawOffer(...someOffers(3));

  await userEvent.click(screen.getByRole('button', { name: /Guest C/ }));
  expect(behind()).toEqual(['Guest AReturns4 s left', 'Guest BReturns5 s left']);
  expect(screen.getByRole('button', { name: /^Accept/ })).toHaveFocus();
  await userEvent.keyboard('{Enter}');

  expect(hub.commands.map(({ path }) => path)).toEqual(['/api/offers/c/accept']);
});

test('one that comes later takes its place behind, even when it is more pressing', async () => {
  const [late, soon] = [
    anOffer({ id: 'late', deadline: NOON + 20 * SECOND }),
    anOffer({ id: 'soon', deadline: NOON + 9 * SECOND, customer: { id: 'bo', name: 'Bo' } }),
  ];
  drawOffer(late);

  act(() => {
    hub.store.put('offer', [soon]);
  });
  await userEvent.keyboard('{Enter}');

  expect(behind()).toEqual(['BoReturns3 s left']);
  expect(hub.commands.map(({ path }) => path)).toEqual(['/api/offers/late/accept']);
});
