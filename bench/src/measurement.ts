/** One line of a benchmark's result. */
export type Measurement = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** In the same unit, measured in the same run; null where nothing is compared. */
  readonly baseline: number | null;
  /** value / baseline. */
  readonly ratio: number | null;
  /** What the ratio is to be, such as ">= 0.5"; null where there is no goal. */
  readonly goal: string | null;
  readonly ok: boolean | null;
};

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

export type MeasureOptions = {
  /** Also what takes minutes. */
  readonly full: boolean;
};

/** A benchmark is parts that can be run apart from each other. */
export type Part = { readonly name: string; readonly measure: (options: MeasureOptions) => Promise<readonly Measurement[]> };
export type Benchmark = { readonly name: string; readonly about: string; readonly parts: readonly Part[] };

export const alone = (name: string, value: number, unit: string): Measurement => ({ name, value, unit, baseline: null, ratio: null, goal: null, ok: null });

export const compared = (name: string, { value, baseline, unit }: { readonly value: number; readonly baseline: number; readonly unit: string }, goal?: Goal): Measurement => {
  const ratio = value / baseline;
  if (goal === undefined) return { name, value, unit, baseline, ratio, goal: null, ok: null };
  if ("atLeast" in goal) return { name, value, unit, baseline, ratio, goal: `>= ${String(goal.atLeast)}`, ok: ratio >= goal.atLeast };
  return { name, value, unit, baseline, ratio, goal: `<= ${String(goal.atMost)}`, ok: ratio <= goal.atMost };
};

/** Of an odd count the middle one, else the mean of the two in the middle. At least one value. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new Error("A median needs at least one value.");
  return (low + high) / 2;
};

/** The value that so large a share of the values lies below, 0 … 1. At least one value. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((left, right) => left - right)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
