/** Watches what is offered to me: shows it, rings, answers, and says when one was missed. */
import { useEffect, useRef, useState } from 'react';

import type { Id, Offer } from '@/domain/entities';
import { Refused } from '@/sync';
import { useAll, useGround, useHub, useLeads, useServerNow } from '@/sync-react';
import { announce } from '@/ui/announcer';
import { play } from '@/ui/sounds';
import { toast } from '@/ui/toasts';
import { KEYS, useActions } from '@/workbench/actions';
import { problemOf, useWords } from '@/workbench/parts';
import { usePreferences } from '@/workbench/preferences';

import { openOffers, stackOf } from './countdown';
import { OfferCard, type DeclineReason } from './OfferCard';

import './offers.css';

const RING_AGAIN = 5000;

export function Offers({ onAccepted }: { onAccepted: (conversation: Id) => void }) {
  const me = useGround()?.me.id ?? '';
  const offers = useAll('offer');
  const pending = offers.some((offer) => offer.agent_id === me && offer.state === 'pending');
  const now = useServerNow(pending ? 250 : 60_000);
  const [held, setHeld] = useState<Id | null>(null);
  const { front, behind, hidden } = stackOf(openOffers(offers, me, now), held);
  // Whatever comes later, Enter accepts the one that was in front.
  if (front !== undefined && front.id !== held) setHeld(front.id);
  useMissed(offers, me);
  useShown(front === undefined ? [] : [front, ...behind]);
  useNewcomers(behind, front?.id);
  if (front === undefined) return null;
  return (
    <Offered
      key={front.id}
      offer={front}
      now={now}
      behind={behind}
      hidden={hidden}
      onBring={setHeld}
      onAccepted={onAccepted}
    />
  );
}

/** Tell the router of each offer once it is on this screen; of none that there is no room for. */
function useShown(shown: readonly Offer[]) {
  const hub = useHub();
  const told = useRef(new Set<Id>());
  useEffect(() => {
    for (const { id } of shown) {
      if (!told.current.has(id)) hub.offerShown(id);
      told.current.add(id);
    }
  }, [hub, shown]);
}

/** One that comes while another is in front is said and heard as well. */
function useNewcomers(behind: readonly Offer[], front: Id | undefined): void {
  const { t } = useWords();
  const ring = useMayRing();
  const known = useRef(new Set<Id>());
  useEffect(() => {
    if (front !== undefined) known.current.add(front);
    for (const { id, customer, channel } of behind) {
      if (known.current.has(id)) continue;
      known.current.add(id);
      announce(t('offer.also', { name: customer.name, channel: t(`channels.by.${channel}`) }));
      if (ring) void play('offer');
    }
  }, [behind, front, ring, t]);
}

function useMayRing(): boolean {
  const leads = useLeads();
  const { sounds } = usePreferences();
  return leads && sounds;
}

type OfferedProps = {
  offer: Offer;
  now: number;
  behind: readonly Offer[];
  hidden: readonly Offer[];
  onBring: (offer: Id) => void;
  onAccepted: (conversation: Id) => void;
};

function Offered({ offer, now, behind, hidden, onBring, onAccepted }: OfferedProps) {
  const { t, language } = useWords();
  const hub = useHub();
  const queues = useAll('queue');
  const queueName = (id: Id) => queues.find((queue) => queue.id === id)?.name[language] ?? '';
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
      queueName={queueName}
      now={now}
      behind={behind}
      hidden={hidden}
      onBring={onBring}
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
  const ring = useMayRing();
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
