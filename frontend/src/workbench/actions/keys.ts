/** When a key press means a command, and when it is only somebody writing. */

/** `key` is a physical key (`event.code`), so that shortcuts work under any input method and layout. */
export type Shortcut = {
  code: string;
  /** What the key must also have written, where Shift decides (`/` and `?`). */
  key?: string;
  alt?: boolean;
  /** Ctrl, or Command on a Mac. */
  mod?: boolean;
  shift?: boolean;
};

export type Pressed = {
  code: string;
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  keyCode: number;
};

export function isEditable(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  const silent = ['button', 'checkbox', 'radio', 'submit', 'range', 'color', 'file'];
  return target instanceof HTMLInputElement && !silent.includes(target.type);
}

export function matches(pressed: Pressed, wanted: Shortcut): boolean {
  return (
    pressed.code === wanted.code &&
    pressed.altKey === (wanted.alt ?? false) &&
    (pressed.ctrlKey || pressed.metaKey) === (wanted.mod ?? false) &&
    (wanted.key === undefined
      ? pressed.shiftKey === (wanted.shift ?? false)
      : pressed.key === wanted.key)
  );
}

/** A bare letter: the only kind that can be switched off, and that never acts while somebody writes. */
export function isSingle(shortcut: Shortcut): boolean {
  return !(shortcut.alt ?? false) && !(shortcut.mod ?? false);
}

type Situation = { writing: boolean; singleKeys: boolean };

export function firesOn(pressed: Pressed, wanted: Shortcut, situation: Situation): boolean {
  if (pressed.isComposing || pressed.keyCode === 229) return false;
  if (!matches(pressed, wanted)) return false;
  if (!isSingle(wanted)) return true;
  return situation.singleKeys && !situation.writing;
}

const NAMES: Record<string, string> = {
  Enter: '⏎',
  Escape: 'Esc',
  Slash: '/',
  Comma: ',',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

/** `Alt J`, `⌘K`, `E`: as printed beside a command. */
export function nameOf(shortcut: Shortcut, mac: boolean): string {
  const key = shortcut.key ?? NAMES[shortcut.code] ?? shortcut.code.replace(/^(Key|Digit)/, '');
  const parts: string[] = [];
  if (shortcut.mod ?? false) parts.push(mac ? '⌘' : 'Ctrl ');
  if (shortcut.alt ?? false) parts.push(mac ? '⌥' : 'Alt ');
  if (shortcut.shift ?? false) parts.push(mac ? '⇧' : 'Shift ');
  return parts.join('') + key;
}

export const isMac = (): boolean => /Mac|iP(hone|ad)/.test(navigator.userAgent);
