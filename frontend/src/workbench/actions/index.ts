/** Commands with their keys: one list for the keyboard, the palette and the help. */
export { KeyHint } from './KeyHint';
export { isEditable, isMac, nameOf, type Shortcut } from './keys';
export { perform, useActions, useAllActions, type Action, type ActionGroup } from './registry';
export { KEYS } from './shortcuts';
export { useKeyboard } from './useKeyboard';
