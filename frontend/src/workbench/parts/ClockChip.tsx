/** How long a conversation may still wait, or has waited: a shape, a time, and a colour only when somebody is needed. */
import type { Conversation } from '@/domain/entities';
import { spanOf } from '@/i18n/format';
import { Icon, type IconName } from '@/ui/icons';

import { clockFor, type Clock } from './clock';
import { useNow } from './useNow';
import { useWords, type T } from './words';

const ICONS: Record<Clock['kind'], IconName> = {
  run: 'clock',
  soon: 'warn',
  late: 'stop',
  rest: 'hold',
};

type ClockChipProps = { conversation: Conversation; long?: boolean };

function words(clock: Clock, span: string, long: boolean, t: T): string {
  if (clock.kind === 'rest') return t(`sla.${clock.because}`);
  if (!long) return clock.kind === 'late' ? `−${span}` : span;
  if (clock.kind === 'late') return t('sla.late', { time: span });
  return clock.counts === 'due' ? t('sla.soon', { time: span }) : t('sla.waited', { time: span });
}

export function ClockChip({ conversation, long = false }: ClockChipProps) {
  const { t, language } = useWords();
  const clock = clockFor(conversation, useNow());
  const span = clock.kind === 'rest' ? '' : spanOf(clock.span, language);
  return (
    <span className={`sla sla-${clock.kind}`} title={words(clock, span, true, t)}>
      <Icon name={ICONS[clock.kind]} size={12} />
      <span className="num">{words(clock, span, long, t)}</span>
    </span>
  );
}
