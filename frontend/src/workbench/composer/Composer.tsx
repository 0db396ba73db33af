/** Reply and note: two composers that cannot be taken for each other, each with its own draft. */
import { Menu } from '@mantine/core';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';

import type { Conversation, DraftMode } from '@/domain/entities';
import { shortNameOf, timeOf } from '@/i18n/format';
import { useDraft, useEntity, useGround, useHub } from '@/sync-react';
import { announce } from '@/ui/announcer';
import { Icon } from '@/ui/icons';
import { toast } from '@/ui/toasts';
import { isMac, KEYS, KeyHint, nameOf, useActions } from '@/workbench/actions';
import { ChannelIcon, problemOf, useWords } from '@/workbench/parts';
import { usePreferences } from '@/workbench/preferences';

import { Editor, type EditorHandle, type Fill } from './Editor';
import { HeldReply } from './HeldReply';

import './composer.css';

/** A mail can be taken back for this long. */
const UNDO_MAIL = 5000;

type ComposerProps = {
  conversation: Conversation;
  onEnd: () => void;
  onTake: () => void;
  onReopen: () => void;
};

export function Composer({ conversation, onEnd, onTake, onReopen }: ComposerProps) {
  const { t } = useWords();
  const me = useGround()?.me.id;
  const others = conversation.agent_id !== null && conversation.agent_id !== me;
  const [mode, setMode] = useState<DraftMode>(others ? 'note' : 'reply');
  const editor = useRef<EditorHandle>(null);
  const owner = useEntity('agent', conversation.agent_id);
  const note = mode === 'note';
  const write = (next: DraftMode) => {
    // At once: the next key is already meant for the box.
    flushSync(() => setMode(next));
    editor.current?.focus();
  };

  useActions([
    {
      id: 'reply',
      title: t('keys.reply'),
      group: 'conversation',
      icon: 'send',
      keys: KEYS.reply,
      run: () => write('reply'),
    },
    {
      id: 'note',
      title: t('keys.note'),
      group: 'conversation',
      icon: 'lock',
      keys: KEYS.note,
      run: () => write('note'),
    },
  ]);

  const closed = conversation.status === 'ended';
  const waiting = !closed && conversation.agent_id === null;
  return (
    <section
      className={note ? 'comp comp-note' : 'comp'}
      aria-label={t(note ? 'composer.note' : 'composer.reply')}
    >
      <div className="modes" role="tablist" aria-label={t('composer.reply')}>
        <ModeTab mode="reply" on={!note} onPick={() => write('reply')} />
        <ModeTab mode="note" on={note} onPick={() => write('note')} />
        <span className="grow" />
        {note ? (
          <span className="row sm cannot-see">
            <Icon name="lock" size={14} /> {t('composer.customer_cannot_see')}
          </span>
        ) : (
          <span className="row sm muted only-wide">
            {t('composer.to')} <ChannelIcon channel={conversation.channel} />
            {t(`channels.${conversation.channel}`)}
          </span>
        )}
      </div>
      {others && !note && (
        <p className="hint">
          <Icon name="info" size={14} />{' '}
          {t('composer.not_mine', { name: owner?.name ?? t('common.unknown_person') })}
        </p>
      )}
      {!note && (closed || waiting) ? (
        <div className="closed">
          <span className="grow">{t(closed ? 'composer.ended' : 'composer.waiting')}</span>
          <button
            type="button"
            className={closed ? 'btn' : 'btn primary'}
            onClick={closed ? onReopen : onTake}
          >
            {closed ? t('thread.reopen') : t('composer.take_to_reply')}
            {!closed && <KeyHint shortcut={KEYS.take[0]} />}
          </button>
        </div>
      ) : (
        <Writing
          key={`${conversation.id}:${mode}`}
          conversation={conversation}
          mode={mode}
          editor={editor}
          onEnd={onEnd}
        />
      )}
      <HeldReply
        conversation={conversation}
        onKeep={(text, files) => {
          setMode('reply');
          requestAnimationFrame(() => editor.current?.put(text, files));
        }}
      />
    </section>
  );
}

function ModeTab({ mode, on, onPick }: { mode: DraftMode; on: boolean; onPick: () => void }) {
  const { t } = useWords();
  return (
    <button
      type="button"
      role="tab"
      aria-selected={on}
      className={on ? 'mode is-on' : 'mode'}
      onClick={onPick}
    >
      <Icon name={mode === 'note' ? 'lock' : 'send'} /> {t(`composer.${mode}`)}{' '}
      <KeyHint shortcut={KEYS[mode][0]} />
    </button>
  );
}

