/** How much somebody carries of what they can: pips while they can be counted, five fifths beyond that. */
import { Pips } from '@/ui/Pips';

import { useWords } from './words';

const COUNTABLE = 8;
const FIFTHS = 5;

export function LoadPips({ load, capacity }: { load: number; capacity: number }) {
  const { t } = useWords();
  const countable = capacity <= COUNTABLE && load <= COUNTABLE;
  const full = Math.max(1, capacity);
  const used = countable ? load : Math.min(FIFTHS, Math.ceil((load / full) * FIFTHS));
  return (
    <Pips
      used={used}
      total={countable ? Math.max(capacity, load) : FIFTHS}
      label={t('presence.load', { load, capacity })}
      {...(load > capacity ? { tone: 'bad' } : {})}
    />
  );
}

/** The same in figures: `3/5`, or `40%` of many units. */
export function loadWords(load: number, capacity: number): string {
  if (capacity <= COUNTABLE) return `${load}/${capacity}`;
  return `${Math.round((load / capacity) * 100)}%`;
}
