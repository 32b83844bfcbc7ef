import { expWithTail } from "./exponential.ts";
import { millsRatio } from "./mills-ratio.ts";

const INVERSE_SQRT_2PI = 0.3989422804014327;
/** 2^27 + 1 cuts a double into two halves whose products are exact. */
const SPLITTER = 134217729;

/**
 * Standard normal density, relative error below 1e-15 while the result is a normal double (|x| <= 37.5); 0 beyond |x| = 38.6.
 * x² is kept to twice the precision: its rounding alone would cost 1e-13 in the tail.
 */
export const normalDensity = (x: number): number => {
  if (x > 39 || x < -39) return 0;
  const square = x * x;
  const shifted = SPLITTER * x;
  const head = shifted - (shifted - x);
  const rest = x - head;
  const lost = rest * rest - (square - head * head - 2 * head * rest);
  return INVERSE_SQRT_2PI * expWithTail(-0.5 * square, -0.5 * lost);
};

/** Standard normal distribution N(x), relative error below 2e-15 down to x = -37.5, where results become denormal. NaN for NaN. */
export const normalDistribution = (x: number): number => {
  if (x !== x) return NaN;
  if (x < 0) return normalDensity(x) * millsRatio(-x);
  return 1 - normalDensity(x) * millsRatio(x);
};
