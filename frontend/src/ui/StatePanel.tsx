/** What a pane shows when it has nothing, or could not read what it should show: what to do next. */
import type { ReactNode } from 'react';

import { Icon, type IconName } from './icons';

type StatePanelProps = { title: string; text?: string; icon?: IconName; children?: ReactNode };

export function StatePanel({ title, text, icon, children }: StatePanelProps) {
  return (
    <div className="state">
      {icon === undefined ? (
        <div className="bigpips" aria-hidden="true">
          <b />
          <b />
          <b />
          <b />
          <b />
        </div>
      ) : (
        <span className="faint">
          <Icon name={icon} size={28} />
        </span>
      )}
      <h2>{title}</h2>
      {text !== undefined && <p>{text}</p>}
      {children !== undefined && <div className="row">{children}</div>}
    </div>
  );
}
