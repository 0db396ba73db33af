/** Pages that are loaded when first needed, ahead of it if possible; without a line they say so, and come with it. */
import { useCallback, useEffect, useState, type ComponentType } from 'react';

import { useConnection } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { useWords } from '@/workbench/parts';

/** Without a line, a page that is not there after so many ms is said not to be. */
const PATIENCE = 3_000;

export type LazyPage<Props extends object> = ComponentType<Props> & {
  /** Load it now, unless it is there. Rejects when it could not be loaded. */
  preload: () => Promise<unknown>;
};

export function lazyPage<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): LazyPage<Props> {
  let loaded: ComponentType<Props> | undefined;

  // Each try asks anew: one that the line took with it may never be answered.
  const preload = async (): Promise<ComponentType<Props>> => loaded ?? (loaded = await load());

  function Page(props: Props) {
    const { state } = useConnection();
    const live = state === 'live';
    const [There, setThere] = useState(() => loaded);
    const [failed, setFailed] = useState(false);
    const [late, setLate] = useState(false);
    const missing = There === undefined;

    const attempt = useCallback(() => {
      preload().then(
        (page) => setThere(() => page),
        (error: unknown) => {
          console.warn(error);
          setFailed(true);
        },
      );
    }, []);
    // Once at first, and again with each line that comes back.
    useEffect(() => {
      if (missing) attempt();
    }, [missing, live, attempt]);

    useEffect(() => {
      if (!missing || live) return;
      const timer = setTimeout(() => setLate(true), PATIENCE);
      return () => clearTimeout(timer);
    }, [missing, live]);

    if (There !== undefined) return <There {...props} />;
    const givenUp = failed || (late && !live);
    return givenUp ? <NotLoaded live={live} onRetry={attempt} /> : <Loading />;
  }
  return Object.assign(Page, { preload });
}

function Loading() {
  const { t } = useWords();
  return (
    <main className="sheet">
      <SkeletonRows label={t('app.loading')} />
    </main>
  );
}

function NotLoaded({ live, onRetry }: { live: boolean; onRetry: () => void }) {
  const { t } = useWords();
  return (
    <main className="sheet">
      <StatePanel
        icon={live ? 'warn' : 'offline'}
        title={t('errors.page')}
        text={t(live ? 'errors.page_why' : 'errors.page_offline')}
      >
        <button type="button" className="btn" onClick={onRetry}>
          <Icon name="refresh" /> {t('common.retry')}
        </button>
        {live && (
          // The hub may have been renewed since this window was opened: then only a new one fits.
          <button type="button" className="btn" onClick={() => window.location.reload()}>
            {t('errors.page_anew')}
          </button>
        )}
      </StatePanel>
    </main>
  );
}
