/** An offer on the screen, answered by key. */
import { screen } from '@testing-library/react';
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

const drawOffer = (offer: Offer) => {
  hub.store.put('offer', [offer]);
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
