/** Find or do anything; and the help for keys. */
export { Palette } from './Palette';
export { Shortcuts } from './Shortcuts';
