/** What I say of myself: available, busy, away for a reason, offline. */
import './presence.css';

export { PresenceMenu } from './PresenceMenu';
export { useMyPresence, useSetPresence } from './usePresence';
