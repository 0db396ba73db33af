/** What screens may import from the sync layer. */
export { Refused } from './types';
export type * from './types';
