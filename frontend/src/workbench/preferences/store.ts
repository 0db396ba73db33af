/** What this person prefers: kept in this browser at once, mirrored to the hub by whoever watches. */

export type Theme = 'light' | 'dark' | 'system';
export type Density = 'compact' | 'comfortable';

export type Preferences = {
  theme: Theme;
  density: Density;
  /** Enter sends a chat message; otherwise Ctrl+Enter does. */
  enter_sends: boolean;
  /** Single letters act while nobody is writing (WCAG 2.1.4 asks that they can be off). */
  single_keys: boolean;
  sounds: boolean;
};

const DEFAULTS: Preferences = {
  theme: 'system',
  density: 'compact',
  enter_sends: true,
  single_keys: true,
  sounds: true,
};
const KEPT_AS = 'hub.preferences';

function accept(value: unknown): Partial<Preferences> {
  if (typeof value !== 'object' || value === null) return {};
  const given = value as Record<string, unknown>;
  const known: Partial<Preferences> = {};
  if (given.theme === 'light' || given.theme === 'dark' || given.theme === 'system') {
    known.theme = given.theme;
  }
  if (given.density === 'compact' || given.density === 'comfortable') {
    known.density = given.density;
  }
  for (const name of ['enter_sends', 'single_keys', 'sounds'] as const) {
    const flag = given[name];
    if (typeof flag === 'boolean') known[name] = flag;
  }
  return known;
}

function remembered(): Partial<Preferences> {
  try {
    return accept(JSON.parse(localStorage.getItem(KEPT_AS) ?? 'null'));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

let current: Preferences = { ...DEFAULTS, ...remembered() };
const listeners = new Set<() => void>();

export const preferences = {
  get: (): Preferences => current,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  set: (change: Partial<Preferences>): void => {
    current = { ...current, ...change };
    localStorage.setItem(KEPT_AS, JSON.stringify(current));
    for (const listener of listeners) listener();
  },
  /** Takes over what the hub remembers of this person; unknown or odd values are left out. */
  adopt: (given: unknown): void => {
    preferences.set(accept(given));
  },
};
