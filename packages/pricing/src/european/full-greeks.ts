import { DAYS_PER_YEAR, VOL_POINTS_PER_UNIT, newBlackGreeks, readFirstRow, requireBlackInput, type BlackGreeks, type BlackInput } from "./black.ts";
import { requireBlackScholesInput, type BlackScholesInput } from "./black-scholes.ts";
import { writeGeneralFullGreeks, type GeneralOptions } from "./general-batch.ts";
import { newFullGreekColumns } from "./greek-columns.ts";
import { exp } from "../kernels/exponential.ts";

/**
 * All greeks to the third order, per option on one unit of the underlying. Vol, rates and years count per 1.00. Whatever carries
 * "PerYear" is minus the derivative in `yearsToExpiry`: the change as calendar time passes (texts differ in this sign).
 */
export type FullGreeks = BlackGreeks & {
  /** d price / d yield at fixed spot and rate; 0 for an option on a forward. */
  phiPerUnitYield: number;
  /** d delta / d vol = d vega / d spot. */
  vannaPerUnitVol: number;
  /** d vega / d vol. */
  volgaPerUnitVol: number;
  /** - d delta / d yearsToExpiry. */
  charmPerYear: number;
  /** - d vega / d yearsToExpiry. */
  vetaPerYear: number;
  /** d gamma / d spot. */
  speed: number;
  /** d gamma / d vol. */
  zommaPerUnitVol: number;
  /** - d gamma / d yearsToExpiry. */
  colorPerYear: number;
  /** d volga / d vol. */
  ultimaPerUnitVol: number;
  /** d price / d strike. */
  dualDelta: number;
  /** d² price / d strike²: the discounted density of the underlying at the strike. */
  dualGamma: number;
};

export const newFullGreeks = (): FullGreeks => ({
  ...newBlackGreeks(),
  phiPerUnitYield: NaN, vannaPerUnitVol: NaN, volgaPerUnitVol: NaN, charmPerYear: NaN, vetaPerYear: NaN, speed: NaN,
  zommaPerUnitVol: NaN, colorPerYear: NaN, ultimaPerUnitVol: NaN, dualDelta: NaN, dualGamma: NaN,
});

// A batch of one row: the scalar door and the batch are the same code.
const one = (): Float64Array => new Float64Array(1);
const option = { count: 1, spot: one(), strike: one(), yearsToExpiry: one(), vol: one(), rate: one(), yield: one(), callPut: one() } satisfies GeneralOptions;
const columns = newFullGreekColumns(1);
const status = new Uint8Array(1);

const evaluate = (input: { readonly spot: number; readonly yield: number } & Omit<BlackScholesInput, "spot" | "yield">, result: FullGreeks): void => {
  option.spot[0] = input.spot;
  option.strike[0] = input.strike;
  option.yearsToExpiry[0] = input.yearsToExpiry;
  option.vol[0] = input.vol;
  option.rate[0] = input.rate;
  option.yield[0] = input.yield;
  option.callPut[0] = input.putCall === "call" ? 1 : -1;
  writeGeneralFullGreeks(option, columns, status);
  readFirstRow(columns, result);
  result.phiPerUnitYield = columns.phiPerUnitYield[0] ?? NaN;
  result.vannaPerUnitVol = columns.vannaPerUnitVol[0] ?? NaN;
  result.volgaPerUnitVol = columns.volgaPerUnitVol[0] ?? NaN;
  result.charmPerYear = columns.charmPerYear[0] ?? NaN;
  result.vetaPerYear = columns.vetaPerYear[0] ?? NaN;
  result.speed = columns.speed[0] ?? NaN;
  result.zommaPerUnitVol = columns.zommaPerUnitVol[0] ?? NaN;
  result.colorPerYear = columns.colorPerYear[0] ?? NaN;
  result.ultimaPerUnitVol = columns.ultimaPerUnitVol[0] ?? NaN;
  result.dualDelta = columns.dualDelta[0] ?? NaN;
  result.dualGamma = columns.dualGamma[0] ?? NaN;
};

/** An option on a forward is one on a spot without interest and yield, paid later. */
const asSpot = { spot: NaN, strike: NaN, yearsToExpiry: NaN, vol: NaN, rate: 0, yield: 0, putCall: "call" as BlackInput["putCall"] };

/** Turns undiscounted greeks into discounted ones: what is minus a derivative in time gains rate × the figure that it is the decay of. */
const discount = ({ rate, yearsToExpiry }: BlackInput, result: FullGreeks): void => {
  const factor = exp(-rate * yearsToExpiry);
  // At expiry nothing is left to discount.
  const gain = yearsToExpiry === 0 ? 0 : rate;
  result.price *= factor;
  result.delta *= factor;
  result.gamma *= factor;
  result.vegaPerUnitVol *= factor;
  result.thetaPerYear *= factor;
  result.vannaPerUnitVol *= factor;
  result.volgaPerUnitVol *= factor;
  result.charmPerYear *= factor;
  result.vetaPerYear *= factor;
  result.speed *= factor;
  result.zommaPerUnitVol *= factor;
  result.colorPerYear *= factor;
  result.ultimaPerUnitVol *= factor;
  result.dualDelta *= factor;
  result.dualGamma *= factor;
  result.thetaPerYear += gain * result.price;
  result.charmPerYear += gain * result.delta;
  result.vetaPerYear += gain * result.vegaPerUnitVol;
  result.colorPerYear += gain * result.gamma;
  result.thetaPerDay = result.thetaPerYear / DAYS_PER_YEAR;
  result.vegaPerVolPoint = result.vegaPerUnitVol / VOL_POINTS_PER_UNIT;
  result.rhoPerUnitRate = 0 - yearsToExpiry * result.price;
  result.phiPerUnitYield = 0;
};

/**
 * All greeks of an option on a forward (Black-76), at fixed forward; theta and rho as `writeBlackGreeks`. Writes into `result` and
 * allocates nothing. Throws PricingError `invalid_input` for arguments out of range.
 */
export const writeBlackFullGreeks = (input: BlackInput, result: FullGreeks): void => {
  requireBlackInput(input);
  asSpot.spot = input.forward;
  asSpot.strike = input.strike;
  asSpot.yearsToExpiry = input.yearsToExpiry;
  asSpot.vol = input.vol;
  asSpot.putCall = input.putCall;
  evaluate(asSpot, result);
  discount(input, result);
};

/** All greeks by Black–Scholes–Merton, at fixed spot; as `writeBlackScholesGreeks`. */
export const writeBlackScholesFullGreeks = (input: BlackScholesInput, result: FullGreeks): void => {
  requireBlackScholesInput(input);
  evaluate(input, result);
};

/** As `writeBlackFullGreeks`, into a new object. */
export const blackFullGreeks = (input: BlackInput): FullGreeks => {
  const result = newFullGreeks();
  writeBlackFullGreeks(input, result);
  return result;
};

/** As `writeBlackScholesFullGreeks`, into a new object. */
export const blackScholesFullGreeks = (input: BlackScholesInput): FullGreeks => {
  const result = newFullGreeks();
  writeBlackScholesFullGreeks(input, result);
  return result;
};
