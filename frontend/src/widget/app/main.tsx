/** Starts the chat widget in the place the loader made for it. */
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
  const sheet = matchMedia('(max-width: 480px)');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let painted = '';
  let uncover: (() => void) | null = null;
  let comesFrom: Element | null = null;

  const panel: Opened = {
    open() {
      if (!desk.own.isOpen) comesFrom = document.activeElement;
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

  function paint(): void {
    const isDark = options.theme === 'dark' || (options.theme === 'auto' && dark.matches);
    const colour = options.colour || (desk.organisation?.colour ?? '');
    if (painted === `${colour} ${isDark}`) return;
    painted = `${colour} ${isDark}`;
    host.toggleAttribute('data-dark', isDark);
    for (const [name, value] of Object.entries(palette(colour, isDark))) {
      host.style.setProperty(name, value);
    }
  }

  function label(): void {
    const { isOpen } = desk.own;
    const unread = isOpen ? 0 : desk.unread;
    launcher.hidden = isOpen;
    launcher.setAttribute('aria-expanded', String(isOpen));
    const name = unread ? `${words.open}, ${words.unread(unread)}` : words.open;
    launcher.setAttribute('aria-label', name);
    if (unread) launcher.dataset.count = String(unread);
    else delete launcher.dataset.count;
  }

  /** The whole panel is drawn again after each change: it is small, and nothing is missed. */
  function draw(): void {
    const { isOpen } = desk.own;
    const takesFocus = desk.own.takesFocus || root.activeElement !== null;
    paint();
    label();
    if (isOpen && sheet.matches) uncover ??= coverThePage(host);
    else {
      uncover?.();
      uncover = null;
    }
    render(isOpen && <Panel {...{ desk, takesFocus, onClose }} isSheet={sheet.matches} />, box);
  }
  sheet.addEventListener('change', draw);
  dark.addEventListener('change', draw);
  desk.start(draw);
  draw();
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
