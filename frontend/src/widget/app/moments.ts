/** Moments in the reader's own way; a formatter is costly to make, so each is made once. */
import type { Millis } from './protocol.ts';
import type { Language } from './words.ts';

type Style = 'time' | 'day' | 'opening';

const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

const STYLES: Record<Style, Intl.DateTimeFormatOptions> = {
  time: CLOCK,
  day: { month: 'short', day: 'numeric' },
  opening: { weekday: 'short', ...CLOCK },
};

const made = new Map<string, Intl.DateTimeFormat>();

export function moment(language: Language, style: Style, at: Millis): string {
  const key = language + style;
  const known = made.get(key);
  const format = known ?? new Intl.DateTimeFormat(language, STYLES[style]);
  if (!known) made.set(key, format);
  return format.format(at);
}
