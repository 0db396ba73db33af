/** The list of conversations. */
export { Inbox } from './Inbox';
export type { Filter } from './useFound';
