import { powerOfTwo } from "./powers-of-two.ts";

const INVERSE_LN2 = 1.4426950408889634;
/** ln 2 to 32 bits: its product with any exponent that occurs is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Interpolates (r coth(r/2) - 2) / r² in r² at Chebyshev nodes, |r| <= ln(2)/2, which costs exp 1.2e-18; made by reference/fit_coefficients.py. */
const C0 = 0.1666666666666666;
const C1 = -0.0027777777777564404;
const C2 = 6.613756471622828e-5;
const C3 = -1.653406003383645e-6;
const C4 = 4.1437662804021675e-8;

/** exp(r) - 1 - r for |r| <= ln(2)/2, to the precision of r: exp(r) = (1 + tanh(r/2)) / (1 - tanh(r/2)), so written that only this small term is rounded. */
export const expSeriesQuotient = (r: number): number => {
  const t = r * r;
  const q = r - t * (C0 + t * (C1 + t * (C2 + t * (C3 + t * C4))));
  return (r * q) / (2 - q);
};

/**
 * exp(x + tail) where `tail` is the part of the argument that a double could not hold: |tail| of the order of one ulp of x.
 * Range as `exp`.
 */
export const expWithTail = (x: number, tail: number): number => {
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  if (x !== x) return NaN;
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW - tail;
  const r = high - low;
  const y = 1 - (low - expSeriesQuotient(r) - high);
  if (k > 1023) return y * 2 * powerOfTwo(k - 1);
  if (k >= -1021) return y * powerOfTwo(k);
  // Two steps, so that a denormal result is rounded only once.
  return y * powerOfTwo(k + 128) * powerOfTwo(-128);
};

/** e to the x, within 1 ulp; 0 below -745.13, Infinity above 709.78, NaN for NaN. The same bits on every platform. */
export const exp = (x: number): number => expWithTail(x, 0);