type WritingProps = {
  conversation: Conversation;
  mode: DraftMode;
  editor: React.RefObject<EditorHandle | null>;
  onEnd: () => void;
};

function Writing({ conversation, mode, editor, onEnd }: WritingProps) {
  const { t } = useWords();
  const hub = useHub();
  const { enter_sends: pressed } = usePreferences();
  const [fill, setFill] = useState<Fill>('empty');
  const note = mode === 'note';
  const mail = conversation.channel === 'email';
  const enterSends = pressed && (note || !mail);
  const empty = fill === 'empty';

  const send = async (thenEnd = false) => {
    const content = editor.current?.content();
    if (content === undefined || empty) return;
    if (fill === 'uploading') {
      announce(t('composer.wait_for_upload'));
      return;
    }
    try {
      await hub.outbox.post({
        conversation: conversation.id,
        mode,
        text: content.text.trim(),
        attachments: content.files,
        seen_ordinal: conversation.last_ordinal,
        undo_for: mail && !note ? UNDO_MAIL : 0,
      });
    } catch (error) {
      toast({ text: t('composer.refused', { reason: problemOf(error, t) }), tone: 'bad' });
      return;
    }
    editor.current?.clear();
    hub.typing(conversation.id, null);
    announce(t(note ? 'announce.note_saved' : 'announce.sent'));
    if (thenEnd) onEnd();
    else editor.current?.focus();
  };
  const onSend = () => void send();

  return (
    <>
      <Editor
        ref={editor}
        conversation={conversation}
        mode={mode}
        enterSends={enterSends}
        onSend={onSend}
        onFill={setFill}
      />
      <div className="tools">
        <button
          type="button"
          className="btn quiet icon"
          aria-label={t('composer.attach')}
          title={t('composer.attach')}
          onClick={() => editor.current?.pickFiles()}
        >
          <Icon name="clip" />
        </button>
        <button
          type="button"
          className="btn quiet icon"
          aria-label={t('composer.insert_article')}
          title={t('composer.insert_article')}
          onClick={() => editor.current?.openArticles()}
        >
          <Icon name="canned" />
        </button>
        <DraftWords conversation={conversation} mode={mode} />
        <span className="grow" />
        {note ? (
          <button type="button" className="btn note" disabled={empty} onClick={onSend}>
            {t('composer.save_note')} <SendKey enterSends={enterSends} />
          </button>
        ) : (
          <span className="split">
            <button type="button" className="btn primary" disabled={empty} onClick={onSend}>
              {t('composer.send_by', {
                channel: t(`channels.by.${conversation.channel}`),
                name: shortNameOf(conversation.customer.name),
              })}{' '}
              <SendKey enterSends={enterSends} />
            </button>
            <Menu position="top-end">
              <Menu.Target>
                <button
                  type="button"
                  className="btn primary"
                  aria-label={t('composer.ways')}
                  disabled={empty}
                >
                  <Icon name="down" />
                </button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<Icon name="check" />} onClick={() => void send(true)}>
                  {t('composer.send_and_end')}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </span>
        )}
      </div>
    </>
  );
}

function SendKey({ enterSends }: { enterSends: boolean }) {
  return <kbd aria-hidden="true">{nameOf({ code: 'Enter', mod: !enterSends }, isMac())}</kbd>;
}

/** Where the draft is now, and that the other one still exists. */
function DraftWords({ conversation, mode }: { conversation: Conversation; mode: DraftMode }) {
  const { t, language } = useWords();
  const mine = useDraft(conversation.id, mode);
  const other = useDraft(conversation.id, mode === 'note' ? 'reply' : 'note');
  const kept = useEntity('draft', `${conversation.id}:${mode}`);
  let words = '';
  if (mine.text !== '') {
    if (mine.state === 'saving') words = t('composer.draft_saving');
    else if (mine.state === 'dirty') words = t('composer.draft_here');
    else if (kept !== undefined) {
      words = t('composer.draft_kept', { time: timeOf(kept.updated_at, language) });
    }
  } else if (other.text.trim() !== '') {
    words = t(mode === 'note' ? 'composer.reply_draft_kept' : 'composer.note_draft_kept');
  }
  return <span className="sm faint only-wide draft-words">{words}</span>;
}
