/** React's window on the sync layer: hooks over `useSyncExternalStore`, nothing else. */
export {
  HubProvider,
  useAll,
  useCommand,
  useConnection,
  useDraft,
  useEntity,
  useGround,
  useHub,
  useLeads,
  useLive,
  useLiveTopic,
  useOutbox,
  useReadable,
  useServerNow,
  useThread,
  useView,
} from './hooks';
