/** Presence as a shape, never as colour alone. */
export type DotState = 'available' | 'busy' | 'away' | 'offline' | 'wrapup' | 'retry';

export function PresenceDot({ state }: { state: DotState }) {
  return <span className={`dot dot-${state}`} aria-hidden="true" />;
}
