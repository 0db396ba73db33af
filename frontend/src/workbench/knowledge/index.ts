/** Knowledge beside the conversation. */
export { ArticlesTab } from './ArticlesTab';
