/** Reading and changing what only administrators see. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Agent, Channel, Page, Parked, Quarantined, Queue } from '@/domain/entities';
import { Refused } from '@/sync';
import type { Problem } from '@/sync';
import { useConnection, useHub } from '@/sync-react';
import { toast } from '@/ui/toasts';
import { problemOf, useWords } from '@/workbench/parts';

/** What each list holds. */
export type AdminThings = {
  agents: Agent;
  queues: Queue;
  channels: Channel;
  quarantine: Quarantined;
  parked: Parked;
};
export type AdminThing = keyof AdminThings;

/** A list as far as it is known. */
export type AdminList<T> = {
  items: readonly T[] | undefined;
  state: 'loading' | 'offline' | 'error' | 'ready';
  /** What was refused last, although older items may be there. */
  failed: boolean;
  retry: () => void;
  /** Reads the next page, where there is one. */
  more: (() => void) | null;
};

const PAGE = 200;

export function useAdminList<K extends AdminThing>(
  thing: K,
  again: number | false = false,
): AdminList<AdminThings[K]> {
  const hub = useHub();
  const { state } = useConnection();
  const query = useInfiniteQuery({
    queryKey: ['admin', thing],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const wanted = new URLSearchParams({ limit: String(PAGE) });
      if (pageParam !== null) wanted.set('cursor', pageParam);
      return hub.read<Page<AdminThings[K]>>(`/api/${thing}?${wanted.toString()}`, signal);
    },
    getNextPageParam: (last) => last.next,
    refetchInterval: again,
  });
  const items = query.data?.pages.flatMap((page) => page.items);
  const unreachable =
    query.fetchStatus === 'paused' ||
    (query.error instanceof Refused && query.error.code === 'unreachable') ||
    (query.isPending && state === 'waiting');
  return {
    items,
    state:
      items !== undefined ? 'ready' : unreachable ? 'offline' : query.isError ? 'error' : 'loading',
    failed: query.isError || query.fetchStatus === 'paused',
    retry: () => void query.refetch(),
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
  };
}

/** Keeps a new or changed thing; `problem` says which entries cannot be used. */
export function useKeep(thing: AdminThing): {
  keep: (id: string | null, body: Record<string, unknown>) => Promise<boolean>;
  busy: boolean;
  problem: Problem | null;
} {
  const hub = useHub();
  const { t } = useWords();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const keep = async (id: string | null, body: Record<string, unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await hub.command(
        id === null
          ? { method: 'POST', path: `/api/${thing}`, body }
          : { method: 'PATCH', path: `/api/${thing}/${id}`, body, lane: id },
      );
      await queries.invalidateQueries({ queryKey: ['admin', thing] });
      toast({ text: t('admin.saved'), tone: 'ok' });
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setProblem(error.problem);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { keep, busy, problem };
}

/** What can be done with a thing that was set aside; the list is read again whatever came of it. */
export function useAside(thing: 'quarantine' | 'parked'): {
  replay: (id: string, done: string) => void;
  discard: (id: string, done: string) => void;
  /** The one that is being seen to. */
  busy: string | null;
} {
  const hub = useHub();
  const { t } = useWords();
  const queries = useQueryClient();
  const [busy, setBusy] = useState<string | null>(null);
  const see = (id: string, asked: Promise<unknown>, done: string) => {
    setBusy(id);
    asked
      .then(() => toast({ text: done, tone: 'ok' }))
      .catch((error: unknown) => toast({ text: problemOf(error, t), tone: 'bad' }))
      .finally(() => {
        setBusy(null);
        void queries.invalidateQueries({ queryKey: ['admin', thing] });
        if (thing === 'quarantine') {
          void queries.invalidateQueries({ queryKey: ['admin', 'channels'] });
        }
      });
  };
  const path = (id: string) => `/api/${thing}/${encodeURIComponent(id)}`;
  return {
    replay: (id, done) =>
      see(
        id,
        hub.command({ method: 'POST', path: `${path(id)}/replay`, body: {}, lane: id }),
        done,
      ),
    discard: (id, done) =>
      see(id, hub.command({ method: 'DELETE', path: path(id), lane: id }), done),
    busy,
  };
}
