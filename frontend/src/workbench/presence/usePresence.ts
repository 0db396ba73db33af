/** My presence: as the hub pushes it, and how to change it. */
import { useCallback } from 'react';

import type { Presence, PresenceStatus } from '@/domain/entities';
import { useGround, useHub, useLive } from '@/sync-react';
import { toast } from '@/ui/toasts';
import { problemOf, useWords } from '@/workbench/parts';

export const REASONS = ['break', 'meal', 'meeting', 'training'] as const;
/** What a colleague may say beside: known words, though not offered here. */
export const OTHER_REASONS = ['paperwork', 'coaching', 'other'] as const;
export type Reason = (typeof REASONS)[number];

export function useMyPresence(): Presence | undefined {
  const me = useGround()?.me.id ?? '';
  return useLive('presence', me);
}

export function useSetPresence(): (status: PresenceStatus, reason?: Reason) => void {
  const hub = useHub();
  const { t } = useWords();
  return useCallback(
    (status, reason) => {
      hub
        .command({
          method: 'PUT',
          path: '/api/presence',
          body: { status, ...(reason === undefined ? {} : { reason }) },
        })
        .catch((error: unknown) => toast({ text: problemOf(error, t), tone: 'bad' }));
    },
    [hub, t],
  );
}
