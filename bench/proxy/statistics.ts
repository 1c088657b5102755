// Median and range of a few rounds, and how they are written. Pure functions.

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** The spread of `a / b`, round by round: what can be claimed on a machine that is not quiet. */
export function ratioOf(a: readonly number[], b: readonly number[]): Spread {
  const rounds = Math.min(a.length, b.length);
  return spreadOf(Array.from({ length: rounds }, (_, round) => a[round]! / b[round]!));
}

export function writeSpread(spread: Spread, digits: number): string {
  const [median, min, max] = [spread.median, spread.min, spread.max].map((n) => n.toFixed(digits));
  return `${median} [${min}-${max}]`;
}
