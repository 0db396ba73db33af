/** Starts the agents' workbench. */
import '@/ui/styles/mantine.css';
import '@/ui/styles/tokens.css';
import '@/ui/styles/base.css';

import { createRoot } from 'react-dom/client';

import { preferredLanguage, startI18n } from '@/i18n/workbench/i18n';
import { meetNeighbours } from '@/sync';
import { loadChineseFont } from '@/ui/fonts';
import { readSession, type Session } from '@/workbench/session';

import { App, enter } from './App';

const AGAIN = 1500;

/** The hub may just be starting: asked until it answers. */
async function whoIsHere(): Promise<Session | null> {
  for (;;) {
    try {
      return await readSession();
    } catch (error) {
      console.warn(error);
      await new Promise((wait) => setTimeout(wait, AGAIN));
    }
  }
}

async function start(): Promise<void> {
  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no element with the id root');
  const language = preferredLanguage();
  const asked = Promise.all([whoIsHere(), startI18n(language), meetNeighbours()]);
  if (language === 'zh') loadChineseFont(); // a large one: what was asked goes first
  const [session] = await asked;
  const at = session === null ? ({ open: false, reason: 'first' } as const) : await enter(session);
  createRoot(root).render(<App at={at} />);
  // Customers write Chinese whatever the screens speak.
  setTimeout(loadChineseFont, 300);
}

void start();
