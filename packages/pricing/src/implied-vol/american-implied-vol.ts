import type { AmericanInput } from "../american/american-input.ts";
import { americanOption } from "../american/american-option.ts";
import { accurateAmericanScheme, type AmericanScheme } from "../american/american-scheme.ts";
import type { PutCall } from "../european/black.ts";
import { PricingError, requireFinite, requireNotNegative, requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { findRoot } from "./bracketed-root.ts";
import { blackScholesImpliedVol } from "./implied-vol.ts";

export type AmericanImpliedVolInput = {
  /** Quote currency per unit of underlying, > 0. */
  readonly spot: number;
  /** Same unit as `spot`, > 0. */
  readonly strike: number;
  /** ACT/365F, >= 0. */
  readonly yearsToExpiry: number;
  /** Continuously compounded interest rate per year. */
  readonly rate: number;
  /** Continuously compounded dividend or foreign yield per year. */
  readonly yield: number;
  /** Price paid now, quote currency per unit of underlying. */
  readonly price: number;
  readonly putCall: PutCall;
};

export type AmericanImpliedVolResult =
  /** Annualised lognormal volatility, >= 0. */
  | { readonly kind: "vol"; readonly vol: number }
  /**
   * The price is the value of exercising now (in the money). Every volatility below the one at which the exercise boundary reaches the
   * spot gives this price: there is no single one.
   */
  | { readonly kind: "exercise_value" }
  /** The price is below the value of exercising now, or below what the option is worth without any volatility. */
  | { readonly kind: "below_intrinsic" }
  /** The price is at or above what an infinite volatility gives. */
  | { readonly kind: "above_maximum" }
  /** A time value at expiry, or a price so near the maximum that more than 10,000 % of volatility would be needed. */
  | { readonly kind: "no_solution" };

/** Price of the American option of the input at a volatility >= 0. It must not fall when the volatility rises. */
export type PriceAtVol = (vol: number) => number;

const ULP = 2.220446049250313e-16;
/** Differences this small, relative to the strike or the price, are the pricer's rounding. */
const PRICE_NOISE = 1e-13;
const VOL_STEP = 1e-4;
/** 10,000 %. */
const VOL_MAX = 100;

const requireArguments = (input: AmericanImpliedVolInput): void => {
  requirePositive("spot", input.spot);
  requirePositive("strike", input.strike);
  requireNotNegative("yearsToExpiry", input.yearsToExpiry);
  requireFinite("rate", input.rate);
  requireFinite("yield", input.yield);
  if (input.price !== input.price) throw new PricingError("invalid_input", `price must be a number, got ${input.price}`);
};

/** What an infinite volatility gives: the asset for a call, the strike for a put, each now or at expiry, whichever is worth more. */
const maximumOf = ({ spot, strike, yearsToExpiry, rate, yield: dividend, putCall }: AmericanImpliedVolInput): number =>
  putCall === "call" ? spot * Math.max(exp(-dividend * yearsToExpiry), 1) : strike * Math.max(exp(-rate * yearsToExpiry), 1);

/** A volatility that is worth at least the price, or undefined. The European one is: the right to exercise early only adds. */
const upperVol = (input: AmericanImpliedVolInput, excessAt: (vol: number) => number): number | undefined => {
  const european = blackScholesImpliedVol(input);
  let vol = european.kind === "vol" && european.vol > 0 ? european.vol : 1;
  while (!(excessAt(vol) >= 0)) {
    // The first step covers what the pricer's error leaves.
    vol = european.kind === "vol" && vol === european.vol ? vol * (1 + VOL_STEP) : 2 * vol;
    if (vol > VOL_MAX) return undefined;
  }
  return vol;
};

/**
 * The volatility at which `priceAt` gives this price, to about 1e-13 of the strike in price: bracketed between the price without
 * volatility and that at the European implied volatility, which is never below the American one. Near the value of exercising now
 * the price leaves that value only quadratically in the volatility, so that half of its digits are lost; at that value none is left
 * and the outcome says so. Throws PricingError `invalid_input` for arguments out of range, and what `priceAt` throws.
 */
export const solveAmericanVol = (input: AmericanImpliedVolInput, priceAt: PriceAtVol): AmericanImpliedVolResult => {
  requireArguments(input);
  const { spot, strike, price } = input;
  const exerciseValue = Math.max(input.putCall === "call" ? spot - strike : strike - spot, 0);
  const noise = exerciseValue > 0 ? Math.max(spot, strike) * ULP : 0;
  if (price < exerciseValue - noise) return { kind: "below_intrinsic" };
  if (price >= maximumOf(input)) return { kind: "above_maximum" };
  if (input.yearsToExpiry === 0) return price <= exerciseValue + noise ? { kind: "vol", vol: 0 } : { kind: "no_solution" };
  const tolerance = PRICE_NOISE * Math.max(price, exerciseValue);
  const excessAt = (vol: number): number => priceAt(vol) - price;
  const atZero = excessAt(0);
  if (atZero > tolerance) return { kind: "below_intrinsic" };
  const atExercise = price <= exerciseValue + Math.max(noise, PRICE_NOISE * strike);
  if (atZero >= -tolerance) return exerciseValue > 0 && atExercise ? { kind: "exercise_value" } : { kind: "vol", vol: 0 };
  const high = upperVol(input, excessAt);
  if (high === undefined) return { kind: "no_solution" };
  const valueAtHigh = excessAt(high);
  if (valueAtHigh <= tolerance) return { kind: "vol", vol: high };
  const slope = (valueAtHigh - excessAt(high * (1 - VOL_STEP))) / (high * VOL_STEP);
  const guess = high - valueAtHigh / slope;
  return { kind: "vol", vol: findRoot({ at: excessAt, low: 0, valueAtLow: atZero, high, valueAtHigh, guess, noise: tolerance }) };
};

/**
 * The volatility at which `americanOption` with this scheme gives the price; see `solveAmericanVol`. The scheme's own error in price
 * (1e-8 of the strike by default) over the vega is what the volatility is uncertain by; prices made by the same scheme come back.
 * Throws PricingError `invalid_input` for arguments out of range and for ones so extreme that `americanOption` refuses them.
 */
export const americanImpliedVol = (input: AmericanImpliedVolInput, scheme: AmericanScheme = accurateAmericanScheme): AmericanImpliedVolResult => {
  const { spot, strike, yearsToExpiry, rate, putCall } = input;
  const priceAt = (vol: number): number => {
    const option: AmericanInput = { spot, strike, yearsToExpiry, vol, rate, yield: input.yield, putCall };
    return americanOption(option, scheme).price;
  };
  return solveAmericanVol(input, priceAt);
};
