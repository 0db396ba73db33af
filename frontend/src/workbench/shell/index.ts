/** The frame around every page. */
export { BarSlot } from './Bar';
export { Shell } from './Shell';
