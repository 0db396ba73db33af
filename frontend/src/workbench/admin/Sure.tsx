/** A button that is pressed twice for what cannot be undone: the first press asks, looking away takes it back. */
import { useState, type MouseEvent } from 'react';

import { Icon, type IconName } from '@/ui/icons';

type SureProps = { label: string; ask: string; icon: IconName; onSure: () => void };

export function Sure({ label, ask, icon, onSure }: SureProps) {
  const [asking, setAsking] = useState(false);
  const press = (event: MouseEvent) => {
    if (event.detail > 1) return; // a double click is one press
    if (asking) onSure();
    setAsking(!asking);
  };
  return (
    <button
      type="button"
      className={asking ? 'btn sm danger' : 'btn sm'}
      onClick={press}
      onBlur={() => setAsking(false)}
    >
      <Icon name={icon} size={14} /> {asking ? ask : label}
    </button>
  );
}
