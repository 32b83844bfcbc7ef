import { CELL_MASK, CELLS_FROM, CELLS_PER_UNIT, CELLS_TO, densityCells, middleCells, millsCells } from "../kernels/mills-cells.ts";
import { remainderOfProduct } from "../kernels/exact-product.ts";
import { logRatio, logRatioRemainder } from "../kernels/log-ratio.ts";
import { evaluateBlackTerms, newBlackLegs, newBlackTerms } from "./black-terms.ts";

/** Options that are evaluated together: their numbers stay in the first-level cache. */
export const BLOCK_LENGTH = 256;

// All columns lie in one buffer: a compiled loop checks that a buffer is still there, once for each that it touches.
const COLUMNS = 20;
const buffer = new ArrayBuffer(8 * BLOCK_LENGTH * COLUMNS);
let columnsMade = 0;
const nextColumn = (): number => 8 * BLOCK_LENGTH * columnsMade++;
const column = (): Float64Array => new Float64Array(buffer, nextColumn(), BLOCK_LENGTH);
const integerColumn = (): Int32Array => new Int32Array(buffer, nextColumn(), BLOCK_LENGTH);

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
  /** 1 where the row lies outside the table and is evaluated apart; only there the four columns below are written. */
  apart: new Uint8Array(BLOCK_LENGTH),
  /** assetLeg × N(d1) and × N(-d1), strikeLeg × N(d2) and × N(-d2), each precise when small. */
  callAsset: column(),
  putAsset: column(),
  callStrike: column(),
  putStrike: column(),
} as const;

const { assetLeg, strikeLeg, logMoneyness, totalVol, slope, nearTail, farTail, outPrice, inverseTotalVol, apart, callAsset, putAsset, callStrike, putStrike } = blackBlock;
// Between the loops: the table's cells of z - t and z + t, what is left of both from their middles, and what each loop knows.
const nearCell = integerColumn();
const farCell = integerColumn();
const nearRest = column();
const farRest = column();
const exponent = column();
const lowerLeg = column();
const nearMills = column();

