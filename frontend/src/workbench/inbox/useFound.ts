/** The list to show: a pushed view, or what a search or an ended filter found. */
import { useInfiniteQuery, keepPreviousData } from '@tanstack/react-query';
import { useMemo } from 'react';

import type { Conversation, Page, ViewName } from '@/domain/entities';
import { useHub, useView } from '@/sync-react';

export type ShownList = {
  ids: readonly string[];
  count: number;
  /** The first page is still on its way. */
  first: boolean;
  failed: boolean;
  more: () => void;
  retry: () => void;
};

export type Filter = { q: string; status: 'open' | 'ended' };

export const isPushed = ({ q, status }: Filter): boolean => q === '' && status === 'open';

export function useFound(view: ViewName, filter: Filter): ShownList {
  const hub = useHub();
  const pushed = useView(view);
  const searching = !isPushed(filter);
  const found = useInfiniteQuery({
    queryKey: ['conversations', view, filter],
    enabled: searching,
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ view, limit: '100' });
      if (filter.q === '') asked.set('status', filter.status);
      else asked.set('q', filter.q);
      if (pageParam !== null) asked.set('cursor', pageParam);
      const page = await hub.read<Page<Conversation>>(`/api/conversations?${asked}`, signal);
      hub.store.put('conversation', page.items);
      return { ids: page.items.map(({ id }) => id), next: page.next };
    },
    getNextPageParam: (page) => page.next,
  });
  const foundIds = useMemo(
    () => [...new Set(found.data?.pages.flatMap((page) => page.ids) ?? [])],
    [found.data],
  );
  if (!searching) {
    return {
      ids: pushed.ids,
      count: pushed.count,
      first: false,
      failed: false,
      more: pushed.more,
      retry: pushed.more,
    };
  }
  return {
    ids: foundIds,
    count: foundIds.length,
    first: found.isPending,
    failed: found.isError,
    more: () => {
      if (found.hasNextPage && !found.isFetchingNextPage) void found.fetchNextPage();
    },
    retry: () => void found.refetch(),
  };
}
