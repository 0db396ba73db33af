/** Articles beside the conversation: those that fit what is said, or what one looks for, inserted with one press. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Article, Conversation, Page } from '@/domain/entities';
import { useHub, useReadable } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { Skeleton } from '@/ui/Skeleton';
import { toast } from '@/ui/toasts';
import { insertWords, plainOf } from '@/workbench/composer';
import { problemOf, SnippetText, useWords, type Snippet } from '@/workbench/parts';
import { messagesOf } from '@/workbench/thread';

import './knowledge.css';

type Found = Pick<Article, 'id' | 'title' | 'language' | 'slug'> & {
  snippet?: Snippet | string | null;
};

type ArticlesTabProps = { conversation: Conversation; brief?: boolean; onMore?: () => void };

/** The customer's last words are the question. */
function useQuestion(conversation: Conversation): string {
  const hub = useHub();
  const thread = useReadable(hub.threads.thread(conversation.id));
  const words = messagesOf(thread.items)
    .filter((message) => message.direction === 'in' && !message.automatic && message.text !== '')
    .slice(-2)
    .map((message) => message.text);
  const question = [conversation.subject ?? '', ...words].join(' ').replace(/\s+/g, ' ').trim();
  return question.slice(-160);
}

export function ArticlesTab({ conversation, brief = false, onMore }: ArticlesTabProps) {
  const { t } = useWords();
  const hub = useHub();
  const [q, setQ] = useState('');
  const question = useQuestion(conversation);
  const asked = q.trim() === '' ? question : q.trim();
  const found = useQuery({
    queryKey: ['articles', 'for', asked, conversation.language],
    enabled: asked !== '',
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    queryFn: ({ signal }) => {
      const params = new URLSearchParams({
        q: asked,
        status: 'published',
        limit: brief ? '3' : '12',
      });
      if (conversation.language === 'zh' || conversation.language === 'en') {
        params.set('language', conversation.language);
      }
      return hub.read<Page<Found>>(`/api/articles?${params}`, signal);
    },
  });
  const articles = (found.data?.items ?? []).slice(0, brief ? 3 : 12);

  const insert = async (id: string) => {
    try {
      const article = await hub.read<Article>(`/api/articles/${id}`);
      const words = plainOf(article.text);
      if (!insertWords(words)) {
        await navigator.clipboard.writeText(words);
        toast({ text: t('common.copied'), tone: 'ok' });
      }
    } catch (error) {
      toast({ text: problemOf(error, t), tone: 'bad' });
    }
  };

  return (
    <div className="sec">
      {!brief && (
        <div className="field kb-search">
          <Icon name="search" />
          <input
            type="search"
            aria-label={t('articles.find')}
            placeholder={t('articles.find')}
            value={q}
            onChange={(event) => setQ(event.currentTarget.value)}
          />
        </div>
      )}
      <div className="sec-h">
        <span>{t('customer.tabs.articles')}</span>
        {q.trim() === '' && <span className="faint kb-from">{t('articles.found_from_talk')}</span>}
        <span className="grow" />
        {brief && (
          <button type="button" className="linklike" onClick={onMore}>
            {t('common.find')}
          </button>
        )}
      </div>
      {found.isLoading && <Skeleton width="70%" />}
      {found.isSuccess && articles.length === 0 && (
        <p className="sm faint">
          {t('articles.none')}. {t('articles.none_why')}
        </p>
      )}
      {articles.map((article) => (
        <div key={article.id} className={brief ? 'kb' : 'kb full'}>
          <div className="col">
            <span className="cut" title={article.title}>
              {article.title}
            </span>
            {!brief && (
              <span className="sm muted kb-snippet">
                <SnippetText snippet={article.snippet} />
              </span>
            )}
          </div>
          <button type="button" className="btn sm" onClick={() => void insert(article.id)}>
            {t('articles.insert')}
          </button>
        </div>
      ))}
    </div>
  );
}
