/** Small parts of the field that several features draw. */
import './parts.css';

export { Avatar, CHANNEL_ICON, ChannelIcon } from './Avatar';
export { clockFor, type Clock } from './clock';
export { ClockChip } from './ClockChip';
export { LoadPips, loadWords } from './LoadPips';
export { PresenceDot, type DotState } from './PresenceDot';
export { problemOf, wordsFor } from './problems';
export { SnippetText, type Snippet } from './Snippet';
export { useNow } from './useNow';
export { useWords, type T } from './words';
