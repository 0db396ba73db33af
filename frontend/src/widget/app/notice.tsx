/** Nobody is there: what happens to the visitor's words, and when somebody comes. */
import { moment } from './moments.ts';
import type { Millis } from './protocol.ts';
import type { Language, Words } from './words.ts';

export type NoticeProps = {
  readonly words: Words;
  readonly language: Language;
  readonly opensAt: Millis | null;
};

export function Notice({ words, language, opensAt }: NoticeProps) {
  return (
    <div class="notice" role="note">
      <b>{words.closedTitle}</b>
      <p>
        {opensAt !== null && <>{words.opensAt(moment(language, 'opening', opensAt))} </>}
        {words.closedText}
      </p>
    </div>
  );
}
