/** Writing to the customer, and to colleagues. */
export { Composer } from './Composer';
export { insertWords } from './port';
