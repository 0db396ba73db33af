/** The way around administration. */
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';

import { aChannel, draw, FakeHub, someMe, speak } from '@/workbench/testing';

import { AdminPage } from './AdminPage';

let hub: FakeHub;

beforeEach(async () => {
  await speak('en');
  hub = new FakeHub();
  hub.reads.set('/api/channels', { items: [aChannel({ quarantined: 1 })], next: null });
});

const drawPage = (role: 'admin' | 'agent') => {
  hub.ground.set({ me: someMe({ role }), rights: [], statuses: {}, organisation: {} });
  const root = createRootRoute();
  const admin = createRoute({
    getParentRoute: () => root,
    path: '/admin/{-$section}',
    component: function Admin() {
      return <AdminPage section={admin.useParams().section} />;
    },
  });
  const history = createMemoryHistory({ initialEntries: ['/admin/channels'] });
  const router = createRouter({ routeTree: root.addChildren([admin]), history });
  draw(hub, <RouterProvider router={router} />);
};

test('the API is described one press away', async () => {
  drawPage('admin');

  const link = await screen.findByRole('link', { name: 'API documentation' });

  expect(link).toHaveAttribute('href', '/api/docs');
});

test('a channel leads to its quarantine', async () => {
  drawPage('admin');

  await userEvent.click(await screen.findByRole('button', { name: '1 in quarantine' }));

  expect(await screen.findByRole('heading', { name: 'Quarantine' })).toBeVisible();
});

test('nobody else is shown any of it', async () => {
  drawPage('agent');

  expect(await screen.findByText('This page is for administrators')).toBeVisible();
  expect(screen.queryByRole('link', { name: 'API documentation' })).not.toBeInTheDocument();
});
