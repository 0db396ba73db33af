/** Watches what is offered to me: shows it, rings, answers, and says when one was missed. */
import { useEffect, useRef, useState } from 'react';

import type { Id, Offer } from '@/domain/entities';
import { Refused } from '@/sync';
import { useAll, useEntity, useGround, useHub, useLeads, useServerNow } from '@/sync-react';
import { announce } from '@/ui/announcer';
import { play } from '@/ui/sounds';
import { toast } from '@/ui/toasts';
import { KEYS, useActions } from '@/workbench/actions';
import { problemOf, useWords } from '@/workbench/parts';
import { usePreferences } from '@/workbench/preferences';

import { openOffers } from './countdown';
import { OfferCard, type DeclineReason } from './OfferCard';

import './offers.css';

const RING_AGAIN = 5000;

export function Offers({ onAccepted }: { onAccepted: (conversation: Id) => void }) {
  const me = useGround()?.me.id ?? '';
  const offers = useAll('offer');
  const pending = offers.some((offer) => offer.agent_id === me && offer.state === 'pending');
  const now = useServerNow(pending ? 250 : 60_000);
  const open = openOffers(offers, me, now);
  const offer = open[0];
  useMissed(offers, me);
  useShown(open);
  if (offer === undefined) return null;
  return (
    <Offered
      key={offer.id}
      offer={offer}
      now={now}
      more={open.length - 1}
      onAccepted={onAccepted}
    />
  );
}

/** Tell the router of every offer that has reached this screen, also those behind the first card. */
function useShown(open: readonly Offer[]) {
  const hub = useHub();
  const told = useRef(new Set<Id>());
  useEffect(() => {
    for (const { id } of open) {
      if (!told.current.has(id)) hub.offerShown(id);
      told.current.add(id);
    }
  }, [hub, open]);
}

type OfferedProps = {
  offer: Offer;
  now: number;
  more: number;
  onAccepted: (conversation: Id) => void;
};

function Offered({ offer, now, more, onAccepted }: OfferedProps) {
  const { t, language } = useWords();
  const hub = useHub();
  const queue = useEntity('queue', offer.queue_id);
  const [answering, setAnswering] = useState(false);
  const [declining, setDeclining] = useState(false);
  useRing(offer);

  useEffect(() => {
    hub.threads.preload(offer.conversation_id);
    performance.mark('offer-shown');
  }, [hub, offer.id, offer.conversation_id]);
  const { name } = offer.customer;
  const channel = t(`channels.by.${offer.channel}`);
  useEffect(() => {
    announce(t('offer.announced', { name, channel }));
  }, [t, name, channel]);

  const answer = async (path: 'accept' | 'decline', body?: { reason: DeclineReason }) => {
    setAnswering(true);
    try {
      await hub.command({ method: 'POST', path: `/api/offers/${offer.id}/${path}`, body });
      if (path === 'accept') onAccepted(offer.conversation_id);
    } catch (error) {
      toast({ text: goneWords(error) ?? problemOf(error, t), tone: 'warn' });
    } finally {
      setAnswering(false);
    }
  };
  const goneWords = (error: unknown): string | undefined => {
    if (!(error instanceof Refused) || error.code !== 'offer_gone') return undefined;
    const state = error.problem.state;
    if (state === 'expired') return t('offer.gone_expired');
    return state === 'withdrawn' ? t('offer.gone_withdrawn') : t('offer.gone_accepted');
  };
  const accept = () => {
    if (!answering) void answer('accept');
  };
  useActions([
    {
      id: 'accept',
      title: t('keys.accept'),
      group: 'everywhere',
      icon: 'check',
      keys: KEYS.accept,
      run: accept,
    },
    {
      id: 'decline',
      title: t('keys.decline'),
      group: 'everywhere',
      icon: 'x',
      keys: KEYS.decline,
      run: () => setDeclining(true),
    },
  ]);
  return (
    <OfferCard
      offer={offer}
      queue={queue?.name[language] ?? ''}
      now={now}
      more={more}
      answering={answering}
      declining={declining}
      onDeclining={setDeclining}
      onAccept={accept}
      onDecline={(_, reason) => void answer('decline', { reason })}
    />
  );
}

/** Rings in one tab only, again and again until it is answered. */
function useRing(offer: Offer): void {
  const leads = useLeads();
  const { sounds } = usePreferences();
  const ring = leads && sounds;
  useEffect(() => {
    if (!ring) return;
    void play('offer');
    const timer = setInterval(() => void play('offer'), RING_AGAIN);
    return () => clearInterval(timer);
  }, [ring, offer.id]);
  const { name } = offer.customer;
  useEffect(() => {
    const title = document.title;
    document.title = `● ${name}`;
    return () => {
      document.title = title;
    };
  }, [name]);
}

/** An offer that ran out is said, never swallowed. */
function useMissed(offers: readonly Offer[], me: string): void {
  const { t } = useWords();
  const pending = useRef(new Map<Id, string>());
  useEffect(() => {
    for (const offer of offers) {
      if (offer.agent_id !== me) continue;
      if (offer.state === 'pending') pending.current.set(offer.id, offer.customer.name);
      else if (pending.current.delete(offer.id) && offer.state === 'expired') {
        toast({ text: t('offer.missed', { name: offer.customer.name }), tone: 'warn' });
      }
    }
  }, [offers, me, t]);
}
