/** What screens may import from the sync layer. */
export { meetNeighbours, openHub } from './browser';
export { Refused } from './types';
export type * from './types';
