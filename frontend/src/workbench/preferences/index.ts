/** Theme, density, keys and sounds, as this person likes them. */
import { useSyncExternalStore } from 'react';

import { useMedia } from '@/ui/useMedia';

import { preferences, type Preferences } from './store';

export { preferences, type Density, type Preferences, type Theme } from './store';

export function usePreferences(): Preferences {
  return useSyncExternalStore(preferences.subscribe, preferences.get);
}

/** The scheme to draw now. */
export function useScheme(): 'light' | 'dark' {
  const { theme } = usePreferences();
  const systemDark = useMedia('(prefers-color-scheme: dark)');
  if (theme === 'system') return systemDark ? 'dark' : 'light';
  return theme;
}
