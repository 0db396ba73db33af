/** My own message on its way: shown at once, with what holds it and what can be done. */
import { timeOf } from '@/i18n/format';
import type { OutboxEntry } from '@/sync';
import { useHub, useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { useWords, wordsFor } from '@/workbench/parts';

import { Words } from './MessageLine';
import { shownName } from './names';

type PendingLineProps = {
  entry: OutboxEntry;
  onCopy: (text: string) => void;
  /** Takes it back into the composer. */
  onTakeBack: (entry: OutboxEntry) => void;
};

export function PendingLine({ entry, onCopy, onTakeBack }: PendingLineProps) {
  const { t, language } = useWords();
  const hub = useHub();
  const failed = entry.state === 'failed';
  const body = (
    <div dir="auto">
      <Words text={entry.body.text} />
      {entry.attachments.map((file) => (
        <div key={file.id} className="row sm faint">
          <Icon name="clip" size={14} /> <bdi className="cut">{shownName(file.name).text}</bdi>
        </div>
      ))}
    </div>
  );
  const stamp = (
    <div className={failed ? 'stamp t-bad' : 'stamp'}>
      <Icon name={failed ? 'stop' : entry.state === 'held' ? 'warn' : 'clock'} size={14} />
      <span>
        {failed
          ? t('thread.failed_why', { reason: wordsFor(entry.problem?.code ?? '', t) })
          : entry.state === 'sending'
            ? t('thread.state.sending')
            : t('thread.state.local')}
      </span>
      <time>{timeOf(entry.made_at, language)}</time>
      {failed && (
        <>
          <button type="button" className="btn sm" onClick={() => void hub.outbox.retry(entry.id)}>
            <Icon name="refresh" size={14} /> {t('thread.retry')}
          </button>
          <button
            type="button"
            className="btn sm icon quiet"
            aria-label={t('thread.copy_text')}
            onClick={() => onCopy(entry.body.text)}
          >
            <Icon name="copy" size={14} />
          </button>
          <button
            type="button"
            className="btn sm quiet"
            onClick={() => void hub.outbox.discard(entry.id)}
          >
            {t('thread.discard')}
          </button>
        </>
      )}
      {entry.state === 'queued' && <TakeBack entry={entry} onTakeBack={onTakeBack} />}
    </div>
  );
  if (entry.mode === 'note') {
    return (
      <div className="note-msg pending">
        <div className="stamp">
          <Icon name="lock" size={14} /> <b>{t('thread.note_head')}</b>
        </div>
        {body}
        {stamp}
      </div>
    );
  }
  return (
    <div className={failed ? 'msg out failed' : 'msg out pending'}>
      <div className="bubble">{body}</div>
      {stamp}
    </div>
  );
}

function TakeBack({ entry, onTakeBack }: Pick<PendingLineProps, 'entry' | 'onTakeBack'>) {
  const { t } = useWords();
  const left = Math.ceil((entry.not_before - useServerNow(500)) / 1000);
  if (entry.tried_at !== null) return null;
  return (
    <button type="button" className="btn sm" onClick={() => onTakeBack(entry)}>
      <Icon name="undo" size={14} /> {t('thread.undo')}
      {left > 0 && <span className="num faint">{left}</span>}
    </button>
  );
}
