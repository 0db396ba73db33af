/** Hooks that read the sync layer: each re-renders only when what it reads has changed. */
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react';

import type { DraftMode, Entities, Id, Kind, Millis, ViewName } from '@/domain/entities';
import type { LiveTopic, LiveTopics } from '@/domain/frames';
import { Refused } from '@/sync';
import type {
  Command,
  Connection,
  DraftAttachment,
  DraftView,
  Ground,
  Hub,
  OutboxEntry,
  Problem,
  Readable,
  Thread,
  View,
} from '@/sync';

const HubContext = createContext<Hub | null>(null);

/** Hands the hub to everything below it. */
export function HubProvider({ hub, children }: { hub: Hub; children: ReactNode }) {
  return <HubContext value={hub}>{children}</HubContext>;
}

export function useHub(): Hub {
  const hub = useContext(HubContext);
  if (hub === null) throw new Error('no HubProvider above this component');
  return hub;
}

export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.get);
}

/** One entity, or undefined while it is not held. Asks the hub for it when `fetch` is true. */
export function useEntity<K extends Kind>(
  kind: K,
  id: Id | null | undefined,
  fetch = false,
): Entities[K] | undefined {
  const { store } = useHub();
  const subscribe = useCallback(
    (listener: () => void) => (id == null ? () => undefined : store.subscribe(kind, id, listener)),
    [store, kind, id],
  );
  const entity = useSyncExternalStore(subscribe, () =>
    id == null ? undefined : store.get(kind, id),
  );
  const wanted = fetch && id != null && entity === undefined;
  useEffect(() => {
    if (wanted) store.want(kind, id).catch(() => undefined); // the connection banner tells of trouble
  }, [store, kind, id, wanted]);
  return entity;
}

/** Every held entity of a short kind: agents, queues, offers. */
export function useAll<K extends Kind>(kind: K): readonly Entities[K][] {
  const { store } = useHub();
  const subscribe = useCallback(
    (listener: () => void) => store.subscribeKind(kind, listener),
    [store, kind],
  );
  return useSyncExternalStore(subscribe, () => store.all(kind));
}

export function useView(name: ViewName): View & { more: () => void } {
  const { views } = useHub();
  const view = useReadable(views.view(name));
  const more = useCallback(() => {
    views.more(name).catch(() => undefined); // as above
  }, [views, name]);
  return { ...view, more };
}

/** A conversation's messages, held open while the component is mounted. */
export function useThread(conversation: Id): Thread & { older: () => void } {
  const { threads } = useHub();
  useEffect(() => threads.open(conversation), [threads, conversation]);
  const thread = useReadable(threads.thread(conversation));
  const older = useCallback(() => {
    threads.older(conversation).catch(() => undefined); // as above
  }, [threads, conversation]);
  return { ...thread, older };
}

export function useLive<T extends LiveTopic>(topic: T, key: string): LiveTopics[T] | undefined {
  const { live } = useHub();
  const subscribe = useCallback(
    (listener: () => void) => live.subscribe(topic, key, listener),
    [live, topic, key],
  );
  return useSyncExternalStore(subscribe, () => live.get(topic, key));
}

export function useLiveTopic<T extends LiveTopic>(topic: T): ReadonlyMap<string, LiveTopics[T]> {
  const { live } = useHub();
  const subscribe = useCallback(
    (listener: () => void) => live.subscribeTopic(topic, listener),
    [live, topic],
  );
  return useSyncExternalStore(subscribe, () => live.all(topic));
}

export function useConnection(): Connection & { retry: () => void } {
  const hub = useHub();
  return { ...useReadable(hub.connection), retry: hub.retry };
}

/** Me, my rights, the organisation; null before the first snapshot. */
export function useGround(): Ground | null {
  return useReadable(useHub().ground);
}

export function useOutbox(conversation: Id): readonly OutboxEntry[] {
  return useReadable(useHub().outbox.entries(conversation));
}

export function useDraft(
  conversation: Id,
  mode: DraftMode,
): DraftView & {
  write: (text: string, attachments?: readonly DraftAttachment[]) => void;
  resolve: (takeTheirs: boolean) => void;
} {
  const { drafts } = useHub();
  const draft = useReadable(drafts.draft(conversation, mode));
  const write = useCallback(
    (text: string, attachments?: readonly DraftAttachment[]) =>
      drafts.write(conversation, mode, text, attachments),
    [drafts, conversation, mode],
  );
  const resolve = useCallback(
    (takeTheirs: boolean) => drafts.resolve(conversation, mode, takeTheirs),
    [drafts, conversation, mode],
  );
  return { ...draft, write, resolve };
}

/** Give a command and follow it: `run` answers the hub's JSON, or undefined when it was refused (then `problem` says why). */
export function useCommand<T = unknown>(): {
  run: (command: Command) => Promise<T | undefined>;
  running: boolean;
  problem: Problem | null;
  clear: () => void;
} {
  const hub = useHub();
  const [running, setRunning] = useState(0);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = useCallback(
    async (command: Command) => {
      setRunning((count) => count + 1);
      setProblem(null);
      try {
        return await hub.command<T>(command);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        setProblem(error.problem);
        return undefined;
      } finally {
        setRunning((count) => count - 1);
      }
    },
    [hub],
  );
  const clear = useCallback(() => setProblem(null), []);
  return { run, running: running > 0, problem, clear };
}

/** True in the one tab that makes sounds. */
export function useLeads(): boolean {
  return useReadable(useHub().tabs.leads);
}

/** The hub's clock, re-read every `every` ms: for countdowns and waits. */
export function useServerNow(every: Millis = 1000): Millis {
  const hub = useHub();
  const [now, setNow] = useState(() => hub.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(hub.now()), every);
    return () => clearInterval(timer);
  }, [hub, every]);
  return now;
}
