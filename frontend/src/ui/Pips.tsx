/** A row of small bars: each is one person, one place, one second. */
type PipsProps = {
  used: number;
  total: number;
  label: string;
  tone?: 'warn' | 'bad' | 'ok' | 'quiet';
};

export function Pips({ used, total, label, tone }: PipsProps) {
  const bars = Array.from({ length: total }, (_, at) => (
    <b key={at} className={at < used ? 'on' : undefined} />
  ));
  return (
    <span className={tone === undefined ? 'pips' : `pips ${tone}`} role="img" aria-label={label}>
      {bars}
    </span>
  );
}
