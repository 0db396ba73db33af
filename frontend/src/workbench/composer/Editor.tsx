/** The writing box of one mode: draft, files, article insertion, and the rule of Enter. */
import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  type Ref,
} from 'react';

import type { Conversation, DraftMode } from '@/domain/entities';
import type { DraftAttachment } from '@/sync';
import { useDraft, useHub } from '@/sync-react';
import { shortNameOf, sizeOf } from '@/i18n/format';
import { Icon } from '@/ui/icons';
import { useWords } from '@/workbench/parts';
import { shownName } from '@/workbench/thread';

import { ArticlePicker, type PickerHandle } from './ArticlePicker';
import { meaningOf, type Composition } from './enter';
import { openPort } from './port';
import { insertAt, slashAt, type Slash } from './slash';
import type { Upload } from './useUploads';
import { useUploads } from './useUploads';

export type EditorHandle = {
  focus: () => void;
  pickFiles: () => void;
  openArticles: () => void;
  content: () => { text: string; files: readonly DraftAttachment[] };
  clear: () => void;
  put: (text: string, attachments: readonly DraftAttachment[]) => void;
};

/** Whether there is something to send yet. */
export type Fill = 'empty' | 'uploading' | 'full';

type EditorProps = {
  ref: Ref<EditorHandle>;
  conversation: Conversation;
  mode: DraftMode;
  enterSends: boolean;
  onSend: () => void;
  onFill: (fill: Fill) => void;
};

