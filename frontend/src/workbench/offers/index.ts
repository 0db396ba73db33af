/** Work held for me until I answer. */
export { Offers } from './Offers';
