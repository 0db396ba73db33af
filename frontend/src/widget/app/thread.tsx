/** What was said, oldest first, each with what became of it. */
import { Fragment } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { Icon } from './icons.tsx';
import type { Command } from './outbox.ts';
import type { Attachment, CommandFrame, Message } from './protocol.ts';
import { pieces } from './text.ts';
import type { Language, Words } from './words.ts';

export type Pending = Command & { readonly frame: Extract<CommandFrame, { t: 'send' }> };

export type ThreadProps = {
  readonly words: Words;
  readonly language: Language;
  readonly base: URL;
  readonly messages: readonly Message[];
  readonly pending: readonly Pending[];
  readonly typing: string | null;
  readonly onRetry: (id: string) => void;
  readonly onDiscard: (id: string) => void;
};

/** Nearer to the end than this counts as being there. */
const NEAR = 48;

export function Thread(props: ThreadProps) {
  const { words, language, messages, pending, typing } = props;
  const logRef = useRef<HTMLDivElement>(null);
  const staysRef = useRef(true);
  const [hasNews, setHasNews] = useState(false);
  const last = messages.at(-1)?.id;

  const toEnd = () => {
    if (logRef.current) logRef.current.scrollTop = logRef.current.scrollHeight;
    staysRef.current = true;
    setHasNews(false);
  };
  useLayoutEffect(toEnd, [pending.length]);
  useLayoutEffect(() => {
    if (staysRef.current) toEnd();
    else setHasNews(true);
  }, [last]);
  useLayoutEffect(() => {
    if (staysRef.current) toEnd();
  }, [typing]);

  return (
    <div class="scene">
      {}
      <div
        class="thread"
        role="log"
        aria-live="polite"
        aria-label={words.log}
        // It scrolls, so it must be reachable without a mouse.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        ref={logRef}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          staysRef.current = scrollHeight - scrollTop - clientHeight < NEAR;
          if (staysRef.current) setHasNews(false);
        }}
      >
        <span class="grow" />
        {messages.map((message, i) => (
          <Fragment key={message.client_id ?? message.id}>
            <Between words={words} language={language} before={messages[i - 1]} after={message} />
            <Said {...props} message={message} />
          </Fragment>
        ))}
        {pending.map((command) => (
          <Waiting key={command.id} {...props} command={command} />
        ))}
      </div>
      <div class="typing" aria-hidden={typing === null}>
        {typing !== null && (
          <>
            <Icon name="pencil" size={14} /> {words.typing(typing)}
          </>
        )}
      </div>
      {hasNews && (
        <button class="btn news" type="button" onClick={toEnd}>
          {words.newBelow} <Icon name="down" />
        </button>
      )}
    </div>
  );
}

type BetweenProps = {
  readonly words: Words;
  readonly language: Language;
  readonly before: Message | undefined;
  readonly after: Message;
};

/** What changed between two messages: the day, the agent. */
function Between({ words, language, before, after }: BetweenProps) {
  const day = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' });
  const date = day.format(after.at);
  const isNewDay = before && day.format(before.at) !== date;
  const joined = after.author.kind === 'agent' && before?.author.name !== after.author.name;
  return (
    <>
      {isNewDay && <div class="event">{date}</div>}
      {joined && <div class="event">{words.joined(after.author.name)}</div>}
    </>
  );
}

type SaidProps = Omit<ThreadProps, 'messages' | 'pending'> & { readonly message: Message };

function Said({ words, language, base, message }: SaidProps) {
  const { direction, text, attachments, state, author, at } = message;
  const isMine = direction === 'in';
  const isRead = state === 'read';
  const time = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (
    <div class={isMine ? 'msg out' : 'msg'}>
      <span class="vh">{isMine ? words.you : author.name}: </span>
      <Bubble text={text} attachments={attachments} base={base} />
      <div class="stamp">
        {isMine && (
          <>
            <Icon name={isRead ? 'checks' : 'check'} size={14} />
            {isRead ? words.state.read : words.state.received}
          </>
        )}
        <time dateTime={new Date(at).toISOString()}>{time.format(at)}</time>
      </div>
    </div>
  );
}

type WaitingProps = Omit<ThreadProps, 'messages' | 'pending'> & { readonly command: Pending };

function Waiting({ words, base, command, onRetry, onDiscard }: WaitingProps) {
  const { id, frame, attachments, state, code } = command;
  return (
    <div class={state === 'failed' ? 'msg out failed' : 'msg out'}>
      <span class="vh">{words.you}: </span>
      <Bubble text={frame.text} attachments={attachments} base={base} />
      {state === 'failed' ? (
        <div class="stamp">
          {code === 'too_long' && words.tooLong}
          <button class="link" type="button" onClick={() => onRetry(id)}>
            <Icon name="refresh" size={14} /> {words.failed}
          </button>
          <button class="link" type="button" onClick={() => onDiscard(id)}>
            {words.discard}
          </button>
        </div>
      ) : (
        <div class="stamp">
          <Icon name="clock" size={14} />
          {state === 'waiting' ? words.state.waiting : words.state.sending}
        </div>
      )}
    </div>
  );
}

type BubbleProps = {
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly base: URL;
};

function Bubble({ text, attachments, base }: BubbleProps) {
  return (
    <div class="bubble" dir="auto">
      {pieces(text).map((piece, i) =>
        piece.href ? (
          <a key={i} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
      {attachments.map((attachment) => (
        <File key={attachment.id} attachment={attachment} base={base} />
      ))}
    </div>
  );
}

const PICTURE = /^image\/(png|jpeg|gif|webp)$/;

function File({ attachment, base }: { readonly attachment: Attachment; readonly base: URL }) {
  const { name, media_type, url } = attachment;
  const label = (
    <>
      <Icon name="file" /> <span class="cut">{name}</span>
    </>
  );
  if (!url) return <span class="file">{label}</span>;
  const href = new URL(url, base).href;
  return (
    <a class="file" href={href} target="_blank" rel="noopener noreferrer" download={name}>
      {PICTURE.test(media_type) ? <img src={href} alt={name} loading="lazy" /> : label}
    </a>
  );
}
