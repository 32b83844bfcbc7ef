import { alone, compared, type Goal, type Measurement } from "../measurement.ts";

/** Beside a baseline that may not have been measurable on this machine; then there is no ratio and no goal. Nanoseconds, if no other unit is said. */
export const beside = (name: string, { value, baseline, unit = "ns" }: { readonly value: number; readonly baseline: number | null; readonly unit?: string }, goal?: Goal): Measurement =>
  baseline === null ? alone(name, value, unit) : compared(name, { value, baseline, unit }, goal);
