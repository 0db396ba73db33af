/** One message: the customer's left, ours right, a note across, and what the hub did in the middle. */
import { memo, useState } from 'react';

import type { Message } from '@/domain/entities';
import { fullMomentOf, timeOf } from '@/i18n/format';
import { useHub } from '@/sync-react';
import { Icon, type IconName } from '@/ui/icons';
import { useWords } from '@/workbench/parts';

import { Attachments } from './Attachments';
import { Delivery } from './Delivery';
import { HtmlMail } from './HtmlMail';
import { systemWords } from './system';

type MessageLineProps = {
  message: Message;
  lang: string | null;
  mine: boolean;
  onRetry: (message: Message) => void;
  onCopy: (text: string) => void;
};

export const MessageLine = memo(function MessageLine(props: MessageLineProps) {
  const { message } = props;
  if (message.direction === 'event') return <SystemLine message={message} />;
  if (message.direction === 'note') return <NoteLine message={message} mine={props.mine} />;
  return <Bubble {...props} />;
});

function Bubble({ message, lang, mine, onRetry, onCopy }: MessageLineProps) {
  const { t, language } = useWords();
  const out = message.direction === 'out';
  const bot = message.author.kind === 'bot';
  const classes = [
    'msg',
    out ? 'out' : '',
    bot ? 'bot' : '',
    message.state === 'failed' ? 'failed' : '',
  ];
  const wide = message.html !== null;
  return (
    <div
      className={classes.filter(Boolean).join(' ') + (wide ? ' wide' : '')}
      id={`m-${message.id}`}
    >
      {message.subject !== null && message.subject !== '' && (
        <div className="subject" dir="auto">
          {message.subject}
        </div>
      )}
      {message.html === null ? (
        (message.text !== '' || message.quoted !== null) && (
          <div className="bubble" dir="auto" {...(lang === null ? {} : { lang })}>
            <span className="vh">{message.author.name}: </span>
            <Words text={message.text} />
            {message.quoted !== null && message.quoted !== '' && <Quoted text={message.quoted} />}
          </div>
        )
      ) : (
        <div className="bubble framed">
          <span className="vh">{message.author.name}: </span>
          <HtmlMail message={message} html={message.html} />
          {message.quoted !== null && message.quoted !== '' && <Quoted text={message.quoted} />}
        </div>
      )}
      <Attachments files={message.attachments} />
      {out ? (
        <div className="row stamps">
          {bot ? <Origin icon="bot" text={t('thread.bot')} /> : null}
          {!mine && !bot && <span className="stamp">{message.author.name}</span>}
          <Delivery
            message={message}
            onRetry={() => onRetry(message)}
            onCopy={() => onCopy(message.text)}
          />
        </div>
      ) : (
        <div className="stamp" title={fullMomentOf(message.at, language)}>
          <time dateTime={new Date(message.at).toISOString()}>{timeOf(message.at, language)}</time>
          {message.automatic && <Origin icon="bot" text={t('thread.automatic')} />}
          {message.trust === 'unverified' && <Origin icon="warn" text={t('thread.untrusted')} />}
          {message.trust === 'failed' && <Origin icon="warn" text={t('thread.forged')} />}
          {(message.html !== null || ('has_raw' in message && message.has_raw === true)) && (
            <a
              className="linklike faint"
              href={`/api/messages/${message.id}/raw`}
              target="_blank"
              rel="noreferrer"
            >
              {t('thread.raw')}
            </a>
          )}
        </div>
      )}
    </div>
  );
}

function Origin({ icon, text }: { icon: IconName; text: string }) {
  return (
    <span className="stamp">
      <Icon name={icon} size={14} /> {text}
    </span>
  );
}

const LINK = /(https?:\/\/[^\s<>"'，。；、）】]+)/g;

/** Plain words with their line breaks; addresses of the web become links. */
export function Words({ text }: { text: string }) {
  return (
    <span className="words">
      {text.split(LINK).map((part, at) =>
        at % 2 === 1 ? (
          <a key={at} href={part} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </span>
  );
}

function Quoted({ text }: { text: string }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <div className="quoted">
      <button
        type="button"
        className="btn sm quiet"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" size={14} /> {open ? t('thread.hide_quoted') : t('thread.show_quoted')}
      </button>
      {open && <blockquote dir="auto">{text}</blockquote>}
    </div>
  );
}

function NoteLine({ message, mine }: { message: Message; mine: boolean }) {
  const { t, language } = useWords();
  return (
    <div className="note-msg" id={`m-${message.id}`}>
      <div className="stamp">
        <Icon name="lock" size={14} /> <b>{t('thread.note_head')}</b>
        <span className="grow" />
        <span className={mine ? 'only-wide' : undefined}>{message.author.name}</span>
        <time dateTime={new Date(message.at).toISOString()}>{timeOf(message.at, language)}</time>
      </div>
      <div dir="auto">
        <Words text={message.text} />
      </div>
      <Attachments files={message.attachments} />
    </div>
  );
}

function SystemLine({ message }: { message: Message }) {
  const { t, language } = useWords();
  const { store } = useHub();
  const named = (about: string) =>
    store.all('queue').find(({ id, name }) => id === about || name.en === about)?.name[language] ??
    store.get('agent', about)?.name;
  return (
    <div className="event" id={`m-${message.id}`} title={fullMomentOf(message.at, language)}>
      <Icon name="transfer" size={14} />
      <span>
        <time className="num">{timeOf(message.at, language)}</time> {systemWords(message, named, t)}
      </span>
    </div>
  );
}
