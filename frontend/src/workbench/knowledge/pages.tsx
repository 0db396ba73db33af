/** The authors' page: every article in both languages, and the one being written. */
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import type { Article, ArticleStatus, Language } from '@/domain/entities';
import { momentOf } from '@/i18n/format';
import { useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { useNarrow } from '@/ui/useMedia';
import { SnippetText, useWords } from '@/workbench/parts';

import { ArticleEditor, StatusChip } from './ArticleEditor';
import { useArticle, useArticleList, type ArticleFilter, type ArticleRow } from './useArticles';

import './knowledge.css';

const NEW = 'new';
const STATUSES: readonly ArticleStatus[] = ['draft', 'published', 'archived'];

type Start = { language: Language; translationOf?: string; title?: string };

export function KnowledgePage({ id }: { id: string | undefined }) {
  const { t, language } = useWords();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const [start, setStart] = useState<Start>({ language });
  const go = (to: string | undefined) => void navigate({ to: '/kb/{-$id}', params: { id: to } });
  const write = (from: Start) => {
    setStart(from);
    go(NEW);
  };
  return (
    <div className="kb-page">
      {(!narrow || id === undefined) && (
        <ArticleList selected={id} onOpen={go} onWrite={() => write({ language })} />
      )}
      {(!narrow || id !== undefined) && (
        <main className="kb-main">
          {id === undefined ? (
            <StatePanel icon="book" title={t('articles.title')} text={t('articles.empty_why')}>
              <button type="button" className="btn primary" onClick={() => write({ language })}>
                <Icon name="plus" /> {t('articles.write')}
              </button>
            </StatePanel>
          ) : id === NEW ? (
            <ArticleEditor
              key={`new-${start.language}-${start.translationOf ?? ''}`}
              article={null}
              language={start.language}
              translationOf={start.translationOf}
              onKept={(kept) => go(kept.id)}
              onTranslate={() => undefined}
              onBack={() => go(undefined)}
            />
          ) : (
            <Opened
              key={id}
              id={id}
              onBack={() => go(undefined)}
              onTranslate={(article, to) => write({ language: to, translationOf: article.id })}
            />
          )}
        </main>
      )}
    </div>
  );
}

type OpenedProps = {
  id: string;
  onBack: () => void;
  onTranslate: (article: Article, language: Language) => void;
};

function Opened({ id, onBack, onTranslate }: OpenedProps) {
  const { t } = useWords();
  const article = useArticle(id);
  if (article.isPending) return <SkeletonRows label={t('app.loading')} rows={4} />;
  if (article.isError) {
    return (
      <StatePanel icon="warn" title={t('errors.not_found')}>
        <button type="button" className="btn" onClick={() => void article.refetch()}>
          {t('common.retry')}
        </button>
      </StatePanel>
    );
  }
  return (
    <ArticleEditor
      article={article.data}
      language={article.data.language}
      onKept={() => undefined}
      onTranslate={onTranslate}
      onBack={onBack}
    />
  );
}

type ArticleListProps = {
  selected: string | undefined;
  onOpen: (id: string) => void;
  onWrite: () => void;
};

function ArticleList({ selected, onOpen, onWrite }: ArticleListProps) {
  const { t } = useWords();
  const [filter, setFilter] = useState<ArticleFilter>({ q: '', language: '', status: '' });
  const list = useArticleList(filter);
  const articles = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="pane kb-list" aria-label={t('articles.title')} data-pane="list">
      <div className="kb-top">
        <div className="row">
          <div className="field grow">
            <Icon name="search" />
            <input
              type="search"
              aria-label={t('articles.find')}
              placeholder={t('articles.find')}
              value={filter.q}
              onChange={(event) => setFilter({ ...filter, q: event.currentTarget.value })}
            />
          </div>
          <button
            type="button"
            className="btn primary icon"
            aria-label={t('articles.write')}
            title={t('articles.write')}
            onClick={onWrite}
          >
            <Icon name="plus" />
          </button>
        </div>
        <div className="row">
          <select
            className="input"
            aria-label={t('articles.language')}
            value={filter.language}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setFilter({ ...filter, language: value === 'zh' || value === 'en' ? value : '' });
            }}
          >
            <option value="">{t('articles.any_language')}</option>
            <option value="zh">{t('articles.languages.zh')}</option>
            <option value="en">{t('articles.languages.en')}</option>
          </select>
          <select
            className="input"
            aria-label={t('tickets.status')}
            value={filter.status}
            onChange={(event) =>
              setFilter({
                ...filter,
                status: STATUSES.find((one) => one === event.currentTarget.value) ?? '',
              })
            }
          >
            <option value="">{t('articles.any_status')}</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {t(`articles.statuses.${status}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div className="kb-rows">
        {list.isPending ? (
          <SkeletonRows label={t('app.loading')} />
        ) : articles.length === 0 ? (
          <StatePanel
            icon="book"
            title={filter.q === '' ? t('articles.empty') : t('articles.none')}
            text={t('articles.none_why')}
          />
        ) : (
          articles.map((article) => (
            <Row
              key={article.id}
              article={article}
              on={article.id === selected}
              onOpen={() => onOpen(article.id)}
            />
          ))
        )}
        {list.hasNextPage && (
          <div className="sheet-more">
            <button type="button" className="btn" onClick={() => void list.fetchNextPage()}>
              {t('common.load_more')}
            </button>
          </div>
        )}
      </div>
    </section>
  );
}

function Row({ article, on, onOpen }: { article: ArticleRow; on: boolean; onOpen: () => void }) {
  const { language } = useWords();
  const now = useServerNow(60_000);
  return (
    <button
      type="button"
      className={on ? 'kb-row is-on' : 'kb-row'}
      aria-current={on}
      onClick={onOpen}
    >
      <span className="row">
        <span className="m cut grow" lang={article.language === 'zh' ? 'zh-CN' : 'en'}>
          {article.title}
        </span>
        <StatusChip status={article.status} />
      </span>
      <span className="row sm muted">
        <span className="chip line kb-lang">{article.language === 'zh' ? '中' : 'EN'}</span>
        <span className="cut grow">
          <SnippetText snippet={article.snippet} />
        </span>
        <span className="faint num">{momentOf(article.updated_at, now, language)}</span>
      </span>
    </button>
  );
}
