import { log } from "../kernels/logarithm.ts";
import { tablesOf, type AmericanScheme } from "./american-scheme.ts";
import { boundaryNow, logBoundaryNow, newExerciseBoundary, type ExerciseBoundary } from "./exercise-boundary.ts";
import { perpetualDistance, relaxationYears } from "./flat-premium.ts";
import type { PutMarket } from "./qd-plus.ts";
import { logLimitOf, solveBoundary, writeLimit } from "./solve-boundary.ts";

/**
 * When a put is exercised before expiry, by the signs of rate r and yield q (Andersen and Lake 2021):
 * "never": r <= 0 and r <= q, waiting costs nothing, or too little to look for; "below": r > 0, or r = 0 > q, under one boundary;
 * "between": q < r < 0, between two boundaries that may meet, farther from expiry than which exercise never pays.
 */
export type ExerciseCase = "never" | "below" | "between";

/** A premium below this share of strike or asset is not looked for: that of expiries within a second, or of two boundaries that meet at once. */
const NEGLIGIBLE_PREMIUM = 2e-9;

export const exerciseCaseOf = (market: PutMarket, yearsToExpiry: number): ExerciseCase => {
  const { rate, yield: dividend, vol } = market;
  if (rate <= 0 && rate <= dividend) return "never";
  if ((Math.abs(rate) + Math.abs(dividend)) * yearsToExpiry < NEGLIGIBLE_PREMIUM) return "never";
  if (rate >= 0) return "below";
  // Between the boundaries exercise earns at most rate - yield, and they meet before they have moved the whole way between them.
  const rootYearsToMeet = logLimitOf("lower", market) / vol;
  const years = Math.min(yearsToExpiry, rootYearsToMeet * rootYearsToMeet);
  return (rate - dividend) * years < NEGLIGIBLE_PREMIUM ? "never" : "between";
};

/** The boundaries of one market as a scheme resolves them. */
export type ExerciseRegion = {
  readonly upper: ExerciseBoundary;
  readonly lower: ExerciseBoundary;
  /** Without a lower boundary exercise goes on down to a spot of 0. */
  hasLower: boolean;
  /** Whether the boundaries have not met at the option's time to expiry: there are spots at which to exercise now. */
  isOpen: boolean;
  /** Years, before those that the boundaries are solved for, over which the upper one is that of the perpetual option; 0 if none. */
  flatYears: number;
};

const regionsByScheme = new WeakMap<AmericanScheme, ExerciseRegion>();

const regionOf = (scheme: AmericanScheme): ExerciseRegion => {
  const known = regionsByScheme.get(scheme);
  if (known !== undefined) return known;
  const tables = tablesOf(scheme);
  const region = { upper: newExerciseBoundary(tables, "upper"), lower: newExerciseBoundary(tables, "lower"), hasLower: false, isOpen: false, flatYears: 0 };
  regionsByScheme.set(scheme, region);
  return region;
};

/** The boundaries count as met when they are this close, in ln of the boundary: the premium errs by the square of that. */
const GAP_MAX = 1e-7;
const BISECTIONS_MAX = 60;

/** ln(upper / lower) at a time to expiry; NaN when a boundary does not reach so far. */
const gapAt = ({ upper, lower }: ExerciseRegion, market: PutMarket, yearsToExpiry: number): number => {
  if (!solveBoundary(upper, market, yearsToExpiry) || !solveBoundary(lower, market, yearsToExpiry)) return NaN;
  return log(boundaryNow(upper) / boundaryNow(lower));
};

/** Solves both boundaries until they meet, or until the option's time to expiry if they do not. Returns whether that succeeded. */
const solveBetween = (region: ExerciseRegion, market: PutMarket, yearsToExpiry: number): boolean => {
  region.isOpen = gapAt(region, market, yearsToExpiry) > 0;
  if (region.isOpen) return true;
  let open = 0;
  let met = yearsToExpiry;
  for (let step = 0; step < BISECTIONS_MAX; step += 1) {
    const middle = open + 0.5 * (met - open);
    const gap = gapAt(region, market, middle);
    if (gap > 0 && gap <= GAP_MAX) return true;
    if (gap > 0) open = middle;
    else met = middle;
  }
  return false;
};

/** A time to expiry this many relaxations long is cut; shorter ones are resolved as they are. */
const RELAXATIONS_MIN = 2;
/** The boundary has come to rest when it is this close to the perpetual one, relative to the distance from the limit at expiry: the coarsest scheme's error. */
const FLATNESS = 2e-2;

/** A market whose relaxation earns less than this share of strike or asset is one of the perpetual boundary throughout: vols around 1e-6. */
const NEGLIGIBLE_YIELD = 1e-10;

/** Solves for the upper boundary only as long as it moves; false when it does not come to rest before the option's time to expiry. */
const solveRelaxing = (region: ExerciseRegion, market: PutMarket, yearsToExpiry: number): boolean => {
  const { upper } = region;
  const years = relaxationYears(market);
  if (!(market.rate >= 0 && yearsToExpiry > RELAXATIONS_MIN * years)) return false;
  if ((market.rate + Math.abs(market.yield)) * years < NEGLIGIBLE_YIELD) {
    region.flatYears = yearsToExpiry;
    writeLimit(upper, market);
    return true;
  }
  if (!solveBoundary(upper, market, years)) return false;
  const distance = upper.logLimit - logBoundaryNow(upper);
  const atRest = perpetualDistance(market, upper.side, upper.logLimit);
  region.flatYears = yearsToExpiry - years;
  return atRest < Infinity && Math.abs(distance - atRest) <= FLATNESS * atRest;
};

/** The region of exercise of a market in which there is one; undefined when its equations could not be solved. The scheme owns it and writes it again at the next call. */
export const solveRegion = (scheme: AmericanScheme, market: PutMarket, yearsToExpiry: number): ExerciseRegion | undefined => {
  const region = regionOf(scheme);
  region.flatYears = 0;
  region.hasLower = market.rate < 0;
  if (region.hasLower) return solveBetween(region, market, yearsToExpiry) ? region : undefined;
  region.isOpen = true;
  if (solveRelaxing(region, market, yearsToExpiry)) return region;
  region.flatYears = 0;
  return solveBoundary(region.upper, market, yearsToExpiry) ? region : undefined;
};

/** ln of the boundary below which to exercise now. */
const logUpperNow = ({ upper, flatYears }: ExerciseRegion): number =>
  flatYears > 0 ? upper.logLimit - perpetualDistance(upper.market, upper.side, upper.logLimit) : logBoundaryNow(upper);

/** Whether to exercise now at a spot, per unit of strike. */
export const isInRegion = (region: ExerciseRegion, spot: number): boolean => {
  if (!region.isOpen) return false;
  const logSpot = log(spot);
  return logSpot <= logUpperNow(region) && !(region.hasLower && logSpot < logBoundaryNow(region.lower));
};
