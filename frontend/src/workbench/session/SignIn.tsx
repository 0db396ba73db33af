/** The door: address and password, and an honest word when it does not open. */
import { useEffect, useState, type SubmitEvent } from 'react';

import { switchLanguage, type Language } from '@/i18n/workbench/i18n';
import { clockOf } from '@/i18n/format';
import { Field } from '@/ui/Field';
import { Icon, Mark } from '@/ui/icons';
import { useWords } from '@/workbench/parts';
import { preferences, useScheme, type Theme } from '@/workbench/preferences';

import { signIn, type Session } from './api';

import './sign-in.css';

/** What was chosen at the door counts for more than what the hub remembers. */
export type Chosen = { language?: Language; theme?: Theme };

type SignInProps = {
  reason: 'first' | 'signed_out';
  onSignedIn: (session: Session, chosen: Chosen) => void;
};

type Trouble = 'wrong' | 'missing' | 'unreachable' | null;

export function SignIn({ reason, onSignedIn }: SignInProps) {
  const { t, language } = useWords();
  const scheme = useScheme();
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<Chosen>({});
  const [trouble, setTrouble] = useState<Trouble>(null);
  const [blockedUntil, setBlockedUntil] = useState(0);
  const left = useLeft(blockedUntil);

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [email, password] = [form.get('email'), form.get('password')];
    if (
      typeof email !== 'string' ||
      typeof password !== 'string' ||
      email === '' ||
      password === ''
    ) {
      setTrouble('missing');
      return;
    }
    setBusy(true);
    const outcome = await signIn(email.trim(), password);
    setBusy(false);
    if (outcome.kind === 'in') onSignedIn(outcome.session, chosen);
    else if (outcome.kind === 'too_many') {
      setTrouble(null);
      setBlockedUntil(Date.now() + outcome.retryAfter * 1000);
    } else setTrouble(outcome.kind);
  };

  const words =
    left > 0
      ? t('sign_in.too_many', { time: clockOf(left) })
      : trouble === 'wrong'
        ? t('sign_in.wrong')
        : trouble === 'missing'
          ? t('sign_in.missing')
          : trouble === 'unreachable'
            ? t('sign_in.offline')
            : null;
  return (
    <main className="door">
      <form className="door-card" onSubmit={(event) => void submit(event)} noValidate>
        <div className="door-head">
          <Mark size={34} />
          <div className="col">
            <span className="door-name">{t('app.name')}</span>
            <span className="sm muted">{t('sign_in.tagline')}</span>
          </div>
        </div>
        <h1>{t('sign_in.title')}</h1>
        {reason === 'signed_out' && trouble === null && left === 0 && (
          <p className="door-note">
            <Icon name="info" size={14} /> {t('sign_in.signed_out')}
          </p>
        )}
        <Field label={t('sign_in.email')}>
          {(ids) => (
            <input
              {...ids}
              className="input lg"
              name="email"
              type="email"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label={t('sign_in.password')}>
          {(ids) => (
            <input
              {...ids}
              className="input lg"
              name="password"
              type="password"
              autoComplete="current-password"
            />
          )}
        </Field>
        <p className={words === null ? 'vh' : 'door-trouble'} role="alert">
          {words !== null && <Icon name={left > 0 ? 'clock' : 'stop'} size={16} />}
          {words}
        </p>
        <button type="submit" className="btn primary lg wide" disabled={busy || left > 0}>
          {busy ? t('sign_in.busy') : t('sign_in.submit')}
        </button>
      </form>
      <div className="door-foot">
        <button
          type="button"
          className="btn quiet"
          lang={language === 'zh' ? 'en' : 'zh-CN'}
          onClick={() => {
            const other = language === 'zh' ? 'en' : 'zh';
            setChosen({ ...chosen, language: other });
            void switchLanguage(other);
          }}
        >
          <Icon name="globe" /> {language === 'zh' ? 'English' : '中文'}
        </button>
        <button
          type="button"
          className="btn quiet icon"
          aria-label={t('me.theme')}
          onClick={() => {
            const theme = scheme === 'dark' ? 'light' : 'dark';
            setChosen({ ...chosen, theme });
            preferences.set({ theme });
          }}
        >
          <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
        </button>
      </div>
    </main>
  );
}

/** Milliseconds until one may try again. */
function useLeft(until: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (until === 0) return;
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() > until) clearInterval(timer);
    }, 500);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, until - now);
}
