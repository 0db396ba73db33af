/** What the hub says is wrong with an entry, in words of the screen's language. */
import type { Key } from '@/i18n/workbench/catalogue';
import type { Problem } from '@/sync';
import type { T } from '@/workbench/parts';

/** The hub's own words for what an administrator is likely to meet. */
const WORDS: readonly (readonly [RegExp, Key])[] = [
  [/^is missing|^Field required/, 'admin.wrong.missing'],
  [/e-mail address/, 'admin.wrong.email'],
  [/name of a server/, 'admin.wrong.host'],
  [/^must be a port$/, 'admin.wrong.port'],
  [/^a secret: give it among/, 'admin.wrong.secret_in_settings'],
  [/^whsec_/, 'admin.wrong.signing_secret'],
  [/^a phone number/, 'admin.wrong.phone'],
  [/^an address such as/, 'admin.wrong.url'],
  [/^a list of sites/, 'admin.wrong.origins'],
  [/^a colour/, 'admin.wrong.colour'],
  [/^a number is too large/, 'admin.wrong.large'],
  [/^no such queue/, 'admin.wrong.queue'],
  [/^String should match pattern/, 'admin.wrong.pattern'],
  [/^String should have at least/, 'admin.wrong.missing'],
];

export function faultWords(problem: string, t: T): string {
  const known = WORDS.find(([pattern]) => pattern.test(problem));
  return known === undefined ? problem : t(known[1]);
}

/** What is wrong with the entry at this path, or beneath it. */
export function faultAt(problem: Problem | null, path: string, t: T): string | undefined {
  const fault = problem?.faults?.find(
    (one) => one.path === path || one.path.startsWith(`${path}/`),
  );
  return fault === undefined ? undefined : faultWords(fault.problem, t);
}
