import { DAYS_PER_YEAR, VOL_POINTS_PER_UNIT, newBlackGreeks, type BlackGreeks } from "../european/black.ts";
import { writeBlackScholesGreeks } from "../european/black-scholes.ts";
import { requireFinite, requireNotNegative } from "../errors.ts";
import { writeAsPut, type AmericanInput } from "./american-input.ts";
import { writePutPremium } from "./american-put.ts";
import { accurateAmericanScheme, type AmericanScheme } from "./american-scheme.ts";
import { newPutGreeks, writeDeterministicPut, type PutInput } from "./deterministic-put.ts";
import { newPremiumGreeks } from "./exercise-premium.ts";

export type AmericanPrice = {
  /** Quote currency per unit of underlying; never below the value of exercising now. */
  readonly price: number;
  /** The part of the price that is for exercising before expiry, >= 0: price less that of the European option. */
  readonly exercisePremium: number;
};

/** Units and signs as `BlackGreeks`, with respect to the spot. */
export type AmericanGreeks = BlackGreeks & {
  /** Quote currency per unit of underlying. */
  exercisePremium: number;
  /** d price / d yield at fixed spot and rate, per 1.00 of yield. */
  phiPerUnitYield: number;
};

/** Below this total vol the limit without volatility is used; it errs by less than 0.4 × this × strike. */
const SMALLEST_TOTAL_VOL = 1e-10;

// Written and read within one call and never across calls, so that a hot loop allocates little.
const put: PutInput = { spot: NaN, yearsToExpiry: NaN, vol: NaN, rate: NaN, yield: NaN };
const certain = newPutGreeks();
const premium = newPremiumGreeks();
const european = newBlackGreeks();

const requireArguments = (input: AmericanInput): void => {
  requireNotNegative("spot", input.spot);
  requireNotNegative("strike", input.strike);
  requireNotNegative("yearsToExpiry", input.yearsToExpiry);
  requireNotNegative("vol", input.vol);
  requireFinite("rate", input.rate);
  requireFinite("yield", input.yield);
};

/** What exercising now gives. */
const exerciseValue = ({ spot, strike, putCall }: AmericanInput): number => Math.max(putCall === "call" ? spot - strike : strike - spot, 0);

/** Whether chance has no part in the option. */
const isCertain = ({ spot, strike, vol, yearsToExpiry }: AmericanInput): boolean =>
  spot === 0 || strike === 0 || !(put.spot > 0 && put.spot < Infinity) || vol * Math.sqrt(yearsToExpiry) < SMALLEST_TOTAL_VOL;

/** Writes the input as a put, per unit of its strike, and returns that strike; 0 when a call has no spot and so no value. */
const writePut = (input: AmericanInput): number => {
  const scale = writeAsPut(input, put);
  if (scale === 0) put.spot = Infinity;
  return scale;
};

/**
 * Price of an American option under Black–Scholes with continuous rates and yields of either sign: the European price and the
 * premium of exercising early, an integral over the exercise boundary, which Newton's method finds from the equations of
 * Andersen, Lake and Offengenden (2015) at Chebyshev points. Error below 1e-7 of the strike by default (see the schemes).
 * At 0 vol or time the limits hold: the greatest discounted exercise value. Throws PricingError `invalid_input` for arguments out
 * of range, and for ones so extreme that the boundary cannot be resolved, which is said rather than a wrong number returned.
 */
export const americanOption = (input: AmericanInput, scheme: AmericanScheme = accurateAmericanScheme): AmericanPrice => {
  requireArguments(input);
  const scale = writePut(input);
  const exercised = exerciseValue(input);
  if (isCertain(input)) {
    const years = writeDeterministicPut(put, certain);
    return { price: years === 0 ? exercised : scale * certain.value, exercisePremium: scale * certain.premium };
  }
  writeBlackScholesGreeks(input, european);
  if (writePutPremium(put, scheme, "value", premium)) return { price: exercised, exercisePremium: exercised - european.price };
  // The scheme's error may not take the price below what exercising now gives.
  const exercisePremium = Math.max(scale * premium.value, exercised - european.price);
  return { price: Math.max(european.price + exercisePremium, exercised), exercisePremium };
};

