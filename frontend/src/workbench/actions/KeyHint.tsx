/** The key of an action, printed small beside it. */
import { isMac, nameOf, type Shortcut } from './keys';

export function KeyHint({ shortcut }: { shortcut: Shortcut }) {
  return (
    <kbd className="kbd" aria-hidden="true">
      {nameOf(shortcut, isMac())}
    </kbd>
  );
}
