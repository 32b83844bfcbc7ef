import { DAYS_PER_YEAR, VOL_POINTS_PER_UNIT, newBlackGreeks, type BlackGreeks, type PutCall } from "./black.ts";
import { evaluateBlackTerms, newBlackLegs, newBlackTerms } from "./black-terms.ts";
import { requireFinite, requireNotNegative, requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { logRatio } from "../kernels/logarithm.ts";

export type BlackScholesInput = {
  /** Quote currency per unit of underlying, > 0. */
  readonly spot: number;
  /** Same unit as `spot`, > 0. */
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

// Written and read within one call and never across calls, so that a hot loop allocates nothing.
const legs = newBlackLegs();
const terms = newBlackTerms();

/**
 * Black–Scholes–Merton with a continuous yield: European option on a spot price. Writes into `result` and allocates nothing.
 * Delta and gamma are with respect to the spot; theta holds the spot, rho the spot and the yield fixed. Accuracy and limits
 * as `writeBlackGreeks`. Source: Merton (1973). Throws PricingError `invalid_input` for arguments out of range.
 */
export const writeBlackScholesGreeks = (input: BlackScholesInput, result: BlackGreeks): void => {
  const { spot, strike, yearsToExpiry, vol, rate } = input;
  requirePositive("spot", spot);
  requirePositive("strike", strike);
  requireNotNegative("yearsToExpiry", yearsToExpiry);
  requireNotNegative("vol", vol);
  requireFinite("rate", rate);
  requireFinite("yield", input.yield);
  const assetDiscount = exp(-input.yield * yearsToExpiry);
  const rootYears = Math.sqrt(yearsToExpiry);
  legs.assetLeg = spot * assetDiscount;
  legs.strikeLeg = strike * exp(-rate * yearsToExpiry);
  legs.logMoneyness = logRatio(spot, strike) + (rate - input.yield) * yearsToExpiry;
  legs.totalVol = vol * rootYears;
  evaluateBlackTerms(legs, terms);
  const isCall = input.putCall === "call";
  const sign = isCall ? 1 : -1;
  const assetProbability = isCall ? terms.callAssetProbability : terms.putAssetProbability;
  const strikeValue = legs.strikeLeg * (isCall ? terms.callStrikeProbability : terms.putStrikeProbability);
  const density = terms.density;
  const vega = density * rootYears;
  const decay = density === 0 ? 0 : (density * vol) / (2 * rootYears);
  const carry = sign * (input.yield * legs.assetLeg * assetProbability - rate * strikeValue);
  // At expiry nothing is left to decay or to carry.
  const theta = yearsToExpiry === 0 ? 0 : carry - decay;
  result.price = isCall ? terms.callPrice : terms.putPrice;
  result.delta = isCall ? assetDiscount * assetProbability : 0 - assetDiscount * assetProbability;
  result.gamma = density === 0 ? 0 : density / (spot * spot * legs.totalVol);
  result.vegaPerUnitVol = vega;
  result.vegaPerVolPoint = vega / VOL_POINTS_PER_UNIT;
  result.thetaPerYear = theta;
  result.thetaPerDay = theta / DAYS_PER_YEAR;
  result.rhoPerUnitRate = isCall ? yearsToExpiry * strikeValue : 0 - yearsToExpiry * strikeValue;
};

/** As `writeBlackScholesGreeks`, into a new object. */
export const blackScholesGreeks = (input: BlackScholesInput): BlackGreeks => {
  const result = newBlackGreeks();
  writeBlackScholesGreeks(input, result);
  return result;
};
