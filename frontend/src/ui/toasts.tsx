/** Short messages in the corner that go by themselves. */
import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';

import { announce } from './announcer';
import { Icon, type IconName } from './icons';

export type Tone = 'plain' | 'ok' | 'warn' | 'bad';
const ICONS: Record<Tone, IconName> = { plain: 'info', ok: 'ok', warn: 'warn', bad: 'stop' };

type Toast = { text: string; tone?: Tone; action?: { label: string; run: () => void } };

export function toast({ text, tone = 'plain', action }: Toast): void {
  announce(text);
  const id = `toast-${text}`;
  const body: ReactNode =
    action === undefined ? (
      text
    ) : (
      <span className="row">
        <span className="grow">{text}</span>
        <button
          type="button"
          className="btn sm"
          onClick={() => {
            notifications.hide(id);
            action.run();
          }}
        >
          {action.label}
        </button>
      </span>
    );
  notifications.show({
    id,
    message: body,
    icon: (
      <span className={tone === 'plain' ? 'faint' : `t-${tone}`}>
        <Icon name={ICONS[tone]} size={18} />
      </span>
    ),
    withCloseButton: true,
    autoClose: action === undefined && tone !== 'bad' ? 4000 : 8000,
  });
}
