import { CELLS_FROM, CELLS_PER_UNIT, CELLS_TO, densityCells, millsCells } from "../kernels/mills-cells.ts";
import { remainderOfProduct } from "../kernels/exact-product.ts";
import { logRatio, logRatioRemainder } from "../kernels/log-ratio.ts";
import { evaluateBlackTerms, newBlackLegs, newBlackTerms } from "./black-terms.ts";

/** Options that are evaluated together: their numbers stay in the first-level cache. */
export const BLOCK_LENGTH = 256;

const column = (): Float64Array => new Float64Array(BLOCK_LENGTH);

/**
 * The block: European options as columns. Whoever evaluates writes the inputs, calls `evaluateBlackBlock`, and reads the results at
 * once. It belongs to the module, and not to a caller, because the compiled loop then knows where each column lies: a fifth faster.
 */
export const blackBlock = {
  /** Input: present value of receiving the underlying at expiry, >= 0. */
  assetLeg: column(),
  /** Input: present value of paying the strike at expiry, >= 0. */
  strikeLeg: column(),
  /** Input: ln(assetLeg / strikeLeg), given apart because it is known better than the ratio. */
  logMoneyness: column(),
  /** Input: vol × sqrt(yearsToExpiry), >= 0. */
  totalVol: column(),
  /** Inputs, used far from the money alone: what logMoneyness and totalVol lost to rounding; 0 where it is not known. */
  logMoneynessRemainder: column(),
  totalVolRemainder: column(),
  /** assetLeg × phi(d1) = strikeLeg × phi(d2); 0 where the limits at zero volatility hold. */
  slope: column(),
  /** Where the call is out of the money (logMoneyness <= 0) assetLeg × N(d1), else strikeLeg × N(-d2): what its holder is paid, or pays. */
  nearTail: column(),
  /** The other leg's: strikeLeg × N(d2), else assetLeg × N(-d1). */
  farTail: column(),
  /** Value of the out-of-the-money option, >= 0. NaN where an input is out of range. */
  outPrice: column(),
  /** 1 / totalVol; 0 where slope is 0. */
  inverseTotalVol: column(),
  /** 1 where the row was evaluated apart from the table; only there the four columns below are written. */
  apart: new Uint8Array(BLOCK_LENGTH),
  /** assetLeg × N(d1) and × N(-d1), strikeLeg × N(d2) and × N(-d2), each precise when small. */
  callAsset: column(),
  putAsset: column(),
  callStrike: column(),
  putStrike: column(),
} as const;

const { assetLeg, strikeLeg, logMoneyness, totalVol, slope, nearTail, farTail, outPrice, inverseTotalVol, apart, callAsset, putAsset, callStrike, putStrike, logMoneynessRemainder, totalVolRemainder } = blackBlock;
const cells = millsCells;
const densities = densityCells;

// Copies of imported constants: a name of this module costs the compiled loop nothing.
const FROM = CELLS_FROM;
const TO = CELLS_TO;
const PER_UNIT = CELLS_PER_UNIT;
const CELL = 1 / CELLS_PER_UNIT;
const FIRST_MIDDLE = CELLS_FROM + 0.5 / CELLS_PER_UNIT;
/** The table is used between these, so that no product comes near the ends of a double's range. */
const SMALLEST = 1e-60;
const LARGEST = 1e100;
/** Below this totalVol the difference of two Mills ratios has lost too many digits, and its series is used. */
const SERIES_BELOW = 1 / 16;

const legs = newBlackLegs();
const terms = newBlackTerms();

/** Beyond so many standard deviations the density is so steep that the rounding of d1 itself is made good. */
const STEEP_FROM = 4;

/**
 * phi at the true distance over phi at the rounded one, |z| - s/2. The density falls by 1 part in 1e13 for one rounding of a distance
 * of 30: the quotient's and the inputs' remainders are carried along.
 */
const steepness = (row: number): number => {
  const x = logMoneyness[row] ?? NaN;
  const s = totalVol[row] ?? NaN;
  const z = Math.abs(x) / s;
  const near = z - 0.5 * s;
  if (!(near > STEEP_FROM && z < 1e10)) return 1;
  const direct = logRatio(assetLeg[row] ?? NaN, strikeLeg[row] ?? NaN) === x;
  const given = direct ? logRatioRemainder(assetLeg[row] ?? NaN, strikeLeg[row] ?? NaN) : (logMoneynessRemainder[row] ?? NaN);
  const ofS = totalVolRemainder[row] ?? NaN;
  const ofZ = (remainderOfProduct(Math.abs(x), z, s) + (x < 0 ? -given : given) - z * ofS) / s;
  const ofNear = z - near - 0.5 * s;
  return 1 - near * (ofZ + ofNear - 0.5 * ofS);
};

