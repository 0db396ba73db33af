/** What became of my words, in words. */
import type { Message, MessageState } from '@/domain/entities';
import { timeOf } from '@/i18n/format';
import { Icon, type IconName } from '@/ui/icons';
import { useWords } from '@/workbench/parts';

const ICONS: Partial<Record<MessageState, IconName>> = {
  queued: 'clock',
  sending: 'clock',
  sent: 'check',
  delivered: 'checks',
  read: 'checks',
  failed: 'stop',
  unknown: 'warn',
};

type DeliveryProps = { message: Message; onRetry: () => void; onCopy: () => void };

export function Delivery({ message, onRetry, onCopy }: DeliveryProps) {
  const { t, language } = useWords();
  const { state } = message;
  const icon = ICONS[state];
  const trouble = state === 'failed' || state === 'unknown';
  return (
    <div
      className={
        state === 'failed' ? 'stamp t-bad' : state === 'unknown' ? 'stamp t-warn' : 'stamp'
      }
    >
      {icon !== undefined && (
        <span className={state === 'read' ? 't-accent' : undefined}>
          <Icon name={icon} size={14} />
        </span>
      )}
      <span>
        {state === 'failed' && message.error !== null
          ? t('thread.failed_why', { reason: message.error })
          : t(`thread.state.${state}`)}
      </span>
      <time dateTime={new Date(message.at).toISOString()}>{timeOf(message.at, language)}</time>
      {trouble && (
        <>
          <button type="button" className="btn sm" onClick={onRetry}>
            <Icon name="refresh" size={14} />
            {state === 'unknown' ? t('thread.retry_unknown') : t('thread.retry')}
          </button>
          <button
            type="button"
            className="btn sm icon quiet"
            aria-label={t('thread.copy_text')}
            title={t('thread.copy_text')}
            onClick={onCopy}
          >
            <Icon name="copy" size={14} />
          </button>
        </>
      )}
    </div>
  );
}
