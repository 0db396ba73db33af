/** Starts the chat widget in the place the loader made for it. */
import { effect, signal, type ReadonlySignal } from '@preact/signals-core';
import { render } from 'preact';

import { addStyle, type Panel as Opened, type Place } from '../place.ts';
import { Desk } from './desk.ts';
import { palette } from './palette.ts';
import { Panel } from './panel.tsx';
import style from './style.css?inline';

export function mount(place: Place): Opened {
  const { root, launcher, options } = place;
  addStyle(root, style);
  const desk = new Desk(place);
  const { words } = desk;
  const host = root.host as HTMLElement;
  const box = document.createElement('div');
  root.append(box);
  const isSheet = media('(max-width: 480px)');
  const prefersDark = media('(prefers-color-scheme: dark)');
  let comesFrom: Element | null = null;

  const panel: Opened = {
    open() {
      if (!desk.isOpen.value) comesFrom = document.activeElement;
      desk.open();
    },
    close() {
      desk.close();
      const isElsewhere = comesFrom instanceof HTMLElement && comesFrom !== host;
      const back = isElsewhere && comesFrom !== document.body ? comesFrom : launcher;
      (back as HTMLElement).focus();
    },
    identify: (identity) => desk.identify(identity),
  };
  const onClose = () => panel.close();

  effect(() => {
    const isDark = options.theme === 'dark' || (options.theme === 'auto' && prefersDark.value);
    host.toggleAttribute('data-dark', isDark);
    const colour = options.colour || (desk.organisation.value?.colour ?? '');
    for (const [name, value] of Object.entries(palette(colour, isDark))) {
      host.style.setProperty(name, value);
    }
  });

  effect(() => {
    const isOpen = desk.isOpen.value;
    const unread = isOpen ? 0 : desk.unread.value;
    launcher.hidden = isOpen;
    launcher.setAttribute('aria-expanded', String(isOpen));
    const label = unread ? `${words.open}, ${words.unread(unread)}` : words.open;
    launcher.setAttribute('aria-label', label);
    if (unread) launcher.dataset.count = String(unread);
    else delete launcher.dataset.count;
  });

  effect(() => (desk.isOpen.value && isSheet.value ? coverThePage(host) : undefined));

  // The whole panel is drawn again when anything it reads has changed: it is small, and nothing is missed.
  effect(() => {
    const shown = desk.isOpen.value;
    render(shown && <Panel desk={desk} isSheet={isSheet.value} onClose={onClose} />, box);
  });
  return panel;
}

/** A full-screen sheet: the page behind must not scroll, and a keyboard on the screen takes its room. */
function coverThePage(host: HTMLElement): () => void {
  const page = document.documentElement.style;
  const before = page.overflow;
  page.overflow = 'hidden';
  const view = window.visualViewport;
  const fit = () => host.style.setProperty('--visible', `${view?.height ?? innerHeight}px`);
  fit();
  view?.addEventListener('resize', fit);
  return () => {
    page.overflow = before;
    view?.removeEventListener('resize', fit);
  };
}

function media(query: string): ReadonlySignal<boolean> {
  const list = matchMedia(query);
  const matches = signal(list.matches);
  list.addEventListener('change', () => (matches.value = list.matches));
  return matches;
}
