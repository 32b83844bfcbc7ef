import { exp } from "./exponential.ts";
import { powerOfTwo } from "./powers-of-two.ts";

const INVERSE_LN2 = 1.4426950408889634;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Interpolates (r coth(r/2) - 2) / r² in r² at Chebyshev nodes, |r| <= ln(2)/2, which costs exp 1.2e-18; made by reference/fit_coefficients.py. */
const C0 = 0.1666666666666666;
const C1 = -0.0027777777777564404;
const C2 = 6.613756471622828e-5;
const C3 = -1.653406003383645e-6;
const C4 = 4.1437662804021675e-8;

/** exp(r) - 1 - r for |r| <= ln(2)/2, to the precision of r: exp(r) = (1 + tanh(r/2)) / (1 - tanh(r/2)), so written that only this small term is rounded. */
const expSeriesQuotient = (r: number): number => {
  const t = r * r;
  const q = r - t * (C0 + t * (C1 + t * (C2 + t * (C3 + t * C4))));
  return (r * q) / (2 - q);
};

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
