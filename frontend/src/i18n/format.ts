/** Times, durations, sizes and lists as people of either language write them. */
import type { Language } from './workbench/i18n';

export type Millis = number;

const LOCALE: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };
const DAY = 86_400_000;

const made = new Map<string, Intl.DateTimeFormat>();
function dates(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  const held = made.get(key);
  if (held !== undefined) return held;
  const fresh = new Intl.DateTimeFormat(LOCALE[language], options);
  made.set(key, fresh);
  return fresh;
}

/** `02:14`, or `1:20:05` from an hour on: the stopwatch form of chips and timers. */
export function clockOf(duration: Millis): string {
  const seconds = Math.max(0, Math.floor(Math.abs(duration) / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** The coarse form for long spans: `2 d 4 h`, `3 h 12 min`; shorter ones as a stopwatch. */
export function spanOf(duration: Millis, language: Language): string {
  const minutes = Math.floor(Math.abs(duration) / 60_000);
  const words = language === 'zh' ? { d: '天', h: '时', m: '分' } : { d: 'd', h: 'h', m: 'min' };
  const gap = language === 'zh' ? '' : ' ';
  if (minutes < 600) return clockOf(duration);
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (d > 0)
    return h > 0 && d < 10 ? `${d}${gap}${words.d} ${h}${gap}${words.h}` : `${d}${gap}${words.d}`;
  return `${h}${gap}${words.h} ${m}${gap}${words.m}`;
}

/** `14:20` */
export function timeOf(at: Millis, language: Language): string {
  return dates(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

export function dayStart(at: Millis): Millis {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

export function daysBetween(at: Millis, now: Millis): number {
  return Math.round((dayStart(now) - dayStart(at)) / DAY);
}

/** `Tue 14:20`, `12 Nov`, `12 Nov 2025`: as little as tells the moment. Today is the time alone. */
export function momentOf(at: Millis, now: Millis, language: Language): string {
  const ago = daysBetween(at, now);
  if (ago === 0) return timeOf(at, language);
  if (ago > 0 && ago < 7) {
    const weekday = dates(language, { weekday: 'short' }).format(at);
    return `${weekday} ${timeOf(at, language)}`;
  }
  return dateOf(at, now, language);
}

export function dateOf(at: Millis, now: Millis, language: Language): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return dates(language, {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at);
}

/** The heading of a day in a thread, for days before yesterday. */
export function dayOf(at: Millis, now: Millis, language: Language): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return dates(language, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at);
}

/** Everything about a moment, for titles. */
export function fullMomentOf(at: Millis, language: Language): string {
  return dates(language, { dateStyle: 'full', timeStyle: 'medium' }).format(at);
}

export function numberOf(value: number, language: Language): string {
  return value.toLocaleString(LOCALE[language]);
}

/** A share 0..1 as `78%`. */
export function percentOf(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** `18 KB`, `1.4 MB` */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `40 s ago`, `3 min ago`, in whole words of the language. */
export function agoOf(duration: Millis, language: Language): string {
  const relative = new Intl.RelativeTimeFormat(LOCALE[language], {
    numeric: 'always',
    style: 'short',
  });
  const seconds = Math.max(0, Math.round(duration / 1000));
  if (seconds < 60) return relative.format(-seconds, 'second');
  if (seconds < 3600) return relative.format(-Math.round(seconds / 60), 'minute');
  if (seconds < 86_400) return relative.format(-Math.round(seconds / 3600), 'hour');
  return relative.format(-Math.round(seconds / 86_400), 'day');
}

export function listOf(names: string[], language: Language): string {
  return new Intl.ListFormat(LOCALE[language], { style: 'short', type: 'conjunction' }).format(
    names,
  );
}

/** Sorts names as a reader expects: Chinese by pinyin, Latin by letter. */
export const byName = (a: { name: string }, b: { name: string }): number =>
  collator.compare(a.name, b.name);
const collator = new Intl.Collator('zh-Hans-CN-u-co-pinyin');

const letters = new Intl.Segmenter();

/** The first letter as a reader counts them. */
export function firstLetterOf(text: string): string {
  for (const { segment } of letters.segment(text)) return segment;
  return '';
}

/** One or two letters that stand for a person: a Chinese surname, Latin initials, or nothing for a number. */
export function initialsOf(name: string): string | null {
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\s]/gu, '')
    .trim();
  if (plain === '') return null;
  if (/^\p{Script=Han}/u.test(plain)) return firstLetterOf(plain);
  const words = plain.split(/\s+/);
  const first = firstLetterOf(words[0] ?? '');
  const last = words.length > 1 ? firstLetterOf(words.at(-1) ?? '') : '';
  return (first + last).toUpperCase();
}

/** The name a button has room for: the first word of a Latin name, a Chinese name whole. */
export function shortNameOf(name: string): string {
  return /^\p{Script=Latin}/u.test(name) ? (name.split(/\s+/)[0] ?? name) : name;
}
