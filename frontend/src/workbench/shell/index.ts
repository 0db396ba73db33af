/** The frame around every page. */
export { BarSlot } from './Bar';
export { lazyPage } from './lazyPage';
export { Shell } from './Shell';
