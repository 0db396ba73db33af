/** The conversation that was picked: shown at once, while the address, and all that hangs on it, follows. */
import { useEffect, useEffectEvent, useState } from 'react';

import type { Id, Millis } from '@/domain/entities';

/** Somebody who walks on before this was only passing by. */
export const REST: Millis = 80;

type Steps = {
  /** What the address names. */
  addressed: Id | undefined;
  /** What it was last told to name. */
  told: Id | null;
  /** What is shown instead, until it does. */
  picked: Id | null;
};

/** The address names another: it has caught up, or knows better, unless it only repeats a step long passed. */
export function follow({ told, picked }: Steps, addressed: Id | undefined): Steps {
  const passed = picked !== null && addressed === told && addressed !== picked;
  return { addressed, told: null, picked: passed ? picked : null };
}

export function usePicked(
  addressed: Id | undefined,
  tell: (id: Id) => void,
): { shown: Id | undefined; pick: (id: Id) => void } {
  const [held, setSteps] = useState<Steps>({ addressed, told: null, picked: null });
  let steps = held;
  if (steps.addressed !== addressed) {
    steps = follow(steps, addressed);
    setSteps(steps);
  }
  const { picked } = steps;

  const tellIt = useEffectEvent((id: Id) => {
    setSteps((now) => ({ ...now, told: id }));
    tell(id);
  });
  useEffect(() => {
    if (picked === null) return;
    const timer = setTimeout(() => tellIt(picked), REST);
    return () => clearTimeout(timer);
  }, [picked]);

  return {
    shown: picked ?? addressed,
    pick: (id) => setSteps((now) => ({ ...now, picked: id })),
  };
}
