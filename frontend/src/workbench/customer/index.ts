/** The customer: one person over all channels. */
import './customer.css';

export { CustomerTab } from './CustomerTab';
