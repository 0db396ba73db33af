/** Reading and writing articles. */
import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';

import type { Article, ArticleStatus, Id, Language, Millis, Page } from '@/domain/entities';
import { useHub } from '@/sync-react';
import type { Snippet } from '@/workbench/parts';

export type ArticleFilter = { q: string; language: Language | ''; status: ArticleStatus | '' };
export type ArticleRow = Omit<Article, 'text' | 'html'> & { snippet?: Snippet | string | null };

export function useArticleList(filter: ArticleFilter) {
  const hub = useHub();
  return useInfiniteQuery({
    queryKey: ['articles', 'list', filter],
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ limit: '50' });
      for (const [name, value] of Object.entries(filter)) if (value !== '') asked.set(name, value);
      if (pageParam !== null) asked.set('cursor', pageParam);
      return hub.read<Page<ArticleRow>>(`/api/articles?${asked}`, signal);
    },
    getNextPageParam: (page) => page.next,
  });
}

export function useArticle(id: Id | null) {
  const hub = useHub();
  return useQuery({
    queryKey: ['article', id],
    enabled: id !== null,
    queryFn: ({ signal }) => hub.read<Article>(`/api/articles/${id ?? ''}`, signal),
  });
}

export type Revision = {
  number: number;
  title: string;
  text: string;
  tags: string[];
  author_id: Id;
  at: Millis;
  /** The one that everybody reads. */
  public: boolean;
};

export function useRevisions(id: Id, rev: number) {
  const hub = useHub();
  return useQuery({
    queryKey: ['article', id, 'revisions', rev],
    queryFn: ({ signal }) =>
      hub.read<{ items: Revision[] }>(`/api/articles/${id}/revisions`, signal),
  });
}

export type ArticleText = { title: string; text: string; tags: string[] };

export function useArticleCommands() {
  const hub = useHub();
  const queries = useQueryClient();
  const took = (article: Article): Article => {
    queries.setQueryData(['article', article.id], article);
    void queries.invalidateQueries({ queryKey: ['articles'] });
    return article;
  };
  return {
    write: async (fields: ArticleText & { language: Language; translation_of?: Id }) =>
      took(await hub.command<Article>({ method: 'POST', path: '/api/articles', body: fields })),
    change: async (id: Id, fields: ArticleText, ifRev: number) =>
      took(
        await hub.command<Article>({
          method: 'PATCH',
          path: `/api/articles/${id}`,
          body: { ...fields, if_rev: ifRev },
          lane: id,
        }),
      ),
    publish: async (id: Id) =>
      took(
        await hub.command<Article>({
          method: 'POST',
          path: `/api/articles/${id}/publish`,
          body: {},
          lane: id,
        }),
      ),
    archive: async (id: Id) =>
      took(
        await hub.command<Article>({
          method: 'POST',
          path: `/api/articles/${id}/archive`,
          body: {},
          lane: id,
        }),
      ),
  };
}
