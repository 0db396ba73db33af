/** Everything that happened with a customer, over all channels, newest first. */
import { useInfiniteQuery } from '@tanstack/react-query';

import type { Id, Millis } from '@/domain/entities';
import { useHub } from '@/sync-react';

export type Moment = {
  kind: 'conversation' | 'ticket' | 'rating';
  at: Millis;
  id: Id;
  number?: number;
  subject?: string | null;
  status?: string;
  channel?: string;
  score?: number;
  comment?: string;
  conversation_id?: Id;
  [more: string]: unknown;
};

type TimelinePage = { items: Moment[]; next?: string | null };

export function useTimeline(
  customer: Id,
  stamp: unknown,
): {
  moments: Moment[];
  loading: boolean;
  failed: boolean;
  more: (() => void) | null;
} {
  const hub = useHub();
  const query = useInfiniteQuery({
    queryKey: ['timeline', customer, stamp],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      hub.read<TimelinePage>(
        `/api/customers/${customer}/timeline${pageParam === null ? '' : `?cursor=${encodeURIComponent(pageParam)}`}`,
        signal,
      ),
    getNextPageParam: (page) => page.next ?? null,
    placeholderData: (before) => before,
  });
  return {
    moments: query.data?.pages.flatMap((page) => page.items) ?? [],
    loading: query.isPending,
    failed: query.isError,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
  };
}
