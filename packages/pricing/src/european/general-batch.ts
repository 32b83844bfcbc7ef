import { batchStatus } from "../batch-status.ts";
import { exp } from "../kernels/exponential.ts";
import { logRatio, logRatioRemainder } from "../kernels/log-ratio.ts";
import { BLOCK_LENGTH, blackBlock, evaluateApart, evaluateBlackBlock, remainderOfTotalVol, signedAsset, signedStrike } from "./black-block.ts";
import type { FullGreekColumns, GreekColumns } from "./greek-columns.ts";

/** European options as columns, everything by row; units and ranges as in `BlackScholesInput`. */
export type GeneralOptions = {
  /** Options to evaluate, from the first row on. */
  readonly count: number;
  readonly spot: Float64Array;
  readonly strike: Float64Array;
  readonly yearsToExpiry: Float64Array;
  readonly vol: Float64Array;
  readonly rate: Float64Array;
  readonly yield: Float64Array;
  /** +1 for a call, -1 for a put. */
  readonly callPut: Float64Array;
};

const { assetLeg, strikeLeg, logMoneyness, totalVol, slope, outPrice, inverseTotalVol, apart } = blackBlock;

/** One row of the block; a row out of range gets a NaN that spreads to all of its results. */
const fillRow = (options: GeneralOptions, at: number, row: number): void => {
  const spot = options.spot[at] ?? NaN;
  const strike = options.strike[at] ?? NaN;
  const years = options.yearsToExpiry[at] ?? NaN;
  const rate = options.rate[at] ?? NaN;
  const yieldRate = options.yield[at] ?? NaN;
  const vol = options.vol[at] ?? NaN;
  const sign = options.callPut[at] ?? NaN;
  assetLeg[row] = spot * exp(-yieldRate * years);
  const usable = sign * sign === 1 && spot > 0 && years >= 0 && vol >= 0 && Number.isFinite(rate + yieldRate);
  strikeLeg[row] = usable ? strike * exp(-rate * years) : NaN;
  logMoneyness[row] = logRatio(spot, strike) + (rate - yieldRate) * years;
  totalVol[row] = vol * Math.sqrt(years);
};

/** A row outside the table, with what was lost to rounding on the way to its logMoneyness and totalVol. */
const evaluateRowApart = (options: GeneralOptions, at: number, row: number): void => {
  const spot = options.spot[at] ?? NaN;
  const strike = options.strike[at] ?? NaN;
  const years = options.yearsToExpiry[at] ?? NaN;
  const logarithm = logRatio(spot, strike);
  const carry = ((options.rate[at] ?? NaN) - (options.yield[at] ?? NaN)) * years;
  const sum = logarithm + carry;
  const carried = sum - logarithm;
  const ofSum = logarithm - (sum - carried) + (carry - carried);
  evaluateApart(row, ofSum + logRatioRemainder(spot, strike), remainderOfTotalVol(options.vol[at] ?? NaN, years));
};

const writeRow = (options: GeneralOptions, result: GreekColumns, at: number, row: number): void => {
  const spot = options.spot[at] ?? NaN;
  const years = options.yearsToExpiry[at] ?? NaN;
  const sign = options.callPut[at] ?? NaN;
  const asset = assetLeg[row] ?? NaN;
  const strike = strikeLeg[row] ?? NaN;
  const density = slope[row] ?? NaN;
  const difference = asset - strike;
  const vega = density * Math.sqrt(years);
  const assetValue = signedAsset(row, sign);
  const strikeValue = signedStrike(row, sign);
  result.price[at] = (outPrice[row] ?? NaN) + 0.5 * (sign * difference + Math.abs(difference));
  result.delta[at] = assetValue / spot;
  result.gamma[at] = (density * (inverseTotalVol[row] ?? NaN)) / spot / spot;
  result.vegaPerUnitVol[at] = vega;
  // At expiry nothing is left to decay or to carry.
  result.thetaPerYear[at] =
    years === 0 ? 0 : (options.yield[at] ?? NaN) * assetValue - (options.rate[at] ?? NaN) * strikeValue - (0.5 * vega * (options.vol[at] ?? NaN)) / years;
  result.rhoPerUnitRate[at] = years * strikeValue;
};

