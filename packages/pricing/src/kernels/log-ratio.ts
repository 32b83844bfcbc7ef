import { remainderOfProduct } from "./exact-product.ts";
import { log } from "./logarithm.ts";
import { binaryExponent, powerOfTwo } from "./powers-of-two.ts";

/** ln of the points cell / CELLS_PER_UNIT up to RATIO_MAX, each as a sum of two doubles, and the points' inverses. */
const CELLS_PER_UNIT = 128;
const RATIO_MAX = 4;
const CELLS = RATIO_MAX * CELLS_PER_UNIT + 1;
const cellHigh = new Float64Array(CELLS).fill(NaN);
const cellLow = new Float64Array(CELLS).fill(NaN);
const cellInverses = Float64Array.from({ length: CELLS }, (_, cell) => CELLS_PER_UNIT / cell);

/** Writes ln of the point behind `from`, up (+1) or down (-1): ln((n+1)/(n-1)) = 2 atanh(1/n), n odd, added to twice a double's precision. */
const writeNeighbour = (from: number, direction: 1 | -1): void => {
  const n = 2 * from + direction;
  const quotient = 1 / n;
  const rest = remainderOfProduct(1, quotient, n) / n;
  const square = quotient * quotient;
  const series = quotient * square * (1 / 3 + square * (1 / 5 + square * (1 / 7 + square * (1 / 9))));
  const step = direction * 2 * quotient;
  const high = (cellHigh[from] ?? NaN) + step;
  const carried = high - (cellHigh[from] ?? NaN);
  const lost = (cellHigh[from] ?? NaN) - (high - carried) + (step - carried);
  const low = (cellLow[from] ?? NaN) + lost + direction * 2 * (rest + series);
  const sum = high + low;
  cellHigh[from + direction] = sum;
  cellLow[from + direction] = low - (sum - high);
};

cellHigh[CELLS_PER_UNIT] = 0;
cellLow[CELLS_PER_UNIT] = 0;
for (let cell = CELLS_PER_UNIT; cell < CELLS - 1; cell += 1) writeNeighbour(cell, 1);
for (let cell = CELLS_PER_UNIT; cell > CELLS_PER_UNIT / 8; cell -= 1) writeNeighbour(cell, -1);

/** ln(1 + rest) - rest for |rest| <= 1/64. */
const bend = (rest: number): number => {
  const square = rest * rest;
  return (
    square * (-0.5 + rest * 0.3333333333333333) +
    square * square * (-0.25 + rest * 0.2 + (-0.16666666666666666 + rest * 0.14285714285714285 + square * -0.125) * square)
  );
};

/**
 * ln(numerator / denominator) of two positive numbers, within 2 ulp where the ratio lies between 1/4 and 4. Near 1 the difference is
 * exact while the ratio is not: a rounded ratio would cost implied volatility up to five digits at the money.
 */
export const logRatio = (numerator: number, denominator: number): number => {
  const excess = (numerator - denominator) / denominator;
  if (!(excess > -0.75 && excess < 2.99)) return log(numerator / denominator);
  // The nearest cell's middle; the rest is at most 1/64 of it, and excess itself around 1.
  const cell = (excess * CELLS_PER_UNIT + (CELLS_PER_UNIT + 0.5)) | 0;
  const rest = (excess - (cell / CELLS_PER_UNIT - 1)) * (cellInverses[cell] ?? NaN);
  return (cellHigh[cell] ?? NaN) + (rest + ((cellLow[cell] ?? NaN) + bend(rest)));
};

/** What `logRatio` of the same arguments lost to rounding; 0 where the ratio is not between 1/4 and 4. The sum of both is good to about 1e-18. */
export const logRatioRemainder = (numerator: number, denominator: number): number => {
  const difference = numerator - denominator;
  const excess = difference / denominator;
  if (!(excess > -0.75 && excess < 2.99)) return 0;
  const cell = (excess * CELLS_PER_UNIT + (CELLS_PER_UNIT + 0.5)) | 0;
  const point = cell / CELLS_PER_UNIT;
  const rest = (excess - (point - 1)) * (cellInverses[cell] ?? NaN);
  const high = cellHigh[cell] ?? NaN;
  const small = rest + ((cellLow[cell] ?? NaN) + bend(rest));
  const sum = high + small;
  // Of the sum, of the division by the point, and of the division by the denominator, whose difference is exact within a factor of two.
  const ofSum = high - sum + small;
  const ofPoint = remainderOfProduct(excess - (point - 1), rest, point) / point;
  const ofDivision = remainderOfProduct(difference, excess, denominator) / (denominator * (1 + excess));
  const ofSmall = (cellLow[cell] ?? NaN) + bend(rest) - (small - rest);
  return ofSum + ofSmall + ofPoint + ofDivision;
};

/** A number as the sum of two doubles, the second at most half an ulp of the first. */
export type LogarithmParts = { high: number; low: number };

const SQRT2 = 1.4142135623730951;
/** ln 2 as a sum: the first part has 32 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_MIDDLE = 1.9082149292705877e-10;
const LN2_LOW = 1.1612227229362532e-26;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/** ln(x) of a positive finite x to about 1e-19 of it, as a sum of two doubles. */
export const writeLogarithmParts = (x: number, parts: LogarithmParts): void => {
  const scaled = x < SMALLEST_NORMAL ? x * powerOfTwo(54) : x;
  let exponent = binaryExponent(scaled);
  let mantissa = scaled * powerOfTwo(-exponent);
  if (mantissa > SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  if (scaled !== x) exponent -= 54;
  const ofMantissa = logRatio(mantissa, 1);
  const coarse = exponent * LN2_HIGH;
  const sum = coarse + ofMantissa;
  const carried = sum - coarse;
  const lost = coarse - (sum - carried) + (ofMantissa - carried);
  const middle = exponent * LN2_MIDDLE;
  const small = lost + logRatioRemainder(mantissa, 1) + exponent * LN2_LOW - remainderOfProduct(middle, exponent, LN2_MIDDLE);
  const high = sum + middle;
  const carriedMiddle = high - sum;
  const low = sum - (high - carriedMiddle) + (middle - carriedMiddle) + small;
  parts.high = high + low;
  parts.low = low - (parts.high - high);
};
