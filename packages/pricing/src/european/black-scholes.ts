import { requireFinite, requireNotNegative, requirePositive } from "../errors.ts";
import { newBlackGreeks, readFirstRow, type BlackGreeks, type PutCall } from "./black.ts";
import { writeGeneralGreeks, type GeneralOptions } from "./general-batch.ts";
import { newGreekColumns } from "./greek-columns.ts";

export type BlackScholesInput = {
  /** Quote currency per unit of underlying, > 0. */
  readonly spot: number;
  /** Same unit as `spot`, >= 0. At 0 a call is worth the asset leg. */
  readonly strike: number;
  /** ACT/365F, >= 0. At 0 the limits hold: delta is the payoff's slope, gamma, vega and theta are 0. */
  readonly yearsToExpiry: number;
  /** Annualised lognormal volatility, >= 0; 0.2 is 20 %. */
  readonly vol: number;
  /** Continuously compounded interest rate per year. */
  readonly rate: number;
  /** Continuously compounded dividend or foreign yield per year; the carry is rate - yield. */
  readonly yield: number;
  readonly putCall: PutCall;
};

/** Throws PricingError `invalid_input`, naming the first argument that is out of range. */
export const requireBlackScholesInput = (input: BlackScholesInput): void => {
  requirePositive("spot", input.spot);
  requireNotNegative("strike", input.strike);
  requireNotNegative("yearsToExpiry", input.yearsToExpiry);
  requireNotNegative("vol", input.vol);
  requireFinite("rate", input.rate);
  requireFinite("yield", input.yield);
};

// A batch of one row: the scalar door and the batch are the same code. Written and read within one call.
const one = (): Float64Array => new Float64Array(1);
const option = { count: 1, spot: one(), strike: one(), yearsToExpiry: one(), vol: one(), rate: one(), yield: one(), callPut: one() } satisfies GeneralOptions;
const columns = newGreekColumns(1);
const status = new Uint8Array(1);

/**
 * Black–Scholes–Merton with a continuous yield: European option on a spot price. Writes into `result` and allocates nothing.
 * Delta and gamma are with respect to the spot; theta holds the spot, rho the spot and the yield fixed. Accuracy and limits
 * as `writeBlackGreeks`. Source: Merton (1973). Throws PricingError `invalid_input` for arguments out of range.
 */
export const writeBlackScholesGreeks = (input: BlackScholesInput, result: BlackGreeks): void => {
  requireBlackScholesInput(input);
  option.spot[0] = input.spot;
  option.strike[0] = input.strike;
  option.yearsToExpiry[0] = input.yearsToExpiry;
  option.vol[0] = input.vol;
  option.rate[0] = input.rate;
  option.yield[0] = input.yield;
  option.callPut[0] = input.putCall === "call" ? 1 : -1;
  writeGeneralGreeks(option, columns, status);
  readFirstRow(columns, result);
};

/** As `writeBlackScholesGreeks`, into a new object. */
export const blackScholesGreeks = (input: BlackScholesInput): BlackGreeks => {
  const result = newBlackGreeks();
  writeBlackScholesGreeks(input, result);
  return result;
};