/** The greeks that `writeRow` leaves out. Source of the formulas: E. G. Haug, The Complete Guide to Option Pricing Formulas (2007), signs as `FullGreeks` says. */
const writeHigherRow = (options: GeneralOptions, result: FullGreekColumns, at: number, row: number): void => {
  const spot = options.spot[at] ?? NaN;
  const years = options.yearsToExpiry[at] ?? NaN;
  const sign = options.callPut[at] ?? NaN;
  const yieldRate = options.yield[at] ?? NaN;
  const density = slope[row] ?? NaN;
  // Where the limits at zero volatility hold there is no density, and nothing to divide by.
  const some = density > 0 ? 1 : 0;
  const inverse = inverseTotalVol[row] ?? NaN;
  const inverseVol = some === 0 ? 0 : 1 / (options.vol[at] ?? NaN);
  const inverseYears = some === 0 ? 0 : 1 / years;
  const d1 = some === 0 ? 0 : (logMoneyness[row] ?? NaN) * inverse + 0.5 * (totalVol[row] ?? NaN);
  const d2 = some === 0 ? 0 : (logMoneyness[row] ?? NaN) * inverse - 0.5 * (totalVol[row] ?? NaN);
  const product = d1 * d2;
  const carry = (options.rate[at] ?? NaN) - yieldRate;
  const vega = density * Math.sqrt(years);
  const gamma = result.gamma[at] ?? NaN;
  const delta = result.delta[at] ?? NaN;
  const strike = options.strike[at] ?? NaN;
  const drift = yieldRate + carry * d1 * inverse;
  result.phiPerUnitYield[at] = 0 - years * spot * delta;
  result.vannaPerUnitVol[at] = 0 - (density / spot) * d2 * inverseVol;
  result.volgaPerUnitVol[at] = vega * product * inverseVol;
  result.charmPerYear[at] = years === 0 ? 0 : yieldRate * delta - (density / spot) * (carry * inverse - 0.5 * d2 * inverseYears);
  result.vetaPerYear[at] = vega * (drift - 0.5 * (1 + product) * inverseYears);
  result.speed[at] = 0 - (gamma / spot) * (1 + d1 * inverse);
  result.zommaPerUnitVol[at] = gamma * (product - 1) * inverseVol;
  result.colorPerYear[at] = gamma * (drift + 0.5 * (1 - product) * inverseYears);
  result.ultimaPerUnitVol[at] = 0 - vega * inverseVol * inverseVol * (product * (1 - product) + d1 * d1 + d2 * d2);
  // At strike 0 a call is sure to be exercised and a put is not.
  result.dualDelta[at] = strike === 0 ? 0 - 0.5 * (1 + sign) * exp(-(options.rate[at] ?? NaN) * years) : 0 - signedStrike(row, sign) / strike;
  result.dualGamma[at] = strike === 0 ? 0 : (density * inverse) / strike / strike;
};

const COLUMNS_LEFT_NAN = ["delta", "gamma", "vegaPerUnitVol", "thetaPerYear", "rhoPerUnitRate"] as const;

/** After `writeRow`: every row that has no price has nothing, and says so. */
const markInvalid = (result: GreekColumns, status: Uint8Array, from: number, rows: number): void => {
  for (let at = from; at < from + rows; at += 1) {
    const known = !Number.isNaN(result.price[at]);
    status[at] = known ? batchStatus.ok : batchStatus.invalidInput;
    if (!known) for (const name of COLUMNS_LEFT_NAN) result[name][at] = NaN;
  }
};

const evaluateFrom = (options: GeneralOptions, from: number): number => {
  const rows = Math.min(BLOCK_LENGTH, options.count - from);
  for (let row = 0; row < rows; row += 1) fillRow(options, from + row, row);
  const someApart = evaluateBlackBlock(rows);
  if (someApart) for (let row = 0; row < rows; row += 1) if (apart[row] === 1) evaluateRowApart(options, from + row, row);
  return rows;
};

/**
 * Price and five greeks by Black–Scholes–Merton of options that share nothing. Writes into `result` and `status` (`batchStatus`) and
 * allocates nothing; a row out of range becomes NaN with its status, and nothing is thrown.
 */
export const writeGeneralGreeks = (options: GeneralOptions, result: GreekColumns, status: Uint8Array): void => {
  for (let from = 0; from < options.count; from += BLOCK_LENGTH) {
    const rows = evaluateFrom(options, from);
    for (let row = 0; row < rows; row += 1) writeRow(options, result, from + row, row);
    markInvalid(result, status, from, rows);
  }
};

/** As `writeGeneralGreeks`, with all greeks to the third order. */
export const writeGeneralFullGreeks = (options: GeneralOptions, result: FullGreekColumns, status: Uint8Array): void => {
  for (let from = 0; from < options.count; from += BLOCK_LENGTH) {
    const rows = evaluateFrom(options, from);
    for (let row = 0; row < rows; row += 1) writeRow(options, result, from + row, row);
    markInvalid(result, status, from, rows);
    for (let row = 0; row < rows; row += 1) writeHigherRow(options, result, from + row, row);
  }
};
