// Order statistics of samples. Pure.

/** The value below which `part` (0 to 1) of the samples lie. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  );
}

export const median = (values: readonly number[]): number =>
  quantile(values, 0.5);
