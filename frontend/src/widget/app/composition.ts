/** Watches an input method on one field, so that choosing a word never sends half of it. */
import { useRef } from 'preact/hooks';

import { belongsToInputMethod, meansSend, NO_COMPOSITION, type Composition } from './ime.ts';

export function useComposition() {
  const seenRef = useRef<Composition>(NO_COMPOSITION);
  return {
    // In small letters: elements have no such properties, so Preact takes the rest of the name as it stands.
    handlers: {
      oncompositionstart: () => {
        seenRef.current = { composing: true, endedAt: -Infinity };
      },
      oncompositionend: ({ timeStamp }: CompositionEvent) => {
        seenRef.current = { composing: false, endedAt: timeStamp };
      },
    },
    isTyping: (key: KeyboardEvent) => belongsToInputMethod(key, seenRef.current),
    isSend: (key: KeyboardEvent) => meansSend(key, seenRef.current),
  };
}