export function Editor({ ref, conversation, mode, enterSends, onSend, onFill }: EditorProps) {
  const { t } = useWords();
  const hub = useHub();
  const draft = useDraft(conversation.id, mode);
  const box = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<PickerHandle>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const composition = useRef<Composition>({ endedAt: null });
  const [text, setText] = useState(draft.text);
  const [files, setFiles] = useState<readonly DraftAttachment[]>(draft.attachments);
  const [slash, setSlash] = useState<Slash | null>(null);
  const [dragging, setDragging] = useState(false);
  // What this box last said or heard: anything else in the draft came from another window.
  const [known, setKnown] = useState(draft.text);
  if (draft.text !== known) {
    setKnown(draft.text);
    setText(draft.text);
    setFiles(draft.attachments);
  }

  const { write } = draft;
  const keep = useCallback(
    (nextText: string, nextFiles: readonly DraftAttachment[]) => {
      setText(nextText);
      setKnown(nextText);
      setFiles(nextFiles);
      write(nextText, nextFiles);
    },
    [write],
  );
  const { uploads, add, cancel } = useUploads((file) => keep(text, [...files, file]));

  const fill = fillOf(text, files, uploads);
  useEffect(() => onFill(fill), [fill, onFill]);

  const place = (caret: number) => {
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(caret, caret);
    });
  };
  const insert = (words: string, over: { from: number; to: number }) => {
    const done = insertAt(text, over, words);
    keep(done.text, files);
    setSlash(null);
    place(done.caret);
  };
  const insertHere = useRef<(words: string) => void>(() => undefined);
  useEffect(() => {
    insertHere.current = (words) => {
      const element = box.current;
      const [from, to] = [
        element?.selectionStart ?? text.length,
        element?.selectionEnd ?? text.length,
      ];
      insert(words, { from, to });
    };
  });
  useEffect(() => openPort((words) => insertHere.current(words)), []);

  useImperativeHandle(ref, () => ({
    focus: () => box.current?.focus(),
    pickFiles: () => chooser.current?.click(),
    openArticles: () => {
      const caret = box.current?.selectionStart ?? text.length;
      setSlash({ from: caret, to: caret, q: '' });
      box.current?.focus();
    },
    content: () => ({ text, files }),
    clear: () => keep('', []),
    put: keep,
  }));

  const change = (next: string, caret: number) => {
    performance.mark('typed');
    keep(next, files);
    setSlash(slashAt(next, caret));
    hub.typing(conversation.id, next === '' ? null : mode);
  };
  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (slash !== null && picker.current?.press(event) === true) return;
    const meaning = meaningOf(
      { ...keyOf(event) },
      composition.current,
      event.timeStamp,
      enterSends,
    );
    if (meaning === 'send') {
      event.preventDefault();
      onSend();
    } else if (event.key === 'Escape' && !event.nativeEvent.isComposing && slash !== null) {
      event.preventDefault();
      setSlash(null);
    }
  };
  const paste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    add(event.clipboardData.files);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    add(event.dataTransfer.files);
  };

  return (
    // Files may be dropped anywhere on it; the button beside it does the same by key.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className={dragging ? 'editor is-over' : 'editor'}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={drop}
    >
      {slash !== null && (
        <ArticlePicker
          ref={picker}
          q={slash.q}
          language={conversation.language}
          onPick={(words) => insert(words, slash)}
          onClose={() => setSlash(null)}
        />
      )}
      <textarea
        ref={box}
        className="box"
        dir="auto"
        rows={3}
        value={text}
        data-pane="composer"
        aria-label={t(mode === 'note' ? 'composer.note' : 'composer.reply')}
        placeholder={
          mode === 'note'
            ? t('composer.note_placeholder')
            : t('composer.reply_placeholder', { name: shortNameOf(conversation.customer.name) })
        }
        onCompositionStart={() => (composition.current = { endedAt: null })}
        onCompositionEnd={(event) => (composition.current = { endedAt: event.timeStamp })}
        onChange={(event) => change(event.currentTarget.value, event.currentTarget.selectionStart)}
        onKeyDown={press}
        onPaste={paste}
        onBlur={() => hub.typing(conversation.id, null)}
      />
      {draft.state === 'conflict' && (
        <div className="conflict" role="alert">
          <Icon name="info" size={14} />
          <span className="grow">{t('composer.draft_newer')}</span>
          <button type="button" className="btn sm" onClick={() => draft.resolve(true)}>
            {t('composer.draft_take')}
          </button>
          <button type="button" className="btn sm" onClick={() => draft.resolve(false)}>
            {t('composer.draft_keep_mine')}
          </button>
        </div>
      )}
      <Pieces
        files={files}
        uploads={uploads}
        onRemove={(id) =>
          keep(
            text,
            files.filter((file) => file.id !== id),
          )
        }
        onCancel={cancel}
      />
      {dragging && <div className="drop">{t('composer.drop')}</div>}
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          add(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}

function fillOf(text: string, files: readonly DraftAttachment[], uploads: readonly Upload[]): Fill {
  if (text.trim() === '' && files.length === 0) return 'empty';
  return uploads.length > 0 ? 'uploading' : 'full';
}

function keyOf(event: KeyboardEvent) {
  const { key, shiftKey, altKey, ctrlKey, metaKey } = event;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- only the old code tells the end of a composition
  const { isComposing, keyCode } = event.nativeEvent;
  return { key, shiftKey, altKey, ctrlKey, metaKey, isComposing, keyCode };
}

type PiecesProps = {
  files: readonly DraftAttachment[];
  uploads: readonly Upload[];
  onRemove: (id: string) => void;
  onCancel: (key: string) => void;
};

/** The files that go along, and those still on their way. */
function Pieces({ files, uploads, onRemove, onCancel }: PiecesProps) {
  const { t } = useWords();
  if (files.length === 0 && uploads.length === 0) return null;
  return (
    <ul className="pieces">
      {files.map((file) => (
        <li key={file.id} className="piece">
          <Icon name={file.media_type.startsWith('image/') ? 'image' : 'file'} size={14} />
          <bdi className="cut">{shownName(file.name).text}</bdi>
          <span className="faint num">{sizeOf(file.size)}</span>
          <button
            type="button"
            className="clear"
            aria-label={t('composer.remove_attachment', { name: file.name })}
            onClick={() => onRemove(file.id)}
          >
            <Icon name="x" size={14} />
          </button>
        </li>
      ))}
      {uploads.map((one) => (
        <li key={one.key} className="piece">
          <span className="piece-bar" style={{ width: `${Math.round(one.share * 100)}%` }} />
          <Icon name="arrow-up" size={14} />
          <bdi className="cut">
            {t('composer.uploading', {
              name: shownName(one.name).text,
              percent: Math.round(one.share * 100),
            })}
          </bdi>
          <button
            type="button"
            className="clear"
            aria-label={t('common.cancel')}
            onClick={() => onCancel(one.key)}
          >
            <Icon name="x" size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}
