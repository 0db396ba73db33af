/** An item of a menu that is on or off: one of several, or for itself. Says so to those who cannot see the tick. */
import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';

import { Icon } from './icons';

type MenuChoiceProps = {
  /** One of several, or a switch of its own. */
  kind: 'one' | 'switch';
  on: boolean;
  icon: ReactNode;
  children: ReactNode;
  lang?: string;
  /** The menu stays open after the choice. */
  stays?: boolean;
  onPick: () => void;
};

export function MenuChoice({ kind, on, icon, children, lang, stays, onPick }: MenuChoiceProps) {
  const common = {
    checked: on,
    // The tick stands at the end, as in our other menus.
    styles: { itemIndicator: { display: 'none' } },
    rightSection: on ? <Icon name="check" size={14} /> : null,
    closeMenuOnClick: stays !== true,
    onClick: onPick,
    ...(lang === undefined ? {} : { lang }),
    children: (
      <span className="menu-choice">
        <span className="menu-choice-icon">{icon}</span>
        <span>{children}</span>
      </span>
    ),
  };
  return kind === 'one' ? (
    <Menu.RadioItem value="" {...common} />
  ) : (
    <Menu.CheckboxItem {...common} />
  );
}