/** The limits and the middle of the money keep what they are; the small side and all that the density makes are corrected. */
const correctForSteepness = (factor: number, callIsOut: boolean): void => {
  terms.density *= factor;
  if (callIsOut) {
    terms.callAssetProbability *= factor;
    terms.callStrikeProbability *= factor;
    terms.callPrice *= factor;
  } else {
    terms.putAssetProbability *= factor;
    terms.putStrikeProbability *= factor;
    terms.putPrice *= factor;
  }
};

/** Rows outside the table: far wings, very high volatility, the limits at zero volatility or strike, and inputs out of range. */
const evaluateApart = (row: number): void => {
  legs.assetLeg = assetLeg[row] ?? NaN;
  legs.strikeLeg = strikeLeg[row] ?? NaN;
  legs.logMoneyness = logMoneyness[row] ?? NaN;
  legs.totalVol = totalVol[row] ?? NaN;
  apart[row] = 1;
  const isPrice = (leg: number): boolean => leg >= 0 && leg < Infinity;
  if (!isPrice(legs.assetLeg) || !isPrice(legs.strikeLeg) || !isPrice(legs.totalVol) || Number.isNaN(legs.logMoneyness)) {
    for (const result of [slope, outPrice, inverseTotalVol, callAsset, putAsset, callStrike, putStrike]) result[row] = NaN;
    return;
  }
  evaluateBlackTerms(legs, terms);
  correctForSteepness(steepness(row), legs.logMoneyness <= 0);
  slope[row] = terms.density;
  callAsset[row] = legs.assetLeg * terms.callAssetProbability;
  putAsset[row] = legs.assetLeg * terms.putAssetProbability;
  callStrike[row] = legs.strikeLeg * terms.callStrikeProbability;
  putStrike[row] = legs.strikeLeg * terms.putStrikeProbability;
  outPrice[row] = legs.logMoneyness <= 0 ? terms.callPrice : terms.putPrice;
  inverseTotalVol[row] = terms.density === 0 ? 0 : 1 / legs.totalVol;
};

/** sign × assetLeg × N(sign × d1) of an evaluated row, `sign` 1 for a call and -1 for a put. */
export const signedAsset = (row: number, sign: number): number => {
  if (apart[row] === 1) return sign > 0 ? (callAsset[row] ?? NaN) : 0 - (putAsset[row] ?? NaN);
  const callIsOut = (logMoneyness[row] ?? NaN) <= 0;
  const side = callIsOut ? -1 : 1;
  return 0.5 * (sign + side) * (assetLeg[row] ?? NaN) - side * ((callIsOut ? nearTail : farTail)[row] ?? NaN);
};

/** sign × strikeLeg × N(sign × d2) of an evaluated row. */
export const signedStrike = (row: number, sign: number): number => {
  if (apart[row] === 1) return sign > 0 ? (callStrike[row] ?? NaN) : 0 - (putStrike[row] ?? NaN);
  const callIsOut = (logMoneyness[row] ?? NaN) <= 0;
  const side = callIsOut ? -1 : 1;
  return 0.5 * (sign + side) * (strikeLeg[row] ?? NaN) - side * ((callIsOut ? farTail : nearTail)[row] ?? NaN);
};

/**
 * M(z - t) - M(z + t) for t <= 1/32 from M(z), by the odd terms 2 t^n I_n / n! with I_(n+1) = n I_(n-1) - z I_n, I_0 = M:
 * near the money and near expiry the two ratios themselves agree in most of their digits.
 */
const shortDifference = (z: number, t: number, mills: number): number => {
  const i1 = 1 - z * mills;
  const i2 = mills - z * i1;
  const i3 = 2 * i1 - z * i2;
  const i4 = 3 * i2 - z * i3;
  const i5 = 4 * i3 - z * i4;
  const i6 = 5 * i4 - z * i5;
  const i7 = 6 * i5 - z * i6;
  const i8 = 7 * i6 - z * i7;
  const i9 = 8 * i7 - z * i8;
  const square = t * t;
  return 2 * t * (i1 + square * 0.16666666666666666 * (i3 + square * 0.05 * (i5 + square * 0.023809523809523808 * (i7 + square * 0.013888888888888888 * i9))));
};

