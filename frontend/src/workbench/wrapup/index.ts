/** The agent's time to finish after a conversation has ended. */
export { WrapUps, WrapUpTab } from './WrapUps';
