/** Chooses, loads and switches the workbench's language. */
import i18next from 'i18next';

export type Language = 'zh' | 'en';

const HTML_LANG: Record<Language, string> = { zh: 'zh-CN', en: 'en' };
const REMEMBERED = 'hub.language';

async function catalogueOf(language: Language): Promise<object> {
  return language === 'zh' ? (await import('./zh')).zh : (await import('./en')).en;
}

/** What this browser showed last, else what it asks for. */
export function preferredLanguage(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered === 'zh' || remembered === 'en') return remembered;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function currentLanguage(): Language {
  return i18next.language === 'zh' ? 'zh' : 'en';
}

export async function startI18n(language: Language): Promise<void> {
  await i18next.init({
    lng: language,
    fallbackLng: false,
    defaultNS: 'workbench',
    ns: ['workbench'],
    resources: { [language]: { workbench: await catalogueOf(language) } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = HTML_LANG[language];
}

export async function switchLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'workbench')) {
    i18next.addResourceBundle(language, 'workbench', await catalogueOf(language));
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = HTML_LANG[language];
  localStorage.setItem(REMEMBERED, language);
}
