/** Which key does what. Each has an Alt form that also works while writing. */
import type { Shortcut } from './keys';

const both = (letter: string): readonly [Shortcut, Shortcut] => [
  { code: `Key${letter}` },
  { code: `Key${letter}`, alt: true },
];

export const KEYS = {
  next: [{ code: 'KeyJ' }, { code: 'KeyJ', alt: true }, { code: 'ArrowDown', alt: true }],
  previous: [{ code: 'KeyK' }, { code: 'KeyK', alt: true }, { code: 'ArrowUp', alt: true }],
  reply: both('L'),
  note: both('P'),
  end: both('E'),
  transfer: both('T'),
  take: both('G'),
  accept: [{ code: 'KeyA', alt: true }, { code: 'KeyA' }],
  decline: [{ code: 'KeyX', alt: true }],
  palette: [{ code: 'KeyK', mod: true }],
  search: [
    { code: 'Slash', key: '/' },
    { code: 'KeyF', alt: true },
  ],
  help: [
    { code: 'Slash', key: '?' },
    { code: 'KeyH', alt: true },
  ],
  panes: [{ code: 'F6' }],
  ticket: both('N'),
  desk: [{ code: 'KeyD', alt: true }],
  presence: [{ code: 'KeyS', alt: true }],
} as const satisfies Record<string, readonly [Shortcut, ...Shortcut[]]>;
