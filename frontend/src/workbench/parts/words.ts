/** The words and formats of the language shown now. */
import { useTranslation } from 'react-i18next';

import type { Key } from '@/i18n/workbench/catalogue';
import type { Language } from '@/i18n/workbench/i18n';

/** Our own narrow type: i18next's is exact as well, but takes the compiler minutes. */
export type T = (key: Key, values?: Record<string, unknown>) => string;

export function useWords(): { t: T; language: Language } {
  const { t, i18n } = useTranslation();
  return { t: t as T, language: i18n.language === 'zh' ? 'zh' : 'en' };
}
