/** A page whose code cannot be loaded leaves the rest of the screen alone, and comes with the line. */
import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';

import { draw, FakeHub, speak } from '@/workbench/testing';

import { lazyPage } from './lazyPage';

beforeEach(async () => {
  await speak('en');
  vi.spyOn(console, 'warn').mockReturnValue();
});

/** Code that arrives only while there is a line. */
function aPage() {
  const line = { up: true, asked: 0 };
  const Page = lazyPage<{ name: string }>(() => {
    line.asked += 1;
    if (!line.up) return Promise.reject(new TypeError('Failed to fetch'));
    return Promise.resolve(({ name }) => <h1>Tickets of {name}</h1>);
  });
  return { Page, line };
}

function connection(hub: FakeHub, state: 'live' | 'waiting') {
  const down_since = state === 'live' ? null : hub.clock;
  act(() => hub.connection.set({ ...hub.connection.get(), state, down_since }));
}

test('a page is loaded when it is first shown', async () => {
  const { Page } = aPage();

  draw(new FakeHub(), <Page name="Ann" />);

  expect(await screen.findByRole('heading', { name: 'Tickets of Ann' })).toBeVisible();
});

test('a page that was loaded ahead is there at once, and loaded once', async () => {
  const { Page, line } = aPage();
  await Page.preload();

  line.up = false;
  draw(new FakeHub(), <Page name="Ann" />);

  expect(screen.getByRole('heading', { name: 'Tickets of Ann' })).toBeVisible();
  expect(line.asked).toBe(1);
});

test('without a line it says so, and comes by itself when the line does', async () => {
  const { Page, line } = aPage();
  const hub = new FakeHub();
  line.up = false;
  connection(hub, 'waiting');
  draw(hub, <Page name="Ann" />);
  expect(await screen.findByText('This page could not be loaded')).toBeVisible();

  line.up = true;
  connection(hub, 'live');

  expect(await screen.findByRole('heading', { name: 'Tickets of Ann' })).toBeVisible();
});

test('one may also try again oneself', async () => {
  const { Page, line } = aPage();
  line.up = false;
  draw(new FakeHub(), <Page name="Ann" />);
  await screen.findByText('This page could not be loaded');

  line.up = true;
  await userEvent.click(screen.getByRole('button', { name: 'Retry' }));

  expect(await screen.findByRole('heading', { name: 'Tickets of Ann' })).toBeVisible();
});
