/** What is told beside the screen: the title and sounds. */
export { Notices } from './Notices';
