import { exp, expSeriesQuotient } from "./exponential.ts";
import { powerOfTwo } from "./powers-of-two.ts";

const INVERSE_LN2 = 1.4426950408889634;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** exp(x) - 1 without forming exp(x) where that loses digits; -1 below -745, Infinity above 709.78, NaN for NaN, x itself at 0. The same bits on every platform. */
export const expm1 = (x: number): number => {
  if (x !== x) return NaN;
  if (x > 40 || x < -40) return exp(x) - 1;
  if (x === 0) return x;
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const reduced = high - (low - expSeriesQuotient(r));
  if (k === 0) return reduced;
  const power = powerOfTwo(k);
  return power * reduced + (power - 1);
};
