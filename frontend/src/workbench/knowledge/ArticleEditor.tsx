/** One article: title, Markdown, tags; kept, published, archived; seen as readers will see it. */
import { useState } from 'react';

import type { Article, Language } from '@/domain/entities';
import { fullMomentOf, momentOf } from '@/i18n/format';
import { Refused } from '@/sync';
import { useAll, useServerNow } from '@/sync-react';
import { chineseFontUrl } from '@/ui/fonts';
import { Icon } from '@/ui/icons';
import { toast } from '@/ui/toasts';
import { problemOf, useWords } from '@/workbench/parts';
import { mailDocument } from '@/workbench/thread';

import { useArticleCommands, useRevisions, type ArticleText } from './useArticles';

type ArticleEditorProps = {
  /** null: not kept yet. */
  article: Article | null;
  language: Language;
  translationOf?: string | undefined;
  onKept: (article: Article) => void;
  onTranslate: (article: Article, language: Language) => void;
  onBack: () => void;
};

const tagsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[,，、]/)
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
  ),
];

export function ArticleEditor(props: ArticleEditorProps) {
  const { article, language, translationOf, onKept, onTranslate, onBack } = props;
  const { t } = useWords();
  const commands = useArticleCommands();
  const [fields, setFields] = useState({
    title: article?.title ?? '',
    text: article?.text ?? '',
    tags: article?.tags.join(', ') ?? '',
  });
  const [preview, setPreview] = useState(false);
  const [busy, setBusy] = useState(false);
  const [stale, setStale] = useState<number | null>(null);
  const wanted: ArticleText = {
    title: fields.title.trim(),
    text: fields.text,
    tags: tagsOf(fields.tags),
  };
  const dirty =
    article === null
      ? wanted.title !== '' || wanted.text !== ''
      : wanted.title !== article.title ||
        wanted.text !== article.text ||
        wanted.tags.join() !== article.tags.join();

  const attempt = async (work: () => Promise<Article>): Promise<Article | undefined> => {
    setBusy(true);
    try {
      const kept = await work();
      setStale(null);
      onKept(kept);
      return kept;
    } catch (error) {
      const current =
        error instanceof Refused && error.code === 'stale_rev' ? error.problem.current : null;
      if (current !== null && typeof current === 'object' && 'rev' in current)
        setStale(Number(current.rev));
      else toast({ text: problemOf(error, t), tone: 'bad' });
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  const keep = (ifRev?: number) =>
    attempt(() =>
      article === null
        ? commands.write({
            ...wanted,
            language,
            ...(translationOf === undefined ? {} : { translation_of: translationOf }),
          })
        : commands.change(article.id, wanted, ifRev ?? article.rev),
    );
  const save = async () => {
    if ((await keep()) !== undefined) toast({ text: t('articles.saved'), tone: 'ok' });
  };
  const publish = async () => {
    const kept = dirty || article === null ? await keep() : article;
    if (kept === undefined) return;
    if ((await attempt(() => commands.publish(kept.id))) !== undefined) {
      toast({ text: t('articles.published'), tone: 'ok' });
    }
  };
  const archive = async () => {
    if (article === null) return;
    if ((await attempt(() => commands.archive(article.id))) !== undefined) {
      toast({ text: t('articles.archived'), tone: 'ok' });
    }
  };
  // What readers see is made by the hub alone: a preview keeps first.
  const showPreview = async () => {
    if (dirty && (await keep()) === undefined) return;
    setPreview(true);
  };
  const other: Language = language === 'zh' ? 'en' : 'zh';
  return (
    <div className="kb-editor">
      <header className="head">
        <button
          type="button"
          className="btn quiet icon only-narrow"
          aria-label={t('common.back')}
          onClick={onBack}
        >
          <Icon name="left" size={20} />
        </button>
        <div className="tabs" role="tablist" aria-label={t('articles.title')}>
          <button
            type="button"
            role="tab"
            aria-selected={!preview}
            className={preview ? 'tab-i' : 'tab-i is-on'}
            onClick={() => setPreview(false)}
          >
            {t('articles.writing')}
          </button>
          <button
            type="button"
            role="tab"
            aria-selected={preview}
            className={preview ? 'tab-i is-on' : 'tab-i'}
            disabled={wanted.title === '' || busy}
            onClick={() => void showPreview()}
          >
            {t('articles.preview')}
          </button>
        </div>
        {article !== null && <StatusChip status={article.status} />}
        <span className="sm faint only-wide">{dirty ? t('articles.unsaved') : ''}</span>
        <span className="grow" />
        {article !== null && article.status !== 'archived' && (
          <button
            type="button"
            className="btn only-wide"
            disabled={busy}
            onClick={() => void archive()}
          >
            {t('articles.archive')}
          </button>
        )}
        <button
          type="button"
          className="btn"
          disabled={busy || !dirty || wanted.title === ''}
          onClick={() => void save()}
        >
          {t('articles.save')}
        </button>
        <button
          type="button"
          className="btn primary"
          disabled={busy || wanted.title === '' || (article?.status === 'published' && !dirty)}
          onClick={() => void publish()}
        >
          {article?.status === 'published' ? t('articles.publish_again') : t('articles.publish')}
        </button>
      </header>
      {stale !== null && (
        <div className="banner warn" role="alert">
          <Icon name="warn" />
          <span className="grow">{t('articles.stale')}</span>
          <button type="button" className="btn sm" onClick={() => void keep(stale)}>
            {t('articles.overwrite')}
          </button>
        </div>
      )}
      {preview && article !== null ? (
        <iframe
          className="kb-preview"
          title={t('articles.preview')}
          sandbox="allow-same-origin"
          srcDoc={mailDocument(`${TABLES}<h1>${escaped(article.title)}</h1>${article.html}`, [], {
            remoteImages: true,
            origin: window.location.origin,
            lang: language === 'zh' ? 'zh-CN' : 'en',
            font: chineseFontUrl,
          })}
        />
      ) : (
        <div className="kb-fields" lang={language === 'zh' ? 'zh-CN' : 'en'}>
          <input
            className="kb-title"
            aria-label={t('articles.name')}
            placeholder={t('articles.name')}
            value={fields.title}
            onChange={(event) => setFields({ ...fields, title: event.currentTarget.value })}
          />
          <textarea
            className="input still kb-text"
            aria-label={t('articles.text')}
            placeholder={t('articles.text')}
            value={fields.text}
            onChange={(event) => setFields({ ...fields, text: event.currentTarget.value })}
          />
          <input
            className="input"
            aria-label={t('articles.tags')}
            placeholder={t('articles.tags')}
            value={fields.tags}
            onChange={(event) => setFields({ ...fields, tags: event.currentTarget.value })}
          />
        </div>
      )}
      {article !== null && (
        <footer className="kb-foot">
          <History article={article} />
          <span className="grow" />
          {article.status === 'published' && (
            <a
              className="linklike"
              href={`/hc/${article.language}/articles/${article.slug}`}
              target="_blank"
              rel="noreferrer"
            >
              {t('articles.public_page')}
            </a>
          )}
          <button type="button" className="linklike" onClick={() => onTranslate(article, other)}>
            <Icon name="translate" size={14} />{' '}
            {t('articles.translate_to', { language: t(`articles.languages.${other}`) })}
          </button>
        </footer>
      )}
    </div>
  );
}

const TABLES =
  '<style>table{border-collapse:collapse}th,td{padding:4px 10px;border:1px solid #e4e1db;text-align:left}</style>';

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function StatusChip({ status }: { status: Article['status'] }) {
  const { t } = useWords();
  const tone = status === 'published' ? 'ok' : status === 'draft' ? 'note' : '';
  return <span className={`chip ${tone}`}>{t(`articles.statuses.${status}`)}</span>;
}

function History({ article }: { article: Article }) {
  const { t, language } = useWords();
  const now = useServerNow(60_000);
  const agents = useAll('agent');
  const revisions = useRevisions(article.id, article.rev);
  const count = revisions.data?.items.length ?? 0;
  const author = agents.find((agent) => agent.id === article.author_id)?.name;
  return (
    <details className="kb-history">
      <summary>
        {t('articles.updated')} {momentOf(article.updated_at, now, language)}
        {author !== undefined && ` · ${author}`}
        {count > 1 && ` · ${t('articles.revisions')} ${count}`}
      </summary>
      <ul>
        {(revisions.data?.items ?? []).map((revision) => (
          <li key={revision.number}>
            <span className="num">{revision.number}</span> {revision.title}{' '}
            <span className="faint">{fullMomentOf(revision.at, language)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
