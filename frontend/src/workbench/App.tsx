/** Either the door, or the workbench of whoever came through it. */
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useLayoutEffect, useMemo, useState } from 'react';

import type { Me } from '@/domain/entities';
import { currentLanguage, switchLanguage } from '@/i18n/workbench/i18n';
import { openHub } from '@/sync';
import type { Hub } from '@/sync';
import { HubProvider, useConnection } from '@/sync-react';
import { cssVariables, theme } from '@/ui/theme';
import { useWords } from '@/workbench/parts';
import { preferences, useScheme } from '@/workbench/preferences';
import {
  keepCsrfToken,
  keepPreferences,
  SignIn,
  signOut,
  type Chosen,
  type Session,
} from '@/workbench/session';

import { makeRouter } from './router';

type Inside = { open: true; session: Session; hub: Hub };
export type Door = { open: false; reason: 'first' | 'signed_out' } | Inside;

const HOME: Record<Me['role'], string> = { agent: '/desk', supervisor: '/live', admin: '/live' };

/** Makes the hub of whoever came in, and takes over what they prefer. */
export async function enter(session: Session, chosen: Chosen = {}): Promise<Inside> {
  keepCsrfToken(session.csrf);
  preferences.adopt({ ...session.agent.preferences, ...chosen });
  const language = chosen.language ?? session.agent.preferences.language;
  if (language !== undefined && language !== currentLanguage()) await switchLanguage(language);
  const hub = await openHub(session.csrf);
  hub.start();
  return { open: true, session, hub };
}

export function App({ at }: { at: Door }) {
  const scheme = useScheme();
  const [door, setDoor] = useState<Door>(at);

  useLayoutEffect(() => {
    document.documentElement.dataset.theme = scheme;
  }, [scheme]);

  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} forceColorScheme={scheme}>
      {door.open ? (
        <Workbench
          key={door.session.agent.id}
          door={door}
          onOut={(reason) => {
            door.hub.stop();
            setDoor({ open: false, reason });
          }}
        />
      ) : (
        <SignIn
          reason={door.reason}
          onSignedIn={(session, chosen) => void enter(session, chosen).then(setDoor)}
        />
      )}
      <Notifications position="bottom-center" limit={3} containerWidth={420} />
    </MantineProvider>
  );
}

type WorkbenchProps = {
  door: Inside;
  onOut: (reason: 'first' | 'signed_out') => void;
};

function Workbench({ door: { session, hub }, onOut }: WorkbenchProps) {
  const queries = useMemo(
    () =>
      new QueryClient({
        defaultOptions: { queries: { staleTime: 10_000, retry: 2, refetchOnWindowFocus: false } },
      }),
    [],
  );
  const [router] = useState(() =>
    makeRouter({
      home: () => HOME[session.agent.role],
      onSignOut: () => void signOut(session.csrf).finally(() => onOut('first')),
    }),
  );
  useMirroredPreferences(session);
  return (
    <HubProvider hub={hub}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Watch onOut={() => onOut('signed_out')} />
      </QueryClientProvider>
    </HubProvider>
  );
}

/** Leaves for the door when the session has ended elsewhere. */
function Watch({ onOut }: { onOut: () => void }) {
  const { state } = useConnection();
  const out = state === 'signed_out';
  useEffect(() => {
    if (out) onOut();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only the state matters
  }, [out]);
  return null;
}

/** What is preferred here follows the person to another computer. */
function useMirroredPreferences({ csrf }: Session): void {
  const { language } = useWords();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = preferences.subscribe(() => {
      clearTimeout(timer);
      // Losing one such change costs a press on another computer, no more.
      timer = setTimeout(
        () => void keepPreferences(csrf, preferences.get()).catch(() => undefined),
        1000,
      );
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [csrf]);
  useEffect(() => {
    void keepPreferences(csrf, { language }).catch(() => undefined); // as above
  }, [csrf, language]);
}
