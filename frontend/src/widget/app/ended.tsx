/** After the end: was it solved, how was it, and the way back in. */
import { useRef, useState } from 'preact/hooks';

import { Face, Icon } from './icons.tsx';
import type { Rating } from './protocol.ts';
import type { Words } from './words.ts';

export type EndedProps = {
  readonly words: Words;
  readonly agent: string | null;
  readonly isRated: boolean;
  readonly hasFailed: boolean;
  readonly onRate: (rating: Rating) => void;
  readonly onRetry: () => void;
  readonly onAgain: () => void;
  readonly onSee: () => void;
  readonly onSave: () => void;
};

export function Ended(props: EndedProps) {
  const { words, isRated, hasFailed, onRetry, onAgain, onSee, onSave } = props;
  return (
    <div class="body">
      {isRated ? (
        <>
          <div role="status">
            <h2 class="say" tabIndex={-1} data-first>
              {hasFailed ? words.ratingFailed : words.thanks}
            </h2>
          </div>
          <span class="grow" />
          {hasFailed && (
            <button class="btn wide" type="button" onClick={onRetry}>
              <Icon name="refresh" /> {words.tryAgain}
            </button>
          )}
          <button class="btn primary wide" type="button" onClick={onAgain}>
            {words.again}
          </button>
        </>
      ) : (
        <RatingForm {...props} />
      )}
      <div class="ways">
        <button class="btn" type="button" onClick={onSee}>
          {words.seeChat}
        </button>
        <button class="btn" type="button" onClick={onSave}>
          {words.saveChat}
        </button>
      </div>
    </div>
  );
}

function RatingForm({ words, agent, onRate, onAgain }: EndedProps) {
  const [solved, setSolved] = useState<boolean | null>(null);
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  const facesRef = useRef<HTMLFieldSetElement>(null);

  const rate = (event: Event) => {
    event.preventDefault();
    if (score) {
      onRate({ score, solved, comment: comment.trim() });
      return;
    }
    setIsMissing(true);
    facesRef.current?.querySelector('input')?.focus();
  };
  return (
    <form class="rating" onSubmit={rate} novalidate>
      <fieldset>
        <legend class="say" tabIndex={-1} data-first>
          {words.solved}
        </legend>
        <div class="ways">
          {[true, false].map((answer) => (
            <label key={String(answer)} class={solved === answer ? 'btn pick is-on' : 'btn pick'}>
              <input
                type="radio"
                name="solved"
                class="vh"
                checked={solved === answer}
                onChange={() => setSolved(answer)}
              />
              {answer && <Icon name="check" />} {answer ? words.yes : words.notYet}
            </label>
          ))}
        </div>
      </fieldset>
      <fieldset ref={facesRef} aria-describedby={isMissing ? 'fault-face' : undefined}>
        <legend class="vh">{words.howWasIt}</legend>
        <div class="faces">
          {words.faces.map((word, i) => (
            <label key={word} class={score === i + 1 ? 'pick is-on' : 'pick'}>
              <input
                type="radio"
                name="score"
                class="vh"
                checked={score === i + 1}
                onChange={() => setScore(i + 1)}
              />
              <Face score={i + 1} />
              {word}
            </label>
          ))}
        </div>
        {isMissing && score === 0 && (
          <p class="fault" id="fault-face" role="alert">
            {words.faceMissing}
          </p>
        )}
      </fieldset>
      <label class="lab">
        {words.comment}
        <textarea
          class="field area"
          dir="auto"
          rows={2}
          maxLength={2000}
          placeholder={words.commentFor(agent)}
          value={comment}
          onInput={(event) => setComment(event.currentTarget.value)}
        />
      </label>
      <span class="grow" />
      <button class="btn primary wide" type="submit">
        {words.submit}
      </button>
      <button class="btn wide" type="button" onClick={onAgain}>
        {words.again}
      </button>
    </form>
  );
}
