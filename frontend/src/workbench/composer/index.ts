/** Writing to the customer, and to colleagues. */
export { Composer } from './Composer';
export { plainOf } from './plain';
export { insertWords } from './port';
