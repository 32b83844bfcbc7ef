import { PricingError } from "../errors.ts";
import { log } from "../kernels/logarithm.ts";
import { accurateAmericanScheme, preciseAmericanScheme, type AmericanScheme } from "./american-scheme.ts";
import { newBoundarySlopes, writeBoundarySlopes, type BoundarySlopes } from "./boundary-slopes.ts";
import type { PutInput } from "./deterministic-put.ts";
import type { ExerciseBoundary } from "./exercise-boundary.ts";
import { addPremiumGreeks, exercisePremium, type PremiumGreeks, type PremiumPoint } from "./exercise-premium.ts";
import { exerciseCaseOf, isInRegion, solveRegion, type ExerciseRegion } from "./exercise-region.ts";
import { addFlatPremiumGreeks, flatPremium } from "./flat-premium.ts";
import { linearize } from "./solve-boundary.ts";

/** Rates smaller than this count as zero in the boundary, which could not tell them from it: the price errs by less than that share a year. */
const SMALLEST_RATE = 1e-12;

// Written and read within one call and never across calls, so that a hot loop allocates nothing.
const market = { rate: NaN, yield: NaN, vol: NaN };
const at = { spot: NaN, logSpot: NaN, yearsToExpiry: NaN } satisfies PremiumPoint;

const writeMarket = ({ rate, yield: dividend, vol }: PutInput): void => {
  market.rate = Math.abs(rate) < SMALLEST_RATE ? 0 : rate;
  market.yield = Math.abs(dividend) < SMALLEST_RATE ? 0 : dividend;
  market.vol = vol;
};

const writePlace = (input: PutInput): void => {
  at.spot = input.spot;
  at.logSpot = log(input.spot);
  at.yearsToExpiry = input.yearsToExpiry;
};

/** A scheme that is too coarse for a market does not settle; finer ones are tried before the market is refused. */
const regionOrRefuse = (scheme: AmericanScheme, input: PutInput): ExerciseRegion => {
  for (const candidate of [scheme, accurateAmericanScheme, preciseAmericanScheme]) {
    const region = solveRegion(candidate, market, input.yearsToExpiry);
    if (region !== undefined) return region;
  }
  const { rate, yield: dividend, vol, yearsToExpiry } = input;
  throw new PricingError(
    "invalid_input",
    `vol, yearsToExpiry, rate and yield must leave the exercise boundary resolvable, got ${vol}, ${yearsToExpiry}, and as those of a put ${rate}, ${dividend}`,
  );
};

const clear = (result: PremiumGreeks): void => {
  result.value = 0;
  result.delta = 0;
  result.gamma = 0;
  result.theta = 0;
  result.vega = 0;
  result.rho = 0;
  result.phi = 0;
};

const writeValue = (region: ExerciseRegion, yearsToExpiry: number, result: PremiumGreeks): void => {
  if (region.flatYears < yearsToExpiry) result.value += exercisePremium(region.upper, at);
  if (region.hasLower) result.value += exercisePremium(region.lower, at);
  if (region.flatYears === 0) return;
  at.yearsToExpiry = region.flatYears;
  result.value += flatPremium(market, at);
};

const slopesByBoundary = new WeakMap<ExerciseBoundary, BoundarySlopes>();

const slopesOf = (boundary: ExerciseBoundary): BoundarySlopes => {
  const known = slopesByBoundary.get(boundary);
  if (known !== undefined) return known;
  const slopes = newBoundarySlopes(boundary);
  slopesByBoundary.set(boundary, slopes);
  return slopes;
};

const addBoundary = (boundary: ExerciseBoundary, result: PremiumGreeks): void => {
  const slopes = slopesOf(boundary);
  linearize(boundary);
  writeBoundarySlopes(slopes);
  addPremiumGreeks(boundary, slopes, at, result);
};

const writeGreeks = (region: ExerciseRegion, yearsToExpiry: number, result: PremiumGreeks): void => {
  if (region.flatYears < yearsToExpiry) addBoundary(region.upper, result);
  if (region.hasLower) addBoundary(region.lower, result);
  if (region.flatYears === 0) return;
  at.yearsToExpiry = region.flatYears;
  addFlatPremiumGreeks(market, at, result);
};

/**
 * Theta and gamma from the rest, instead of from integrals that are singular next to the boundary: an option on twice the time at half
 * the variance and half the rates is the same, which gives theta by Euler's theorem, and the Black–Scholes equation then gives gamma.
 */
const completeGreeks = ({ spot, yearsToExpiry, vol, rate, yield: dividend }: PutInput, result: PremiumGreeks): void => {
  result.theta = -(0.5 * vol * result.vega + rate * result.rho + dividend * result.phi) / yearsToExpiry;
  result.gamma = (2 * (rate * result.value - (rate - dividend) * spot * result.delta - result.theta)) / (vol * vol * spot * spot);
};

/** What is asked for: the value alone, or with it all slopes. */
export type PremiumDepth = "value" | "greeks";

/**
 * What the right to exercise early adds to a European put on one unit of strike. Returns true when it is to be exercised now, and then
 * writes nothing; false with the premium written. spot, vol and yearsToExpiry > 0. Throws PricingError `invalid_input` for a market
 * whose boundary cannot be resolved.
 */
export const writePutPremium = (input: PutInput, scheme: AmericanScheme, depth: PremiumDepth, result: PremiumGreeks): boolean => {
  clear(result);
  writeMarket(input);
  if (exerciseCaseOf(market, input.yearsToExpiry) === "never") return false;
  const region = regionOrRefuse(scheme, input);
  if (isInRegion(region, input.spot)) return true;
  writePlace(input);
  if (depth === "value") writeValue(region, input.yearsToExpiry, result);
  else {
    writeGreeks(region, input.yearsToExpiry, result);
    completeGreeks(input, result);
  }
  // Far from exercise the terms cancel down to rounding.
  if (!(result.value > 0)) result.value = 0;
  return false;
};
