/** The widget's icons: 24 grid, 1.5 stroke, round ends, one path each. */

const PATHS = {
  chat: 'M4 6.5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6.5L7 20v-3.5H6a2 2 0 0 1-2-2z',
  more: 'M6 12v.01M12 12v.01M18 12v.01',
  x: 'm6.5 6.5 11 11M17.5 6.5l-11 11',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  checks: 'm2.5 12.5 4.2 4.2L15 8M11 15.5l1.2 1.2L21 8',
  clock: 'M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0M12 7.5V12l3 2',
  clip: 'm19 11.5-7.2 7.2a4.3 4.3 0 0 1-6.1-6.1l7.6-7.6a2.9 2.9 0 0 1 4.1 4.1l-7.5 7.5a1.4 1.4 0 0 1-2-2l6.9-6.9',
  send: 'M4.5 12 20 5l-4.5 14.5-3.7-5.8zM11.8 13.7 20 5',
  refresh: 'M19 12a7 7 0 1 1-2-4.9L19.5 9.5M19.5 5v4.5H15',
  pencil: 'm5 19 1-4L16 5l3 3L9 18z',
  offline:
    'M4 4.5l16 15M5 11.5c1.2-1.2 2.6-2 4-2.5M13.5 8.3c2 .3 3.9 1.4 5.5 3.2M8 15c1-1 2-1.6 3-1.8M12 18.5v.01',
  file: 'M6.5 3.5h7.5l4 4v13h-11.5zM14 3.5v4h4',
  down: 'm7 10 5 5 5-5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return <Drawing d={PATHS[name]} size={size} />;
}

const MOUTHS = [
  'M8.5 16.5c.8-1.4 2-2 3.5-2s2.7.6 3.5 2',
  'M8.5 16c1-.7 2.2-1 3.5-1s2.5.3 3.5 1',
  'M9 15.5h6',
  'M8.5 14.5c.8 1.2 2 1.7 3.5 1.7s2.7-.5 3.5-1.7',
  'M8 13.5c.8 2.2 2.2 3 4 3s3.2-.8 4-3z',
];

/** One of five faces; 1 is the saddest. */
export function Face({ score }: { readonly score: number }) {
  const head = 'M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0M9.2 9.5v.8M14.8 9.5v.8';
  return <Drawing d={head + (MOUTHS[score - 1] ?? '')} size={26} />;
}

function Drawing({ d, size }: { readonly d: string; readonly size: number }) {
  return (
    <svg class="i" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}
