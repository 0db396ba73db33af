/** A person as a square with one or two letters, and the channel they came by. */
import { firstLetterOf, initialsOf } from '@/i18n/format';
import { Icon, type IconName } from '@/ui/icons';

import type { ChannelKind } from '@/domain/entities';

export const CHANNEL_ICON: Record<ChannelKind, IconName> = {
  chat: 'chat',
  email: 'email',
  webhook: 'webhook',
  memory: 'box',
  sms: 'sms',
};

type AvatarProps = {
  name: string;
  channel?: ChannelKind | undefined;
  size?: 'xs' | 'sm' | 'lg';
  me?: boolean;
  title?: string;
};

export function Avatar({ name, channel, size, me = false, title }: AvatarProps) {
  const letters = initialsOf(name);
  return (
    <span
      className={['avatar', size, me ? 'me' : undefined].filter(Boolean).join(' ')}
      title={title}
      {...(title === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': title })}
    >
      {letters === null ? (
        <Icon name="user" size={size === undefined ? 18 : 14} />
      ) : size === 'xs' || size === 'sm' ? (
        firstLetterOf(letters)
      ) : (
        letters
      )}
      {channel !== undefined && (
        <span className={`avatar-ch ch-${channel}`}>
          <Icon name={CHANNEL_ICON[channel]} size={12} />
        </span>
      )}
    </span>
  );
}

/** The channel's icon in its own colour. */
export function ChannelIcon({ channel, size = 14 }: { channel: ChannelKind; size?: number }) {
  return (
    <span className={`ch-${channel}`}>
      <Icon name={CHANNEL_ICON[channel]} size={size} />
    </span>
  );
}
