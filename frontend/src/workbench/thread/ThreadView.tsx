/** The messages of one conversation: begins at the first unread, keeps one's place, draws a window of a long history. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { Conversation, Message } from '@/domain/entities';
import { dayOf, daysBetween, shortNameOf } from '@/i18n/format';
import type { OutboxEntry } from '@/sync';
import { useGround, useHub, useLive, useThread } from '@/sync-react';
import { announce } from '@/ui/announcer';
import { Icon } from '@/ui/icons';
import { StatePanel } from '@/ui/StatePanel';
import { toast } from '@/ui/toasts';
import { problemOf, useWords } from '@/workbench/parts';

import { firstUnread, linesOf, messagesOf, type Line } from './lines';
import { MessageLine } from './MessageLine';
import { PendingLine } from './PendingLine';
import { useScrollPlace } from './useScrollPlace';

const WINDOW = 60;
const NEAR_TOP = 600;

type ThreadViewProps = {
  conversation: Conversation;
  onTakeBack: (entry: OutboxEntry) => void;
};

export function ThreadView({ conversation, onTakeBack }: ThreadViewProps) {
  const { t } = useWords();
  const hub = useHub();
  const me = useGround()?.me;
  const thread = useThread(conversation.id);
  const [size, setSize] = useState(WINDOW);

  const messages = useMemo(() => messagesOf(thread.items), [thread.items]);
  const unreadFrom = useUnreadFrom(conversation, messages, thread.loaded);
  const lines = useMemo(() => {
    const from = Math.max(0, thread.items.length - size);
    return linesOf(thread.items.slice(from), unreadFrom);
  }, [thread.items, size, unreadFrom]);
  const { box, atEnd, noteScroll, toEnd } = useScrollPlace(
    conversation.id,
    thread.loaded,
    unreadFrom === null ? null : 'unread',
    lines,
  );

  const hidden = thread.items.length > size;
  const { older } = thread;
  const onScroll = useCallback(() => {
    noteScroll();
    if ((box.current?.scrollTop ?? Infinity) > NEAR_TOP) return;
    if (hidden) setSize((shown) => shown + WINDOW);
    else if (thread.has_older && !thread.loading) older();
  }, [box, noteScroll, hidden, older, thread.has_older, thread.loading]);
  // Back at the end the window is small again.
  if (atEnd && size > WINDOW * 3) setSize(WINDOW);

  const behind = useNewBelow(messages, atEnd);
  useReadMark(conversation, atEnd && thread.loaded);
  useAnnouncements(conversation, messages);

  const retry = useCallback(
    (message: Message) => {
      hub
        .command({
          method: 'POST',
          path: `/api/messages/${message.id}/retry`,
          lane: message.conversation_id,
        })
        .catch((error: unknown) => toast({ text: problemOf(error, t), tone: 'bad' }));
    },
    [hub, t],
  );
  const copy = useCallback(
    (text: string) => {
      void navigator.clipboard
        .writeText(text)
        .then(() => toast({ text: t('common.copied'), tone: 'ok' }));
    },
    [t],
  );

  return (
    <div className="scroll-wrap">
      <div
        className="scroll"
        ref={box}
        onScroll={onScroll}
        data-pane="thread"
        // Long threads are scrolled by key too.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="log"
        aria-label={t('thread.log')}
        aria-live="off"
      >
        <div className="thread">
          {!thread.loaded && <ThreadSkeleton />}
          {thread.loaded && thread.items.length === 0 && (
            <StatePanel icon="chat" title={t('thread.empty')} />
          )}
          {thread.loaded && !hidden && !thread.has_older && thread.items.length > WINDOW && (
            <div className="event">{t('thread.beginning')}</div>
          )}
          {thread.loaded && (thread.has_older || hidden) && (
            <div className="event faint">{t('thread.older')}</div>
          )}
          {lines.map((line) => (
            <div key={line.key} data-line={line.key} className="t-line">
              <OneLine
                line={line}
                lang={conversation.language}
                me={me?.id ?? ''}
                onRetry={retry}
                onCopy={copy}
                onTakeBack={onTakeBack}
              />
            </div>
          ))}
          <Rated conversation={conversation} />
          <Peek conversation={conversation} />
        </div>
      </div>
      {!atEnd && thread.loaded && (
        <button type="button" className="btn latest" onClick={toEnd}>
          <Icon name="down" />
          {behind > 0
            ? t('thread.back_to_latest_n', { count: behind })
            : t('thread.back_to_latest')}
        </button>
      )}
    </div>
  );
}

type OneLineProps = {
  line: Line;
  lang: string | null;
  me: string;
  onRetry: (message: Message) => void;
  onCopy: (text: string) => void;
  onTakeBack: (entry: OutboxEntry) => void;
};

function OneLine({ line, lang, me, onRetry, onCopy, onTakeBack }: OneLineProps) {
  const { t } = useWords();
  if (line.kind === 'day') return <Day at={line.at} />;
  if (line.kind === 'unread')
    return <div className="day unread-mark">{t('thread.unread_from_here')}</div>;
  if (line.item.kind === 'pending') {
    return <PendingLine entry={line.item.entry} onCopy={onCopy} onTakeBack={onTakeBack} />;
  }
  const { message } = line.item;
  return (
    <MessageLine
      message={message}
      lang={lang}
      mine={message.author.id === me}
      onRetry={onRetry}
      onCopy={onCopy}
    />
  );
}

function Day({ at }: { at: number }) {
  const { t, language } = useWords();
  const now = useHub().now();
  const ago = daysBetween(at, now);
  const words =
    ago === 0 ? t('thread.today') : ago === 1 ? t('thread.yesterday') : dayOf(at, now, language);
  return <div className="day">{words}</div>;
}

/** What the customer thought of it. */
function Rated({ conversation: { rating } }: { conversation: Conversation }) {
  const { t } = useWords();
  if (rating === null) return null;
  const solved =
    rating.solved === null
      ? ''
      : ` · ${t(rating.solved ? 'thread.solved_yes' : 'thread.solved_no')}`;
  return (
    <div className="event">
      <Icon name="star" size={14} />
      <span dir="auto">
        {t('thread.rating', { score: rating.score })}
        {solved}
        {rating.comment !== '' && ` · “${rating.comment}”`}
      </span>
    </div>
  );
}

