import { binaryExponent, powerOfTwo } from "./powers-of-two.ts";

const SQRT2 = 1.4142135623730951;
const SQRT_HALF_MINUS_1 = -0.29289321881345254;
const SQRT2_MINUS_1 = 0.41421356237309503;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Interpolates (ln((1+s)/(1-s)) - 2s) / s³ in s² at Chebyshev nodes, |s| <= 0.1716, which costs ln 4.2e-18; made by reference/fit_coefficients.py. */
const C0 = 0.666666666666667;
const C1 = 0.39999999999899444;
const C2 = 0.2857142862600327;
const C3 = 0.22222211130259875;
const C4 = 0.18182889455675105;
const C5 = 0.1533171061820642;
const C6 = 0.14616585424934123;

/** ln(2^k (1 + f)) + correction for 1 + f between sqrt(1/2) and sqrt(2). */
const logOfParts = (k: number, f: number, correction: number): number => {
  const s = f / (2 + f);
  const z = s * s;
  const r = z * (C0 + z * (C1 + z * (C2 + z * (C3 + z * (C4 + z * (C5 + z * C6))))));
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + r) + (k * LN2_LOW + correction)) - f);
};

/** ln(x) + correction of a positive normal double. */
const logOfNormal = (x: number, extraExponent: number, correction: number): number => {
  let exponent = binaryExponent(x);
  let mantissa = x * powerOfTwo(-exponent);
  if (mantissa > SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  return logOfParts(exponent + extraExponent, mantissa - 1, correction);
};

/** Natural logarithm, within 1 ulp; -Infinity at 0, NaN below 0 and for NaN. The same bits on every platform. */
export const log = (x: number): number => {
  if (x >= SMALLEST_NORMAL && x < Infinity) return logOfNormal(x, 0, 0);
  if (x === 0) return -Infinity;
  if (x === Infinity) return Infinity;
  if (!(x > 0)) return NaN;
  return logOfNormal(x * powerOfTwo(54), -54, 0);
};

/** ln(1 + x) without forming 1 + x where that loses digits, within 2 ulp; -Infinity at -1, NaN below and for NaN. */
export const log1p = (x: number): number => {
  if (x > SQRT_HALF_MINUS_1 && x < SQRT2_MINUS_1) return x === 0 ? x : logOfParts(0, x, 0);
  if (!(x > -1 && x < Infinity)) return x === -1 ? -Infinity : x === Infinity ? Infinity : NaN;
  const sum = 1 + x;
  const lost = x > 1 ? 1 - (sum - x) : x - (sum - 1);
  return logOfNormal(sum, 0, lost / sum);
};
