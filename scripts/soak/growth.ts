// What `npm run test:soak` makes of its measurements: which of them grow with the cycles, and the table.

/** One value a measure, after some cycles. */
export type Sample<Measure extends string> = Readonly<Record<Measure, number>>;

/** The first fill caches, pools of connections and compiled code. */
const warmUp = 5;

export interface Trend {
  readonly measure: string;
  readonly first: number;
  readonly last: number;
  readonly most: number;
  /** Of a line fitted to the samples after the warm-up, from one to the next. */
  readonly slope: number;
  readonly isFlat: boolean;
}

/** @param allowed how much each measure may grow from one sample to the next: 0 for what must come back to the same number. */
export function trendsOf<Measure extends string>(
  samples: readonly Sample<Measure>[],
  allowed: Readonly<Record<Measure, number>>,
): Trend[] {
  const settled = samples.slice(Math.min(warmUp, samples.length - 1));
  return Object.entries<number>(allowed).map(([measure, limit]) => {
    const values = settled.map((sample) => sample[measure as Measure]);
    const slope = slopeOf(values);
    return {
      measure,
      first: values[0] ?? 0,
      last: values.at(-1) ?? 0,
      most: Math.max(...values),
      slope,
      isFlat: limit === 0 ? isSame(values) : slope <= limit,
    };
  });
}

/** A number may be higher for a moment, as an idle connection or a process that is ending; not in the end. */
function isSame(values: readonly number[]): boolean {
  const third = Math.ceil(values.length / 3);
  return (
    Math.min(...values.slice(-third)) <= Math.min(...values.slice(0, third))
  );
}

/** Least squares. */
function slopeOf(values: readonly number[]): number {
  const mean = (values.length - 1) / 2;
  const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [over, under] = values.reduce<[number, number]>(
    ([product, square], value, at) => [
      product + (at - mean) * (value - middle),
      square + (at - mean) ** 2,
    ],
    [0, 0],
  );
  return under === 0 ? 0 : over / under;
}

export function renderTrends(trends: readonly Trend[]): string {
  const rows = trends.map(({ first, isFlat, last, measure, most, slope }) => [
    measure,
    ...[first, last, most].map((value) => String(Math.round(value * 10) / 10)),
    slope.toFixed(3),
    isFlat ? "flat" : "GROWS",
  ]);
  const head = ["measure", "first", "last", "most", "slope", ""];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
