import { alone, compared, type Goal, type Measurement } from "../measurement.ts";

/** Beside a baseline that may not have been measurable on this machine; then there is no ratio and no goal. */
export const beside = (name: string, { value, baseline }: { readonly value: number; readonly baseline: number | null }, goal?: Goal): Measurement =>
  baseline === null ? alone(name, value, "ns") : compared(name, { value, baseline, unit: "ns" }, goal);
