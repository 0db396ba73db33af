/** The icon family: 24 grid, stroke 1.5, round ends, no fills; and the mark. */

const PATHS = {
  email: '<rect x="3.5" y="5.5" width="17" height="13" rx="2"/><path d="m4 7.5 8 6 8-6"/>',
  chat: '<path d="M4 6.5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6.5L7 20v-3.5H6a2 2 0 0 1-2-2z"/>',
  voice:
    '<path d="M6.2 4h2.6l1.5 4-1.9 1.5a12 12 0 0 0 6.1 6.1l1.5-1.9 4 1.5v2.6a2 2 0 0 1-2.2 2A15.6 15.6 0 0 1 4.2 6.2 2 2 0 0 1 6.2 4z"/>',
  sms: '<rect x="6.5" y="3.5" width="11" height="17" rx="2"/><path d="M9.5 8h5M9.5 11h5M9.5 14h2.5"/>',
  wechat:
    '<path d="M9.8 4.5c-3.8 0-6.8 2.4-6.8 5.5 0 1.7.9 3.2 2.4 4.2L5 16.5l2.4-1.3c.8.2 1.5.3 2.4.3"/><path d="M15.5 9.5c-3 0-5.5 2-5.5 4.6s2.5 4.6 5.5 4.6c.6 0 1.2-.1 1.8-.2l2 1-.4-1.8c1.3-.9 2.1-2.1 2.1-3.6 0-2.6-2.5-4.6-5.5-4.6z"/>',
  wecom:
    '<path d="M10.5 4.5c-4.1 0-7.5 2.7-7.5 6.2 0 2 1.1 3.7 2.8 4.9L5.3 18.5l2.8-1.5c2 .5 3.9.4 5.6-.3"/><circle cx="17.5" cy="10" r="1.8"/><circle cx="20" cy="14.5" r="1.5"/><circle cx="16" cy="15" r="1.5"/>',
  form: '<rect x="5" y="3.5" width="14" height="17" rx="2"/><path d="M8.5 8h7M8.5 12h7M8.5 16h3"/>',
  webhook:
    '<circle cx="12" cy="7" r="3"/><circle cx="6" cy="17" r="3"/><circle cx="18" cy="17" r="3"/><path d="m10.5 9.6-3 4.8M9 17h6M13.5 9.6l3 4.8"/>',
  desk: '<path d="M4 13.5 6.5 5h11l2.5 8.5V19H4z"/><path d="M4 13.5h4.5l1.2 2.5h4.6l1.2-2.5H20"/>',
  live: '<path d="M3 12h4l2.5-6 4.5 12 2.5-6H21"/>',
  report: '<path d="M4 20h16M7 16v-4M12 16V6M17 16V9"/>',
  ticket:
    '<path d="M4 8a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v2a2 2 0 0 0 0 4v2a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-2a2 2 0 0 0 0-4z"/><path d="M14 6.5v2M14 11v2M14 15.5v2"/>',
  book: '<path d="M5 5.5A1.5 1.5 0 0 1 6.5 4H19v13H6.5A1.5 1.5 0 0 0 5 18.5z"/><path d="M5 18.5A1.5 1.5 0 0 0 6.5 20H19v-3M9 8h6"/>',
  sim: '<path d="M4 19c3 0 4-4 5.5-8S12 5 14 5s2.5 3 3 6 1.5 5 3 5"/><path d="M4 19h16" stroke-dasharray="2 3"/>',
  gear: '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>',
  home: '<path d="M4 11 12 4.5 20 11v8.5h-5.5V14h-5v5.5H4z"/>',
  user: '<circle cx="12" cy="8" r="3.5"/><path d="M5 19.5c.8-3.6 3.5-5.5 7-5.5s6.2 1.9 7 5.5"/>',
  users:
    '<circle cx="9" cy="8.5" r="3"/><path d="M3.5 18.5c.6-3 2.7-4.5 5.5-4.5s4.9 1.5 5.5 4.5M15.5 5.8a3 3 0 0 1 0 5.4M17 14.3c1.9.6 3.1 2 3.5 4.2"/>',
  bot: '<rect x="5" y="8.5" width="14" height="10" rx="2.5"/><path d="M12 5v3.5M9.5 13v1M14.5 13v1M3 12.5v2.5M21 12.5v2.5"/>',
  eye: '<path d="M3 12c2-4 5.2-6 9-6s7 2 9 6c-2 4-5.2 6-9 6s-7-2-9-6z"/><circle cx="12" cy="12" r="2.5"/>',
  ear: '<path d="M7.5 10a4.8 4.8 0 1 1 9.5.8c-.4 2-2.3 2.7-2.8 4.5-.5 2-1.2 4.2-3.4 4.2-1.4 0-2.3-.9-2.5-2"/><path d="M10 10.5a2.2 2.2 0 1 1 3.6 1.7"/>',
  whisper:
    '<path d="M4 6.5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6.5L7 20v-3.5H6a2 2 0 0 1-2-2z" stroke-dasharray="3 2.5"/><path d="M9 10.5h6"/>',
  merge:
    '<circle cx="6.5" cy="6" r="2.2"/><circle cx="6.5" cy="18" r="2.2"/><circle cx="17.5" cy="12" r="2.2"/><path d="M6.5 8.2v7.6M8.2 7.4C10 10 12 12 15.3 12"/>',
  search: '<circle cx="11" cy="11" r="6"/><path d="m15.5 15.5 4.5 4.5"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  x: '<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>',
  check: '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
  checks: '<path d="m2.5 12.5 4.2 4.2L15 8M11 15.5l1.2 1.2L21 8"/>',
  down: '<path d="m7 10 5 5 5-5"/>',
  up: '<path d="m7 14 5-5 5 5"/>',
  right: '<path d="m10 7 5 5-5 5"/>',
  left: '<path d="m14 7-5 5 5 5"/>',
  'arrow-right': '<path d="M5 12h14M13 6l6 6-6 6"/>',
  'arrow-up': '<path d="M12 19V5M6 11l6-6 6 6"/>',
  clock: '<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2"/>',
  snooze:
    '<circle cx="12" cy="13" r="7"/><path d="M12 9.5V13l2.3 1.5M4.5 6.5 7 4.5M19.5 6.5 17 4.5"/>',
  lock: '<rect x="5.5" y="11" width="13" height="8.5" rx="2"/><path d="M8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>',
  clip: '<path d="m19 11.5-7.2 7.2a4.3 4.3 0 0 1-6.1-6.1l7.6-7.6a2.9 2.9 0 0 1 4.1 4.1l-7.5 7.5a1.4 1.4 0 0 1-2-2l6.9-6.9"/>',
  smile:
    '<circle cx="12" cy="12" r="8"/><path d="M8.5 14c.8 1.4 2 2 3.5 2s2.7-.6 3.5-2M9.5 9.5v.6M14.5 9.5v.6"/>',
  rewrite:
    '<path d="M4 18.5h6M4 13.5h9M4 8.5h6"/><path d="m17 5 1 2.5L20.5 8.5 18 9.5 17 12l-1-2.5L13.5 8.5 16 7.5z"/>',
  translate:
    '<path d="M4 6.5h9M8.5 4.5v2M11 6.5c-.8 3.5-3 6-6.5 7.5M6.5 9c1 2 2.8 3.7 5 4.5"/><path d="m12 19.5 3.8-9 3.7 9M13.3 16.5h5"/>',
  canned: '<path d="M13.5 4.5 10 19.5"/>',
  at: '<circle cx="12" cy="12" r="3.5"/><path d="M15.5 8.5v5a2.3 2.3 0 0 0 4.5-.8V12a8 8 0 1 0-3 6.2"/>',
  send: '<path d="M4.5 12 20 5l-4.5 14.5-3.7-5.8zM11.8 13.7 20 5"/>',
  transfer: '<path d="M4 8.5h14M14.5 5 18 8.5 14.5 12M20 15.5H6M9.5 12 6 15.5 9.5 19"/>',
  mute: '<rect x="9" y="3.5" width="6" height="10.5" rx="3"/><path d="M6 11.5a6 6 0 0 0 12 0M12 17.5v3M4.5 4.5l15 15"/>',
  mic: '<rect x="9" y="3.5" width="6" height="10.5" rx="3"/><path d="M6 11.5a6 6 0 0 0 12 0M12 17.5v3"/>',
  hold: '<path d="M9 6v12M15 6v12"/>',
  play: '<path d="M8 5.5v13l10.5-6.5z"/>',
  keypad:
    '<path d="M6.5 6v.01M12 6v.01M17.5 6v.01M6.5 11v.01M12 11v.01M17.5 11v.01M6.5 16v.01M12 16v.01M17.5 16v.01M12 20v.01" stroke-width="2.6"/>',
  hangup:
    '<path d="M4 14.5v-2C6 10.3 8.8 9.2 12 9.2s6 1.1 8 3.3v2a1 1 0 0 1-1.2 1l-3-.7a1 1 0 0 1-.8-1v-1.6c-2-.6-4-.6-6 0v1.6a1 1 0 0 1-.8 1l-3 .7a1 1 0 0 1-1.2-1z"/>',
  conf: '<circle cx="12" cy="8" r="3"/><path d="M6.5 18.5c.6-2.8 2.6-4.3 5.5-4.3s4.9 1.5 5.5 4.3M4 9.5a2 2 0 0 0 1 3.3M20 9.5a2 2 0 0 1-1 3.3"/>',
  more: '<path d="M6 12v.01M12 12v.01M18 12v.01" stroke-width="2.4"/>',
  grip: '<path d="M9.5 6.5v.01M14.5 6.5v.01M9.5 12v.01M14.5 12v.01M9.5 17.5v.01M14.5 17.5v.01" stroke-width="2.2"/>',
  filter: '<path d="M4.5 7h15M7.5 12h9M10.5 17h3"/>',
  sort: '<path d="M8 5v14M4.5 15.5 8 19l3.5-3.5M13 7h7M13 11.5h5M13 16h3"/>',
  copy: '<rect x="8.5" y="8.5" width="11" height="11" rx="2"/><path d="M5.5 15.5h-1v-10a1 1 0 0 1 1-1h10v1"/>',
  link: '<path d="M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1"/>',
  refresh: '<path d="M19 12a7 7 0 1 1-2-4.9L19.5 9.5M19.5 5v4.5H15"/>',
  undo: '<path d="M8.5 6 4.5 10l4 4M4.5 10H14a5 5 0 0 1 0 10h-3"/>',
  image:
    '<rect x="4" y="5" width="16" height="14" rx="2"/><circle cx="9" cy="10" r="1.5"/><path d="m5 17 4.5-4 3 2.5 3-3 4 4"/>',
  warn: '<path d="M12 4.5 20.5 19h-17zM12 10v4M12 16.5v.01"/>',
  stop: '<path d="M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7zM9.5 9.5l5 5M14.5 9.5l-5 5"/>',
  info: '<circle cx="12" cy="12" r="8"/><path d="M12 11v5M12 8v.01"/>',
  ok: '<circle cx="12" cy="12" r="8"/><path d="m8.5 12.3 2.5 2.5 4.5-5"/>',
  offline:
    '<path d="M4 4.5l16 15M5 11.5c1.2-1.2 2.6-2 4-2.5M13.5 8.3c2 .3 3.9 1.4 5.5 3.2M8 15c1-1 2-1.6 3-1.8M12 18.5v.01"/>',
  plug: '<path d="M9 4v4.5M15 4v4.5M6.5 8.5h11v3a5.5 5.5 0 0 1-11 0zM12 17v3.5"/>',
  tv: '<rect x="3.5" y="5" width="17" height="11.5" rx="2"/><path d="M9 20h6"/>',
  bell: '<path d="M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5L19 18H5zM10.5 20.5h3"/>',
  star: '<path d="m12 4.5 2.3 4.9 5.2.7-3.8 3.7.9 5.3-4.6-2.6-4.6 2.6.9-5.3L4.5 10.1l5.2-.7z"/>',
  'thumb-up':
    '<path d="M7.5 11v8.5H4.5V11zM7.5 11 11 4.5a2 2 0 0 1 2 2.2L12.7 10h5a1.8 1.8 0 0 1 1.8 2.2l-1.3 5.8a1.9 1.9 0 0 1-1.9 1.5H7.5"/>',
  'thumb-down':
    '<path d="M16.5 13V4.5h3V13zM16.5 13 13 19.5a2 2 0 0 1-2-2.2l.3-3.3h-5a1.8 1.8 0 0 1-1.8-2.2L5.8 6a1.9 1.9 0 0 1 1.9-1.5h8.8"/>',
  calendar:
    '<rect x="4" y="5.5" width="16" height="14" rx="2"/><path d="M4 10h16M8.5 3.5v4M15.5 3.5v4"/>',
  globe:
    '<circle cx="12" cy="12" r="8"/><path d="M4 12h16M12 4c2.2 2.3 3.2 5 3.2 8s-1 5.7-3.2 8c-2.2-2.3-3.2-5-3.2-8s1-5.7 3.2-8z"/>',
  shield: '<path d="M12 3.5 19 6v6c0 4.2-2.8 7-7 8.5C7.8 19 5 16.2 5 12V6z"/>',
  skill: '<path d="M5 19v-5M10 19V9.5M15 19v-7M20 19V5"/>',
  box: '<path d="m12 3.5 7.5 4v9l-7.5 4-7.5-4v-9zM4.5 7.5 12 11.5l7.5-4M12 11.5v9"/>',
  cup: '<path d="M5 9h11v5.5a4 4 0 0 1-4 4H9a4 4 0 0 1-4-4zM16 10.5h1.5a2.3 2.3 0 0 1 0 4.6H16M8.5 6.5v-2M12 6.5v-2"/>',
  pencil: '<path d="m5 19 1-4L16 5l3 3L9 18z"/>',
  cart: '<path d="M3.5 5h2.3l2 10.5h9.5l2-7.5H6.5"/><circle cx="9.5" cy="19" r="1.3"/><circle cx="16.5" cy="19" r="1.3"/>',
  tag: '<path d="M4.5 5v6l8.5 8.5 6.5-6.5L11 4.5H5zM8.5 8.5v.01"/>',
  flow: '<rect x="4" y="4.5" width="6" height="5" rx="1.2"/><rect x="14" y="14.5" width="6" height="5" rx="1.2"/><path d="M7 9.5V17h7"/>',
  key: '<circle cx="8" cy="15" r="3.5"/><path d="m10.5 12.5 8-8M15.5 7.5l2.5 2.5"/>',
  file: '<path d="M6.5 3.5h7.5l4 4v13h-11.5zM14 3.5v4h4"/>',
  history: '<path d="M5 12a7 7 0 1 0 2-4.9L4.5 9.5M4.5 5v4.5H9M12 8.5V12l2.5 1.5"/>',
  truck:
    '<path d="M3.5 6.5h10.5v10H3.5zM14 10h3.5l3 3v3.5H14"/><circle cx="7.5" cy="17.5" r="1.6"/><circle cx="17" cy="17.5" r="1.6"/>',
  sofa: '<path d="M6 11V8a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v3M4 11.5a1.5 1.5 0 0 1 3 0V14h10v-2.5a1.5 1.5 0 0 1 3 0V17H4zM6 17v2M18 17v2"/>',
  card: '<rect x="3.5" y="6" width="17" height="12" rx="2"/><path d="M3.5 10h17M7 14.5h3"/>',
  return: '<path d="M8 5 4 9l4 4M4 9h11a5 5 0 0 1 0 10H8"/>',
  spark: '<path d="M12 4.5 13.8 10l5.7 2-5.7 2L12 19.5 10.2 14 4.5 12l5.7-2z"/>',
  sun: '<circle cx="12" cy="12" r="3.5"/><path d="M12 4v1.5M12 18.5V20M4 12h1.5M18.5 12H20M6.3 6.3l1 1M16.7 16.7l1 1M17.7 6.3l-1 1M7.3 16.7l-1 1"/>',
  menu: '<path d="M4 7h16M4 12h16M4 17h16"/>',
  moon: '<path d="M19 14.5A7.5 7.5 0 0 1 9.5 5a7.5 7.5 0 1 0 9.5 9.5z"/>',
  exit: '<path d="M10 4.5H5.5v15H10M14 8l4 4-4 4M18 12H9.5"/>',
  download: '<path d="M12 4.5v10M8 11l4 4 4-4M5 19.5h14"/>',
  sound:
    '<path d="M5 9.5v5h3l4.5 3.5v-12L8 9.5zM15.5 9.5a3.5 3.5 0 0 1 0 5M17.8 7a7 7 0 0 1 0 10"/>',
} as const;

export type IconName = keyof typeof PATHS;

type IconProps = { name: IconName; size?: number; className?: string };

export function Icon({ name, size = 16, className }: IconProps) {
  return (
    <svg
      className={className === undefined ? 'i' : `i ${className}`}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: PATHS[name] }}
    />
  );
}

/** The person at the front of the queue, and two behind: the same pips draw capacity and load everywhere. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg
      className="mark"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="currentColor"
      aria-hidden="true"
    >
      <circle cx="18" cy="5.5" r="2.5" />
      <rect x="16" y="10" width="4" height="10.5" rx="2" />
      <rect x="10" y="10" width="4" height="10.5" rx="2" opacity=".5" />
      <rect x="4" y="10" width="4" height="10.5" rx="2" opacity=".25" />
    </svg>
  );
}
