/** Nobody is there: what happens to the visitor's words, and when somebody comes. */
import type { Millis } from './protocol.ts';
import type { Language, Words } from './words.ts';

export type NoticeProps = {
  readonly words: Words;
  readonly language: Language;
  readonly opensAt: Millis | null;
};

export function Notice({ words, language, opensAt }: NoticeProps) {
  const when = new Intl.DateTimeFormat(language, {
    weekday: 'short',
    hour: 'numeric',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (
    <div class="notice" role="note">
      <b>{words.closedTitle}</b>
      <p>
        {opensAt !== null && <>{words.opensAt(when.format(opensAt))} </>}
        {words.closedText}
      </p>
    </div>
  );
}
