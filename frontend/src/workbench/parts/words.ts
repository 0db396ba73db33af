/** The words and formats of the language shown now. */
import i18next from 'i18next';
import { useSyncExternalStore } from 'react';

import type { Key } from '@/i18n/workbench/catalogue';
import type { Language } from '@/i18n/workbench/i18n';

/** Our own narrow type: i18next's is exact as well, but takes the compiler minutes. */
export type T = (key: Key, values?: Record<string, unknown>) => string;
export type Words = { t: T; language: Language };

/**
 * Rows ask for the same few words many times a second: what has no values in it is looked up once.
 * The same object while the language stays, so that nothing is drawn again for it.
 */
function wordsOf(language: Language): Words {
  const found = new Map<Key, string>();
  const fixed = i18next.getFixedT(language) as unknown as T;
  const t: T = (key, values) => {
    if (values !== undefined) return fixed(key, values);
    const known = found.get(key);
    if (known !== undefined) return known;
    const text = fixed(key);
    found.set(key, text);
    return text;
  };
  return { t, language };
}

let words: Words | undefined;

function current(): Words {
  const language: Language = i18next.language === 'zh' ? 'zh' : 'en';
  if (words?.language !== language) words = wordsOf(language);
  return words;
}

function subscribe(listener: () => void): () => void {
  i18next.on('languageChanged', listener);
  return () => i18next.off('languageChanged', listener);
}

export function useWords(): Words {
  return useSyncExternalStore(subscribe, current);
}
