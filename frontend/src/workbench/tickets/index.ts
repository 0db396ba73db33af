/** Tickets: the promise that something will be solved. */
import './tickets.css';

export { CustomerTickets, TicketsTab } from './TicketsTab';
