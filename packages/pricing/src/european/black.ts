import { requireFinite, requireNotNegative, requirePositive } from "../errors.ts";
import { writeExpiryGreeks, type ExpiryOptions } from "./expiry-batch.ts";
import { newGreekColumns, type GreekColumns } from "./greek-columns.ts";

export type PutCall = "put" | "call";

/** Days of the year that `thetaPerDay` and `yearsToExpiry` count with (ACT/365F). */
export const DAYS_PER_YEAR = 365;
export const VOL_POINTS_PER_UNIT = 100;

export type BlackInput = {
  /** Quote currency per unit of underlying, > 0. */
  readonly forward: number;
  /** Same unit as `forward`, >= 0. At 0 a call is worth the discounted forward. */
  readonly strike: number;
  /** ACT/365F, >= 0. At 0 the limits hold: delta is the payoff's slope, gamma, vega and theta are 0. */
  readonly yearsToExpiry: number;
  /** Annualised lognormal volatility, >= 0; 0.2 is 20 %. */
  readonly vol: number;
  /** Continuously compounded rate per year that discounts from expiry to now; 0 for an undiscounted price (Deribit). */
  readonly rate: number;
  readonly putCall: PutCall;
};

/** Price and greeks of one option on one unit of the underlying, all at fixed forward, rate and other inputs. */
export type BlackGreeks = {
  /** Quote currency per unit of underlying, never negative. Below 1e-300 it is 0. */
  price: number;
  /** d price / d forward (or d spot): -1 to 1 without discounting. */
  delta: number;
  /** d delta / d forward (or d spot), per unit of quote currency. */
  gamma: number;
  /** Price change for +0.01 of `vol` at the current slope. */
  vegaPerVolPoint: number;
  /** d price / d vol, per 1.00 of volatility. */
  vegaPerUnitVol: number;
  /** Price change over one calendar day (1/365 year) at the current slope; negative when time decay costs the holder. */
  thetaPerDay: number;
  /** Minus d price / d yearsToExpiry. */
  thetaPerYear: number;
  /** d price / d rate, per 1.00 of rate, at fixed forward (or at fixed spot and yield). */
  rhoPerUnitRate: number;
};

export const newBlackGreeks = (): BlackGreeks => ({
  price: NaN,
  delta: NaN,
  gamma: NaN,
  vegaPerVolPoint: NaN,
  vegaPerUnitVol: NaN,
  thetaPerDay: NaN,
  thetaPerYear: NaN,
  rhoPerUnitRate: NaN,
});

/** The first row of a batch as the greeks of one option. */
export const readFirstRow = (columns: GreekColumns, result: BlackGreeks): void => {
  const vega = columns.vegaPerUnitVol[0] ?? NaN;
  const theta = columns.thetaPerYear[0] ?? NaN;
  result.price = columns.price[0] ?? NaN;
  result.delta = columns.delta[0] ?? NaN;
  result.gamma = columns.gamma[0] ?? NaN;
  result.vegaPerUnitVol = vega;
  result.vegaPerVolPoint = vega / VOL_POINTS_PER_UNIT;
  result.thetaPerYear = theta;
  result.thetaPerDay = theta / DAYS_PER_YEAR;
  result.rhoPerUnitRate = columns.rhoPerUnitRate[0] ?? NaN;
};

/** Throws PricingError `invalid_input`, naming the first argument that is out of range. */
export const requireBlackInput = ({ forward, strike, yearsToExpiry, vol, rate }: BlackInput): void => {
  requirePositive("forward", forward);
  requireNotNegative("strike", strike);
  requireNotNegative("yearsToExpiry", yearsToExpiry);
  requireNotNegative("vol", vol);
  requireFinite("rate", rate);
};

// A batch of one row: the scalar door and the batch are the same code. Written and read within one call.
const one = (): Float64Array => new Float64Array(1);
const option = { count: 1, strike: one(), vol: one(), callPut: one() } satisfies ExpiryOptions;
const columns = newGreekColumns(1);
const status = new Uint8Array(1);

/**
 * Black-76: European option on a forward. Writes into `result` and allocates nothing.
 * Price within 1e-15 × max(forward, strike) + 2e-14 × price, out of the money relative 1e-12 down to 1e-280; greeks relative 1e-13
 * near the money. With zero volatility or at expiry: discounted intrinsic value, delta one half exactly at the money.
 * Theta holds forward and rate fixed. Source: F. Black (1976). Throws PricingError `invalid_input` for arguments out of range.
 */
export const writeBlackGreeks = (input: BlackInput, result: BlackGreeks): void => {
  requireBlackInput(input);
  option.strike[0] = input.strike;
  option.vol[0] = input.vol;
  option.callPut[0] = input.putCall === "call" ? 1 : -1;
  writeExpiryGreeks(input, option, columns, status);
  readFirstRow(columns, result);
};

/** As `writeBlackGreeks`, into a new object. */
export const blackGreeks = (input: BlackInput): BlackGreeks => {
  const result = newBlackGreeks();
  writeBlackGreeks(input, result);
  return result;
};
