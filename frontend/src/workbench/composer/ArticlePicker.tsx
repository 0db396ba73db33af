/** The articles that fit what was typed after `/`: walk with the arrows, take with Enter. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useImperativeHandle, useState, type KeyboardEvent, type Ref } from 'react';

import type { Article, Page } from '@/domain/entities';
import { useHub } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { SnippetText, useWords, type Snippet } from '@/workbench/parts';

import { plainOf } from './plain';

export type PickerHandle = { press: (event: KeyboardEvent) => boolean };

type Found = Pick<Article, 'id' | 'title' | 'language'> & { snippet?: Snippet | string | null };

type ArticlePickerProps = {
  ref: Ref<PickerHandle>;
  q: string;
  language: string | null;
  onPick: (words: string) => void;
  onClose: () => void;
};

export function ArticlePicker({ ref, q, language, onPick, onClose }: ArticlePickerProps) {
  const { t } = useWords();
  const hub = useHub();
  const [at, setAt] = useState(0);
  const found = useQuery({
    queryKey: ['articles', 'pick', q, language],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const asked = new URLSearchParams({ status: 'published', limit: '6' });
      if (q !== '') asked.set('q', q);
      if (language === 'zh' || language === 'en') asked.set('language', language);
      return hub.read<Page<Found>>(`/api/articles?${asked}`, signal);
    },
  });
  const items = found.data?.items ?? [];
  const chosen = Math.min(at, Math.max(0, items.length - 1));

  const take = (id: string) => {
    void hub.read<Article>(`/api/articles/${id}`).then((article) => onPick(plainOf(article.text)));
  };
  useImperativeHandle(ref, () => ({
    press: (event) => {
      if (event.nativeEvent.isComposing) return false;
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        const step = event.key === 'ArrowDown' ? 1 : -1;
        setAt((chosen + step + items.length) % Math.max(1, items.length));
        return true;
      }
      const picked = items[chosen];
      if ((event.key === 'Enter' || event.key === 'Tab') && picked !== undefined) {
        event.preventDefault();
        take(picked.id);
        return true;
      }
      if (event.key === 'Escape') {
        event.preventDefault();
        onClose();
        return true;
      }
      return false;
    },
  }));

  return (
    <div className="picker" role="listbox" aria-label={t('composer.articles')}>
      {items.length === 0 && (
        <p className="sm faint">{found.isPending ? t('app.loading') : t('composer.no_articles')}</p>
      )}
      {items.map((article, index) => (
        // The writing box keeps the focus and the keys; this is for the pointer.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={article.id}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          className={index === chosen ? 'pick is-on' : 'pick'}
          onPointerEnter={() => setAt(index)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => take(article.id)}
        >
          <Icon name="book" />
          <span className="cut">{article.title}</span>
          <span className="cut faint sm grow">
            <SnippetText snippet={article.snippet} />
          </span>
        </div>
      ))}
    </div>
  );
}