/** What the customer is typing, as far as they let it be seen. */
function Peek({ conversation }: { conversation: Conversation }) {
  const { t } = useWords();
  const typing = useLive('typing', conversation.id);
  if (typing?.customer !== true) return null;
  return (
    <div className="msg peek" aria-hidden="true">
      {typing.preview !== undefined && typing.preview !== '' && (
        <div className="bubble" dir="auto">
          {typing.preview}
          <span className="caret" />
        </div>
      )}
      <div className="stamp">
        <Icon name="pencil" size={14} />
        {typing.preview === undefined || typing.preview === ''
          ? t('thread.typing')
          : t('thread.typing_preview')}
      </div>
    </div>
  );
}

function ThreadSkeleton() {
  const { t } = useWords();
  return (
    <div role="status" aria-label={t('app.loading')} className="thread-sk">
      {[46, 62, 38, 54].map((width, at) => (
        <span
          key={at}
          className="sk"
          style={{
            width: `${width}%`,
            height: 36,
            alignSelf: at % 2 === 1 ? 'flex-end' : 'flex-start',
            borderRadius: 10,
          }}
        />
      ))}
    </div>
  );
}

/** Where the unread began when the conversation was opened; it stays there until one leaves. */
function useUnreadFrom(
  conversation: Conversation,
  messages: readonly Message[],
  loaded: boolean,
): string | null {
  const [found, setFound] = useState<{ of: string; id: string | null } | null>(null);
  if (loaded && found?.of !== conversation.id) {
    setFound({ of: conversation.id, id: firstUnread(messages, conversation.unread) });
  }
  return found?.of === conversation.id ? found.id : null;
}

/** How many came while one read further up. */
function useNewBelow(messages: readonly Message[], atEnd: boolean): number {
  const last = messages.at(-1)?.ordinal ?? 0;
  const [seen, setSeen] = useState(last);
  if (atEnd && seen !== last) setSeen(last);
  return atEnd
    ? 0
    : messages.filter((message) => message.ordinal > seen && message.direction !== 'event').length;
}

/** Tells the hub that its owner has read what is on the screen. */
function useReadMark(conversation: Conversation, reading: boolean): void {
  const hub = useHub();
  const me = useGround()?.me.id;
  const { id, unread, last_ordinal: ordinal, agent_id: owner } = conversation;
  useEffect(() => {
    if (!reading || unread === 0 || owner !== me) return;
    const tell = () => {
      if (document.visibilityState !== 'visible') return;
      hub
        .command({
          method: 'POST',
          path: `/api/conversations/${id}/read`,
          body: { ordinal },
          optimism: [{ entity: 'conversation', id, patch: { unread: 0 } }],
        })
        .catch(() => undefined); // the next message, or the next visit, says it again
    };
    const timer = setTimeout(tell, 400);
    document.addEventListener('visibilitychange', tell, { once: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', tell);
    };
  }, [hub, id, me, ordinal, owner, reading, unread]);
}

/** Reads out what arrives in the open conversation, gathered so that a burst is one sentence. */
function useAnnouncements(conversation: Conversation, messages: readonly Message[]): void {
  const { t } = useWords();
  const heard = useRef<{ of: string; ordinal: number } | null>(null);
  const last = messages.at(-1)?.ordinal ?? 0;
  const name = conversation.customer.name;
  useEffect(() => {
    if (heard.current?.of !== conversation.id) {
      heard.current = { of: conversation.id, ordinal: last };
      return;
    }
    const timer = setTimeout(() => {
      const since = heard.current?.ordinal ?? last;
      const count = messages.filter((one) => one.direction === 'in' && one.ordinal > since).length;
      heard.current = { of: conversation.id, ordinal: last };
      if (count > 0) announce(t('announce.messages', { count, name: shortNameOf(name) }));
    }, 800);
    return () => clearTimeout(timer);
  }, [conversation.id, last, messages, name, t]);
}
