/** What is shown of a lost line: nothing at first, then a dot, then a slim banner. Never more. */
import type { Millis } from '@/domain/entities';
import type { Connection } from '@/sync';

export type LineSigns = 'none' | 'dot' | 'banner';

const DOT_AFTER: Millis = 2_000;
const BANNER_AFTER: Millis = 10_000;

export function lineSigns(
  connection: Pick<Connection, 'state' | 'down_since'>,
  now: Millis,
): LineSigns {
  if (connection.state === 'live' || connection.down_since === null) return 'none';
  const down = now - connection.down_since;
  if (down < DOT_AFTER) return 'none';
  return down < BANNER_AFTER ? 'dot' : 'banner';
}
