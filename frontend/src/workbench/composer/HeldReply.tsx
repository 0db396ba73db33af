/** The stop before talking over a colleague: their newer reply, mine unsent, and the ways on. */
import type { Conversation, Message } from '@/domain/entities';
import { agoOf, timeOf } from '@/i18n/format';
import type { DraftAttachment, OutboxEntry } from '@/sync';
import { useGround, useHub, useOutbox, useServerNow, useReadable } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { Avatar, useWords } from '@/workbench/parts';
import { messagesOf } from '@/workbench/thread';

type HeldReplyProps = {
  conversation: Conversation;
  onKeep: (text: string, files: readonly DraftAttachment[]) => void;
};

export function HeldReply({ conversation, onKeep }: HeldReplyProps) {
  const held = useOutbox(conversation.id).find((entry) => entry.state === 'held');
  if (held === undefined) return null;
  return <HeldCard key={held.id} conversation={conversation} entry={held} onKeep={onKeep} />;
}

function useColleaguesReply(conversation: Conversation, entry: OutboxEntry): Message | undefined {
  const hub = useHub();
  const me = useGround()?.me.id;
  const thread = useReadable(hub.threads.thread(conversation.id));
  const seen = entry.body.seen_ordinal ?? 0;
  return messagesOf(thread.items).findLast(
    (message) => message.direction === 'out' && message.author.id !== me && message.ordinal > seen,
  );
}

function HeldCard({ conversation, entry, onKeep }: HeldReplyProps & { entry: OutboxEntry }) {
  const { t, language } = useWords();
  const hub = useHub();
  const theirs = useColleaguesReply(conversation, entry);
  const now = useServerNow(5000);
  const name = theirs?.author.name ?? t('common.unknown_person');

  const keep = async () => {
    await hub.outbox.discard(entry.id);
    onKeep(entry.body.text, entry.attachments);
  };
  const asNote = async () => {
    await hub.outbox.discard(entry.id);
    await hub.outbox.post({
      conversation: conversation.id,
      mode: 'note',
      text: entry.body.text,
      attachments: entry.attachments,
      seen_ordinal: conversation.last_ordinal,
    });
  };
  return (
    <>
      <div className="dim" />
      <div
        className="dlg"
        role="alertdialog"
        aria-labelledby="held-title"
        aria-describedby="held-theirs"
      >
        <h2 id="held-title">
          {t('composer.held.title', {
            name,
            ago: theirs === undefined ? '' : agoOf(now - theirs.at, language),
          })}
        </h2>
        {theirs !== undefined && (
          <div className="quote" id="held-theirs">
            <div className="stamp">
              <Avatar name={name} size="xs" /> {name} <time>{timeOf(theirs.at, language)}</time>
            </div>
            <div dir="auto" className="quote-words">
              {theirs.text}
            </div>
          </div>
        )}
        <div className="quote quote-mine">
          <div className="stamp">{t('composer.held.yours')}</div>
          <div dir="auto" className="quote-words">
            {entry.body.text}
          </div>
        </div>
        <div className="row wrap">
          {/* The safe way is the one under Enter. */}
          {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
          <button type="button" className="btn primary" autoFocus onClick={() => void keep()}>
            {t('composer.held.keep')}
          </button>
          <button type="button" className="btn" onClick={() => void hub.outbox.insist(entry.id)}>
            {t('composer.held.send')}
          </button>
        </div>
        <button type="button" className="btn quiet as-note" onClick={() => void asNote()}>
          <Icon name="lock" /> {t('composer.held.as_note')}
        </button>
      </div>
    </>
  );
}
