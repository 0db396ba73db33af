/** Which address shows what. Every view, selection and filter lives in the address, so that it can be passed on. */
import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router';

import type { TicketStatus, ViewName } from '@/domain/entities';

import { Desk, type DeskSearch, type PanelTab } from './desk';
import { lazyPage, Shell } from './shell';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== ''
    ? value
    : typeof value === 'number'
      ? String(value)
      : undefined;

function oneOf<T extends string>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((one) => one === value);
}

const VIEWS: readonly ViewName[] = ['mine', 'waiting', 'all'];
const PANELS: readonly PanelTab[] = ['customer', 'tickets', 'articles', 'wrap_up'];
const TICKET_STATUSES: readonly TicketStatus[] = [
  'new',
  'open',
  'pending',
  'on_hold',
  'solved',
  'closed',
];

const TicketsPage = lazyPage(() => import('./tickets/pages').then((pages) => pages.TicketsPage));
const TicketPage = lazyPage(() => import('./tickets/pages').then((pages) => pages.TicketPage));
const CustomersPage = lazyPage(() =>
  import('./customer/pages').then((pages) => pages.CustomersPage),
);
const CustomerPage = lazyPage(() => import('./customer/pages').then((pages) => pages.CustomerPage));
const KnowledgePage = lazyPage(() =>
  import('./knowledge/pages').then((pages) => pages.KnowledgePage),
);
const LivePage = lazyPage(() => import('./live/LivePage').then((page) => page.LivePage));
const AdminPage = lazyPage(() => import('./admin/AdminPage').then((page) => page.AdminPage));

const PAGES = [
  TicketsPage,
  TicketPage,
  CustomersPage,
  CustomerPage,
  KnowledgePage,
  LivePage,
  AdminPage,
].map((page) => page.preload);

export type Household = { onSignOut: () => void; home: () => string };

/** The routes of one signed-in person. */
export function makeRouter({ onSignOut, home }: Household) {
  const root = createRootRoute({ component: () => <Shell onSignOut={onSignOut} later={PAGES} /> });

  const start = createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way to redirect
      throw redirect({ to: home(), replace: true });
    },
  });
  const deskStart = createRoute({
    getParentRoute: () => root,
    path: '/desk',
    beforeLoad: () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- as above
      throw redirect({
        to: '/desk/$view/{-$conversation}',
        params: { view: 'mine' },
        replace: true,
      });
    },
  });
  const desk = createRoute({
    getParentRoute: () => root,
    path: '/desk/$view/{-$conversation}',
    validateSearch: (search): DeskSearch => {
      const [q, status, panel] = [
        text(search.q),
        oneOf(search.status, ['ended'] as const),
        oneOf(search.panel, PANELS),
      ];
      return {
        ...(q === undefined ? {} : { q }),
        ...(status === undefined ? {} : { status }),
        ...(panel === undefined ? {} : { panel }),
      };
    },
    component: function DeskRoute() {
      const { view, conversation } = desk.useParams();
      return (
        <Desk
          view={oneOf(view, VIEWS) ?? 'mine'}
          conversation={conversation}
          search={desk.useSearch()}
        />
      );
    },
  });

  const tickets = createRoute({
    getParentRoute: () => root,
    path: '/tickets',
    validateSearch: (search): { q?: string; status?: TicketStatus; assignee?: 'me' } => {
      const [q, status, assignee] = [
        text(search.q),
        oneOf(search.status, TICKET_STATUSES),
        oneOf(search.assignee, ['me'] as const),
      ];
      return {
        ...(q === undefined ? {} : { q }),
        ...(status === undefined ? {} : { status }),
        ...(assignee === undefined ? {} : { assignee }),
      };
    },
    component: function TicketsRoute() {
      const navigate = tickets.useNavigate();
      return (
        <TicketsPage
          filter={tickets.useSearch()}
          onFilter={(search) => void navigate({ search, replace: true })}
        />
      );
    },
  });
  const ticket = createRoute({
    getParentRoute: () => root,
    path: '/tickets/$id',
    component: function TicketRoute() {
      return <TicketPage id={ticket.useParams().id} />;
    },
  });

  const customers = createRoute({
    getParentRoute: () => root,
    path: '/customers',
    validateSearch: (search): { q?: string } => {
      const q = text(search.q);
      return q === undefined ? {} : { q };
    },
    component: function CustomersRoute() {
      const navigate = customers.useNavigate();
      return (
        <CustomersPage
          q={customers.useSearch().q ?? ''}
          onSearch={(q) => void navigate({ search: q === '' ? {} : { q }, replace: true })}
        />
      );
    },
  });
  const customer = createRoute({
    getParentRoute: () => root,
    path: '/customers/$id',
    component: function CustomerRoute() {
      const { id } = customer.useParams();
      return <CustomerPage key={id} id={id} />;
    },
  });

  const kb = createRoute({
    getParentRoute: () => root,
    path: '/kb/{-$id}',
    component: function KnowledgeRoute() {
      return <KnowledgePage id={kb.useParams().id} />;
    },
  });

  const live = createRoute({
    getParentRoute: () => root,
    path: '/live',
    component: function LiveRoute() {
      return <LivePage />;
    },
  });

  const admin = createRoute({
    getParentRoute: () => root,
    path: '/admin/{-$section}',
    component: function AdminRoute() {
      return <AdminPage section={admin.useParams().section} />;
    },
  });

  const routeTree = root.addChildren([
    start,
    deskStart,
    desk,
    tickets,
    ticket,
    customers,
    customer,
    kb,
    live,
    admin,
  ]);
  return createRouter({ routeTree, defaultPreload: false, scrollRestoration: false });
}

export type Router = ReturnType<typeof makeRouter>;

declare module '@tanstack/react-router' {
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- merging needs an interface
  interface Register {
    router: Router;
  }
}
