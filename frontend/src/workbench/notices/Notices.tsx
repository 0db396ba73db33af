/** Tells of what happens elsewhere: unread words in the title, and a sound when more come. */
import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react';

import { useGround, useHub, useLeads } from '@/sync-react';
import { play } from '@/ui/sounds';
import { useWords } from '@/workbench/parts';
import { usePreferences } from '@/workbench/preferences';

/** Nobody carries more; whoever sees more in the list is looking at a test. */
const MOST = 200;

/** How many messages wait to be read in my own conversations, by what they came. */
function useUnread(): { chat: number; mail: number } {
  const { store, views } = useHub();
  const mine = views.view('mine');
  const me = useGround()?.me.id;
  const subscribe = useCallback(
    (listener: () => void) => {
      const [one, other] = [
        store.subscribeKind('conversation', listener),
        mine.subscribe(listener),
      ];
      return () => {
        one();
        other();
      };
    },
    [store, mine],
  );
  const counted = useSyncExternalStore(subscribe, () => {
    let [chat, mail] = [0, 0];
    for (const id of mine.get().ids.slice(0, MOST)) {
      const conversation = store.get('conversation', id);
      if (conversation === undefined || conversation.agent_id !== me) continue;
      if (conversation.channel === 'email') mail += conversation.unread;
      else chat += conversation.unread;
    }
    return `${chat}/${mail}`;
  });
  const [chat = 0, mail = 0] = counted.split('/').map(Number);
  return { chat, mail };
}

export function Notices({ place }: { place: string }) {
  const { t } = useWords();
  const { chat, mail } = useUnread();
  const leads = useLeads();
  const { sounds } = usePreferences();
  const before = useRef({ chat, mail });
  const total = chat + mail;

  useEffect(() => {
    document.title = `${total > 0 ? `(${total}) ` : ''}${place} · ${t('app.name')}`;
  }, [total, place, t]);
  useEffect(() => {
    const known = before.current;
    before.current = { chat, mail };
    if (!leads || !sounds) return;
    if (chat > known.chat) void play('chat');
    else if (mail > known.mail) void play('mail');
  }, [chat, mail, leads, sounds]);
  return null;
}