type Slopes = Pick<AmericanGreeks, "price" | "exercisePremium" | "delta" | "gamma" | "vegaPerUnitVol" | "thetaPerYear" | "rhoPerUnitRate" | "phiPerUnitYield">;

const withOtherUnits = (slopes: Slopes): AmericanGreeks => ({
  ...slopes,
  vegaPerVolPoint: slopes.vegaPerUnitVol / VOL_POINTS_PER_UNIT,
  thetaPerDay: slopes.thetaPerYear / DAYS_PER_YEAR,
});

/** A call is spot × put(strike / spot): its slopes in the spot follow by the chain rule, rho and phi change places. */
const deltaOf = (isCall: boolean, { value, delta }: { readonly value: number; readonly delta: number }): number =>
  !isCall ? delta : value === 0 && delta === 0 ? 0 : value - put.spot * delta;
const gammaOf = (isCall: boolean, scale: number, gamma: number): number => (gamma === 0 ? 0 : ((isCall ? put.spot * put.spot : 1) * gamma) / scale);

const certainGreeks = (input: AmericanInput, scale: number): AmericanGreeks => {
  const isCall = input.putCall === "call";
  const years = writeDeterministicPut(put, certain);
  return withOtherUnits({
    price: years === 0 ? exerciseValue(input) : scale * certain.value,
    exercisePremium: scale * certain.premium,
    delta: deltaOf(isCall, certain),
    gamma: gammaOf(isCall, scale, certain.gamma),
    vegaPerUnitVol: 0,
    thetaPerYear: scale * certain.theta,
    rhoPerUnitRate: scale * (isCall ? certain.phi : certain.rho),
    phiPerUnitYield: scale * (isCall ? certain.rho : certain.phi),
  });
};

/**
 * Price and greeks of an American option, all of one solution: no differences are taken. Delta differentiates the premium's integral,
 * vega, rho and phi also how the boundary moves; theta and gamma follow from these exactly. By default all are within 1e-6 of their
 * size plus that of the strike (gamma: of 1 / strike), mostly 1e-10. Where the option is to be exercised now delta is 1 or -1 and the
 * other greeks are 0; at the boundary gamma jumps. Arguments, limits and errors as `americanOption`.
 */
export const americanGreeks = (input: AmericanInput, scheme: AmericanScheme = accurateAmericanScheme): AmericanGreeks => {
  requireArguments(input);
  const { spot, yearsToExpiry } = input;
  const isCall = input.putCall === "call";
  const scale = writePut(input);
  if (isCertain(input)) return certainGreeks(input, scale);
  const exercised = exerciseValue(input);
  writeBlackScholesGreeks(input, european);
  if (writePutPremium(put, scheme, "greeks", premium)) {
    const slopes = { delta: isCall ? 1 : -1, gamma: 0, vegaPerUnitVol: 0, thetaPerYear: 0, rhoPerUnitRate: 0, phiPerUnitYield: 0 };
    return withOtherUnits({ price: exercised, exercisePremium: exercised - european.price, ...slopes });
  }
  const exercisePremium = Math.max(scale * premium.value, exercised - european.price);
  const price = Math.max(european.price + exercisePremium, exercised);
  return withOtherUnits({
    price,
    exercisePremium,
    delta: european.delta + deltaOf(isCall, premium),
    gamma: european.gamma + gammaOf(isCall, scale, premium.gamma),
    vegaPerUnitVol: european.vegaPerUnitVol + scale * premium.vega,
    thetaPerYear: european.thetaPerYear + scale * premium.theta,
    rhoPerUnitRate: european.rhoPerUnitRate + scale * (isCall ? premium.phi : premium.rho),
    phiPerUnitYield: scale * (isCall ? premium.rho : premium.phi) - yearsToExpiry * spot * european.delta,
  });
};