/**
 * Evaluates the first `count` rows. All European prices and greeks, one or a million, come out of this loop. With z = |ln(A/B)| / s and
 * t = s / 2 the out-of-the-money value is min(A, B) phi(z - t) (M(z - t) - M(z + t)), M the Mills ratio, which also holds where
 * z - t is negative; each is a table lookup and a polynomial, phi another. Nothing depends on a row's neighbours: the same row gives
 * the same bits in any block. Relative accuracy of the value about 1e-14 near the money and 1e-12 down to 1e-280. Returns whether any
 * row was evaluated apart.
 */
export const evaluateBlackBlock = (count: number): boolean => {
  apart.fill(0);
  let someApart = false;
  for (let row = 0; row < count; row += 1) {
    const s = totalVol[row] ?? NaN;
    const inverse = 1 / s;
    const x = logMoneyness[row] ?? NaN;
    const z = Math.abs(x) * inverse;
    const t = 0.5 * s;
    const near = z - t;
    const far = z + t;
    const lower = Math.min(assetLeg[row] ?? NaN, strikeLeg[row] ?? NaN);
    if (!(near > FROM && far < TO && s > SMALLEST && lower > SMALLEST && lower < LARGEST)) {
      evaluateApart(row);
      someApart = true;
      continue;
    }
    let cell = ((near - FROM) * PER_UNIT) | 0;
    let at = cell << 3;
    const middle = cell * CELL + FIRST_MIDDLE;
    let u = near - middle;
    let u2 = u * u;
    const millsNear =
      (cells[at] ?? NaN) + (cells[at + 1] ?? NaN) * u + ((cells[at + 2] ?? NaN) + (cells[at + 3] ?? NaN) * u) * u2 +
      ((cells[at + 4] ?? NaN) + (cells[at + 5] ?? NaN) * u + ((cells[at + 6] ?? NaN) + (cells[at + 7] ?? NaN) * u) * u2) * (u2 * u2);
    // phi(middle + u) = phi(middle) exp(e) with |e| < 1/15.
    const e = -u * (middle + 0.5 * u);
    const e2 = e * e;
    const e4 = e2 * e2;
    const density =
      (densities[cell] ?? NaN) *
      (1 + (e + (e2 * (0.5 + e * 0.16666666666666666) + e4 * (0.041666666666666664 + e * 0.008333333333333333 + (0.001388888888888889 + e * 0.0001984126984126984 + e2 * 0.0000248015873015873) * e2))));
    cell = ((far - FROM) * PER_UNIT) | 0;
    at = cell << 3;
    u = far - (cell * CELL + FIRST_MIDDLE);
    u2 = u * u;
    const millsFar =
      (cells[at] ?? NaN) + (cells[at + 1] ?? NaN) * u + ((cells[at + 2] ?? NaN) + (cells[at + 3] ?? NaN) * u) * u2 +
      ((cells[at + 4] ?? NaN) + (cells[at + 5] ?? NaN) * u + ((cells[at + 6] ?? NaN) + (cells[at + 7] ?? NaN) * u) * u2) * (u2 * u2);
    const common = lower * density;
    let difference = millsNear - millsFar;
    if (s < SERIES_BELOW) {
      cell = ((z - FROM) * PER_UNIT) | 0;
      at = cell << 3;
      u = z - (cell * CELL + FIRST_MIDDLE);
      u2 = u * u;
      const mills =
        (cells[at] ?? NaN) + (cells[at + 1] ?? NaN) * u + ((cells[at + 2] ?? NaN) + (cells[at + 3] ?? NaN) * u) * u2 +
        ((cells[at + 4] ?? NaN) + (cells[at + 5] ?? NaN) * u + ((cells[at + 6] ?? NaN) + (cells[at + 7] ?? NaN) * u) * u2) * (u2 * u2);
      difference = shortDifference(z, t, mills);
    }
    slope[row] = common;
    outPrice[row] = common * difference;
    nearTail[row] = common * millsNear;
    farTail[row] = common * millsFar;
    inverseTotalVol[row] = inverse;
  }
  return someApart;
};