// Copies of imported constants: a name of this module costs the compiled loop nothing.
const FROM = CELLS_FROM;
const TO = CELLS_TO;
const PER_UNIT = CELLS_PER_UNIT;
const MASK = CELL_MASK;
const [m0, m1, m2, m3, m4, m5, m6, m7] = millsCells;
const densities = densityCells;
const middles = middleCells;
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
const steepness = (row: number, logMoneynessRemainder: number, totalVolRemainder: number): number => {
  const x = logMoneyness[row] ?? NaN;
  const s = totalVol[row] ?? NaN;
  const z = Math.abs(x) / s;
  const near = z - 0.5 * s;
  if (!(near > STEEP_FROM && z < 1e10)) return 1;
  const direct = logRatio(assetLeg[row] ?? NaN, strikeLeg[row] ?? NaN) === x;
  const given = direct ? logRatioRemainder(assetLeg[row] ?? NaN, strikeLeg[row] ?? NaN) : logMoneynessRemainder;
  const ofZ = (remainderOfProduct(Math.abs(x), z, s) + (x < 0 ? -given : given) - z * totalVolRemainder) / s;
  const ofNear = z - near - 0.5 * s;
  return 1 - near * (ofZ + ofNear - 0.5 * totalVolRemainder);
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

/** What vol × sqrt(yearsToExpiry) loses to rounding in a double. */
export const remainderOfTotalVol = (vol: number, yearsToExpiry: number): number => {
  if (yearsToExpiry === 0) return 0;
  const root = Math.sqrt(yearsToExpiry);
  return (vol * remainderOfProduct(yearsToExpiry, root, root)) / (2 * root) - remainderOfProduct(vol * root, vol, root);
};

/**
 * Evaluates a row outside the table: far wings, very high volatility, the limits at zero volatility or strike, and inputs out of range.
 * The remainders are what logMoneyness and totalVol lost to rounding, 0 where it is not known.
 */
export const evaluateApart = (row: number, logMoneynessRemainder: number, totalVolRemainder: number): void => {
  legs.assetLeg = assetLeg[row] ?? NaN;
  legs.strikeLeg = strikeLeg[row] ?? NaN;
  legs.logMoneyness = logMoneyness[row] ?? NaN;
  legs.totalVol = totalVol[row] ?? NaN;
  const isPrice = (leg: number): boolean => leg >= 0 && leg < Infinity;
  if (!isPrice(legs.assetLeg) || !isPrice(legs.strikeLeg) || !isPrice(legs.totalVol) || Number.isNaN(legs.logMoneyness)) {
    for (const result of [slope, outPrice, inverseTotalVol, callAsset, putAsset, callStrike, putStrike]) result[row] = NaN;
    return;
  }
  evaluateBlackTerms(legs, terms);
  correctForSteepness(steepness(row, logMoneynessRemainder, totalVolRemainder), legs.logMoneyness <= 0);
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

/** The cell of a point between FROM and TO. */
const cellOf = (x: number): number => ((x - FROM) * PER_UNIT) & MASK;

/** M at `rest` from the middle of a cell. */
const millsAt = (cell: number, rest: number): number => {
  const square = rest * rest;
  return (
    (m0[cell] ?? NaN) + (m1[cell] ?? NaN) * rest + ((m2[cell] ?? NaN) + (m3[cell] ?? NaN) * rest) * square +
    ((m4[cell] ?? NaN) + (m5[cell] ?? NaN) * rest + ((m6[cell] ?? NaN) + (m7[cell] ?? NaN) * rest) * square) * (square * square)
  );
};

/** exp(e) for |e| < 1/12. */
const shortExp = (e: number): number => {
  const e2 = e * e;
  return (
    1 +
    (e +
      (e2 * (0.5 + e * 0.16666666666666666) +
        e2 * e2 * (0.041666666666666664 + e * 0.008333333333333333 + (0.001388888888888889 + e * 0.0001984126984126984 + e2 * 0.0000248015873015873) * e2)))
  );
};

/**
 * M(z - t) - M(z + t) for t <= 1/32 by the odd terms 2 t^n I_n / n! with I_(n+1) = n I_(n-1) - z I_n, I_0 = M:
 * near the money and near expiry the two ratios themselves agree in most of their digits.
 */
const shortDifference = (z: number, t: number): number => {
  const cell = cellOf(z);
  const mills = millsAt(cell, z - (middles[cell] ?? NaN));
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

/** First loop: where each row lies in the table. Returns whether a row lies outside; it is marked, and a place within stands in for it. */
const placeRows = (count: number): boolean => {
  let someApart = false;
  for (let row = 0; row < count; row += 1) {
    const s = totalVol[row] ?? NaN;
    const inverse = 1 / s;
    const z = Math.abs(logMoneyness[row] ?? NaN) * inverse;
    const t = 0.5 * s;
    let near = z - t;
    let far = z + t;
    const lower = Math.min(assetLeg[row] ?? NaN, strikeLeg[row] ?? NaN);
    inverseTotalVol[row] = inverse;
    lowerLeg[row] = lower;
    if (!(near > FROM && far < TO && s > SMALLEST && lower > SMALLEST && lower < LARGEST)) {
      apart[row] = 1;
      someApart = true;
      near = 0;
      far = 0;
    }
    const cell = cellOf(near);
    const middle = middles[cell] ?? NaN;
    const rest = near - middle;
    nearCell[row] = cell;
    nearRest[row] = rest;
    // phi(middle + rest) = phi(middle) exp(this).
    exponent[row] = -rest * (middle + 0.5 * rest);
    const cellOfFar = cellOf(far);
    farCell[row] = cellOfFar;
    farRest[row] = far - (middles[cellOfFar] ?? NaN);
  }
  return someApart;
};

/** Second loop: min(A, B) phi(z - t), and M(z - t). */
const evaluateNear = (count: number): void => {
  for (let row = 0; row < count; row += 1) {
    const cell = (nearCell[row] ?? 0) & MASK;
    slope[row] = (lowerLeg[row] ?? NaN) * ((densities[cell] ?? NaN) * shortExp(exponent[row] ?? NaN));
    nearMills[row] = millsAt(cell, nearRest[row] ?? NaN);
  }
};

/** Third loop: M(z + t), and what follows. */
const evaluateFar = (count: number): void => {
  for (let row = 0; row < count; row += 1) {
    const millsFar = millsAt((farCell[row] ?? 0) & MASK, farRest[row] ?? NaN);
    const millsNear = nearMills[row] ?? NaN;
    const common = slope[row] ?? NaN;
    let difference = millsNear - millsFar;
    const s = totalVol[row] ?? NaN;
    if (s < SERIES_BELOW && apart[row] === 0) difference = shortDifference(Math.abs(logMoneyness[row] ?? NaN) * (inverseTotalVol[row] ?? NaN), 0.5 * s);
    outPrice[row] = common * difference;
    nearTail[row] = common * millsNear;
    farTail[row] = common * millsFar;
  }
};

/**
 * Evaluates the first `count` rows. All European prices and greeks, one or a million, come out of these loops. With z = |ln(A/B)| / s and
 * t = s / 2 the out-of-the-money value is min(A, B) phi(z - t) (M(z - t) - M(z + t)), M the Mills ratio, which also holds where
 * z - t is negative; each is a table lookup and a polynomial, phi another. Three short loops, because in one long one a processor
 * waits for a row's chain of operations instead of beginning the next row's: a quarter faster. Nothing depends on a row's neighbours:
 * the same row gives the same bits in any block. Relative accuracy of the value about 1e-14 near the money and 1e-12 down to 1e-280.
 * Returns whether rows lie outside the table: the caller then evaluates each that `apart` marks by `evaluateApart`.
 */
export const evaluateBlackBlock = (count: number): boolean => {
  // For the scalar doors: a call of fill takes a tenth of the time of one row.
  if (count === 1) apart[0] = 0;
  else apart.fill(0, 0, count);
  const someApart = placeRows(count);
  evaluateNear(count);
  evaluateFar(count);
  return someApart;
};
