/** Reading and changing what only administrators see. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Page } from '@/domain/entities';
import { Refused } from '@/sync';
import type { Problem } from '@/sync';
import { useHub } from '@/sync-react';
import { toast } from '@/ui/toasts';
import { problemOf, useWords } from '@/workbench/parts';

export type AdminThing = 'agents' | 'queues' | 'channels' | 'quarantine' | 'parked';

export function useAdminList<T>(thing: AdminThing) {
  const hub = useHub();
  return useQuery({
    queryKey: ['admin', thing],
    queryFn: async ({ signal }) => {
      const answer = await hub.read<Page<T> | T[]>(`/api/${thing}?limit=200`, signal);
      return Array.isArray(answer) ? answer : answer.items;
    },
  });
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

export function useReplay(thing: 'quarantine' | 'parked'): (id: string, done: string) => void {
  const hub = useHub();
  const { t } = useWords();
  const queries = useQueryClient();
  return (id, done) => {
    hub
      .command({ method: 'POST', path: `/api/${thing}/${id}/replay`, body: {}, lane: id })
      .then(() => toast({ text: done, tone: 'ok' }))
      .catch((error: unknown) => toast({ text: problemOf(error, t), tone: 'bad' }))
      .finally(() => void queries.invalidateQueries({ queryKey: ['admin', thing] }));
  };
}
