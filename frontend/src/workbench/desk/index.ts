/** The agent's desk. */
export { Desk, type DeskSearch, type PanelTab } from './Desk';
