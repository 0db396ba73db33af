/** One conversation: its head and its messages. */
import './thread.css';

export { messagesOf } from './lines';
export { attachmentUrl, mailDocument } from './mail';
export { shownName } from './names';
export { ThreadHead, type ThreadCommands } from './ThreadHead';
export { ThreadView } from './ThreadView';
export { TransferDialog } from './TransferDialog';
