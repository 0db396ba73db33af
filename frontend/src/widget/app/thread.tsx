/** What was said, oldest first, each with what became of it. */
import { Fragment } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { Icon } from './icons.tsx';
import { moment } from './moments.ts';
import type { Pending } from './outbox.ts';
import type { Attachment, Message } from './protocol.ts';
import { pieces } from './text.ts';
import type { Language, Words } from './words.ts';

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
  const { words, language, base, messages, pending, typing } = props;
  const logRef = useRef<HTMLDivElement>(null);
  const [hasNews, setHasNews] = useState(false);
  const last = messages.at(-1)?.id;

  // Typing below must not cost a pass over everything said.
  const said = useMemo(
    () =>
      messages.map((message, i) => (
        <Fragment key={message.client_id ?? message.id}>
          <Between
            words={words}
            language={language}
            earlier={messages.slice(0, i)}
            after={message}
          />
          <Said words={words} language={language} base={base} message={message} />
        </Fragment>
      )),
    [messages, words, language, base],
  );

  // The log grows upwards from its end (see the style), so its end is at 0 and stays in sight by itself.
  const toEnd = () => logRef.current?.scrollTo(0, 0);
  useLayoutEffect(toEnd, [pending.length]);
  useLayoutEffect(() => setHasNews((logRef.current?.scrollTop ?? 0) < -NEAR), [last]);

  return (
    <div class="scene">
      <div
        class="thread"
        role="log"
        aria-live="polite"
        aria-label={words.log}
        // It scrolls, so it must be reachable without a mouse.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        ref={logRef}
        onScroll={({ currentTarget }) => {
          if (currentTarget.scrollTop > -NEAR) setHasNews(false);
        }}
      >
        <div class="said">
          {said}
          {pending.map((command) => (
            <Waiting key={command.id} {...props} command={command} />
          ))}
        </div>
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
  readonly earlier: readonly Message[];
  readonly after: Message;
};

/** What changed between two messages: the day, the agent. */
function Between({ words, language, earlier, after }: BetweenProps) {
  const date = moment(language, 'day', after.at);
  const before = earlier.at(-1);
  const isNewDay = before && moment(language, 'day', before.at) !== date;
  const { kind, name } = after.author;
  const joined =
    kind === 'agent' &&
    earlier.findLast(({ author }) => author.kind === 'agent')?.author.name !== name;
  return (
    <>
      {isNewDay && <div class="event">{date}</div>}
      {joined && <div class="event">{words.joined(name)}</div>}
    </>
  );
}

type SaidProps = Pick<ThreadProps, 'words' | 'language' | 'base'> & { readonly message: Message };

function Said({ words, language, base, message }: SaidProps) {
  const { direction, text, attachments, state, author, at } = message;
  const isMine = direction === 'in';
  const isRead = state === 'read';
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
        <time dateTime={new Date(at).toISOString()}>{moment(language, 'time', at)}</time>
      </div>
    </div>
  );
}

type WaitingProps = Omit<ThreadProps, 'messages' | 'pending'> & { readonly command: Pending };

function Waiting({ words, base, command, onRetry, onDiscard }: WaitingProps) {
  const { id, frame, attachments, state } = command;
  return (
    <div class={state === 'failed' ? 'msg out failed' : 'msg out'}>
      <span class="vh">{words.you}: </span>
      <Bubble text={frame.text} attachments={attachments} base={base} />
      {state === 'failed' ? (
        <div class="stamp">
          <button class="link" type="button" onClick={() => onRetry(id)}>
            <Icon name="refresh" size={14} /> {words.failed}
          </button>
          <button class="link" type="button" onClick={() => onDiscard(id)}>
            {words.discard}
          </button>
        </div>
      ) : (
        <div class="stamp">
          <Icon name={state === 'sent' ? 'check' : 'clock'} size={14} />
          {state === 'sent' ? words.state.received : words.state[state]}
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
