import { batchStatus } from "../batch-status.ts";
import { requireFinite, requireNotNegative, requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { logRatio } from "../kernels/log-ratio.ts";
import { BLOCK_LENGTH, blackBlock, evaluateApart, evaluateBlackBlock, remainderOfTotalVol, signedAsset } from "./black-block.ts";
import type { GreekColumns } from "./greek-columns.ts";

/** What the options of one expiry share. */
export type ExpiryTerms = {
  /** Quote currency per unit of underlying, > 0. */
  readonly forward: number;
  /** ACT/365F, >= 0. */
  readonly yearsToExpiry: number;
  /** Continuously compounded rate per year that discounts from expiry to now; 0 for undiscounted prices. */
  readonly rate: number;
};

/** ln(referenceForward / strike) of options whose strikes stay while the forward moves. Made by `keepLogarithms`. */
export type KeptLogarithms = { readonly referenceForward: number; readonly logMoneyness: Float64Array };

/** The options of one expiry as columns. */
export type ExpiryOptions = {
  /** Options to evaluate, from the first row on. */
  readonly count: number;
  /** >= 0, unit of the forward. */
  readonly strike: Float64Array;
  /** Annualised lognormal volatility, >= 0; 0.2 is 20 %. */
  readonly vol: Float64Array;
  /** +1 for a call, -1 for a put. */
  readonly callPut: Float64Array;
  /** Saves a logarithm an option; without them results do not depend on what was evaluated before. */
  readonly kept?: KeptLogarithms;
};

const { assetLeg, strikeLeg, logMoneyness, totalVol, slope, nearTail, farTail, outPrice, inverseTotalVol, apart } = blackBlock;

/**
 * ln(referenceForward / strike) of each strike. Choose a reference near the forwards to come: ln(forward / strike) is then a sum of two
 * small numbers and keeps its digits near the money. Throws PricingError for a reference that is not > 0.
 */
export const keepLogarithms = (referenceForward: number, strike: Float64Array, logMoneyness: Float64Array): KeptLogarithms => {
  requirePositive("referenceForward", referenceForward);
  for (let row = 0; row < strike.length; row += 1) logMoneyness[row] = logRatio(referenceForward, strike[row] ?? NaN);
  return { referenceForward, logMoneyness };
};

/** Inputs of the block from rows `from` to `from + rows`. */
const fillBlock = ({ forward, yearsToExpiry }: ExpiryTerms, { strike, vol, kept }: ExpiryOptions, from: number, rows: number): void => {
  const rootYears = Math.sqrt(yearsToExpiry);
  if (kept === undefined) {
    for (let row = 0, at = from; row < rows; row += 1, at += 1) {
      const price = strike[at] ?? NaN;
      strikeLeg[row] = price;
      logMoneyness[row] = logRatio(forward, price);
      totalVol[row] = (vol[at] ?? NaN) * rootYears;
    }
    return;
  }
  const moved = logRatio(forward, kept.referenceForward);
  const logarithms = kept.logMoneyness;
  for (let row = 0, at = from; row < rows; row += 1, at += 1) {
    strikeLeg[row] = strike[at] ?? NaN;
    logMoneyness[row] = (logarithms[at] ?? NaN) + moved;
    totalVol[row] = (vol[at] ?? NaN) * rootYears;
  }
};

/** At expiry the product with the time would hide a volatility that is out of range. */
const refuseNegativeVols = (vol: Float64Array, from: number, rows: number): void => {
  for (let row = 0; row < rows; row += 1) if (!((vol[from + row] ?? NaN) >= 0)) totalVol[row] = NaN;
};

/** Rows whose sum of checks is not 0: out of range, or neither put nor call. They have no result. */
const markInvalid = (callPut: Float64Array, result: GreekColumns, status: Uint8Array, from: number, rows: number): void => {
  const { price, delta, gamma, vegaPerUnitVol, thetaPerYear, rhoPerUnitRate } = result;
  for (let at = from; at < from + rows; at += 1) {
    if (!Number.isNaN(price[at]) && Math.abs(callPut[at] ?? NaN) === 1) continue;
    status[at] = batchStatus.invalidInput;
    for (const column of [price, delta, gamma, vegaPerUnitVol, thetaPerYear, rhoPerUnitRate]) column[at] = NaN;
  }
};

const writeRows = ({ forward, yearsToExpiry, rate }: ExpiryTerms, { vol, callPut }: ExpiryOptions, result: GreekColumns, status: Uint8Array, from: number, rows: number): void => {
  const { price, delta, gamma, vegaPerUnitVol, thetaPerYear, rhoPerUnitRate } = result;
  const discount = exp(-rate * yearsToExpiry);
  const deltaFactor = discount / forward;
  const perForward = 1 / forward;
  const vegaFactor = discount * Math.sqrt(yearsToExpiry);
  // At expiry nothing is left to decay or to discount.
  const decayFactor = yearsToExpiry === 0 ? 0 : 0.5 / yearsToExpiry;
  const carryRate = yearsToExpiry === 0 ? 0 : rate;
  let check = 0;
  for (let row = 0, at = from; row < rows; row += 1, at += 1) {
    const sign = callPut[at] ?? NaN;
    // 1 or 0 as a factor: calls and puts, in and out of the money, lie mixed in a chain, and a branch on them is mispredicted every other time.
    const callIsOut = Number((logMoneyness[row] ?? NaN) <= 0);
    const putIsOut = 1 - callIsOut;
    const side = putIsOut - callIsOut;
    const assetTail = callIsOut * (nearTail[row] ?? NaN) + putIsOut * (farTail[row] ?? NaN);
    const density = slope[row] ?? NaN;
    // The intrinsic value as half a sum, exact: the larger of two numbers would be a branch on put or call.
    const difference = forward - (strikeLeg[row] ?? NaN);
    const value = ((outPrice[row] ?? NaN) + 0.5 * (sign * difference + Math.abs(difference))) * discount;
    const vega = density * vegaFactor;
    price[at] = value;
    delta[at] = deltaFactor * (0.5 * (sign + side) * forward - side * assetTail);
    gamma[at] = deltaFactor * (density * (inverseTotalVol[row] ?? NaN)) * perForward;
    vegaPerUnitVol[at] = vega;
    thetaPerYear[at] = carryRate * value - vega * (vol[at] ?? NaN) * decayFactor;
    rhoPerUnitRate[at] = 0 - yearsToExpiry * value;
    check += value * 0 + Math.abs(sign * sign - 1);
  }
  // Rows without a result are rare: they are looked for only where the sum says that there is one.
  status.fill(batchStatus.ok, from, from + rows);
  if (check !== 0) markInvalid(callPut, result, status, from, rows);
};

const evaluateRowsApart = ({ yearsToExpiry }: ExpiryTerms, { vol }: ExpiryOptions, from: number, rows: number): void => {
  for (let row = 0; row < rows; row += 1) if (apart[row] === 1) evaluateApart(row, 0, remainderOfTotalVol(vol[from + row] ?? NaN, yearsToExpiry));
};

/** Deltas of the rows outside the table, whose tails are held otherwise. */
const writeApart = ({ forward, yearsToExpiry, rate }: ExpiryTerms, { callPut }: ExpiryOptions, { delta }: GreekColumns, from: number, rows: number): void => {
  const deltaFactor = exp(-rate * yearsToExpiry) / forward;
  for (let row = 0; row < rows; row += 1) if (apart[row] === 1) delta[from + row] = deltaFactor * signedAsset(row, callPut[from + row] ?? NaN);
};

/**
 * Price and five greeks (as `writeBlackGreeks`) of many options of one expiry by Black-76. Writes into `result` and `status`
 * (`batchStatus`), allocates nothing. A row out of range becomes NaN with its status; throws PricingError for shared terms out of range.
 */
export const writeExpiryGreeks = (terms: ExpiryTerms, options: ExpiryOptions, result: GreekColumns, status: Uint8Array): void => {
  requirePositive("forward", terms.forward);
  requireNotNegative("yearsToExpiry", terms.yearsToExpiry);
  requireFinite("rate", terms.rate);
  if (options.count === 1) assetLeg[0] = terms.forward;
  else assetLeg.fill(terms.forward, 0, options.count);
  for (let from = 0; from < options.count; from += BLOCK_LENGTH) {
    const rows = Math.min(BLOCK_LENGTH, options.count - from);
    fillBlock(terms, options, from, rows);
    if (terms.yearsToExpiry === 0) refuseNegativeVols(options.vol, from, rows);
    const someApart = evaluateBlackBlock(rows);
    if (someApart) evaluateRowsApart(terms, options, from, rows);
    writeRows(terms, options, result, status, from, rows);
    if (someApart) writeApart(terms, options, result, from, rows);
  }
};
