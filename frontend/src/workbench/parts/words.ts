/** The words and formats of the language shown now. */
import { useTranslation } from 'react-i18next';

import type { Language } from '@/i18n/workbench/i18n';

export type T = ReturnType<typeof useTranslation>['t'];

export function useWords(): { t: T; language: Language } {
  const { t, i18n } = useTranslation();
  return { t, language: i18n.language === 'zh' ? 'zh' : 'en' };
}
