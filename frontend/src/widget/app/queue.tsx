/** The visitor's place in line: one bar is one person, the one with a head is you. */
import { range } from './estimate.ts';
import type { Waiting } from './protocol.ts';
import type { Words } from './words.ts';

/** More bars than this cannot be counted at a glance; the figure says it. */
const BARS = 12;

export function Queue({ words, waiting }: { readonly words: Words; readonly waiting: Waiting }) {
  const ahead = Math.max(0, waiting.position - 1);
  const estimate = range(waiting.estimate);
  return (
    <section class="queue" aria-label={words.placeKept}>
      <div class="pos" role="status">
        {ahead > 0 ? (
          <>
            <span>{words.ahead}</span>
            <span class="n">
              {ahead} <small>{words.people}</small>
            </span>
          </>
        ) : (
          <span class="n next">{words.nextUp}</span>
        )}
      </div>
      <div class="line" role="img" aria-label={words.yourPlace(ahead + 1)}>
        <i class="desk" />
        {Array.from({ length: Math.min(ahead, BARS) }, (_, i) => (
          <i key={i} />
        ))}
        <i class="me" />
      </div>
      <div class="eta">
        {estimate ? (
          <>
            <div>{words.about}</div>
            <b>{words.range(estimate)}</b>
            <div>{words.pace}</div>
          </>
        ) : (
          <div>{words.noEstimate}</div>
        )}
      </div>
      <p class="hint">{words.mayLeave}</p>
    </section>
  );
}
