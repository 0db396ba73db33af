/** The shape of what is being read, before it is there. */
export function Skeleton({ width, height }: { width: number | string; height?: number }) {
  return <span className="sk" style={{ width, ...(height === undefined ? {} : { height }) }} />;
}

/** Rows with a square and two lines, as lists have them. */
export function SkeletonRows({ rows = 8, label }: { rows?: number; label: string }) {
  const shapes = [
    [42, 84],
    [30, 70],
    [55, 92],
    [38, 60],
    [46, 78],
  ] as const;
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, at) => {
        const [first, second] = shapes[at % shapes.length] ?? shapes[0];
        return (
          <div className="skrow" key={at}>
            <Skeleton width={34} height={34} />
            <div>
              <Skeleton width={`${first}%`} />
              <Skeleton width={`${second}%`} />
            </div>
            <Skeleton width={52} />
          </div>
        );
      })}
    </div>
  );
}
