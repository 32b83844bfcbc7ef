import { exp } from "../kernels/exponential.ts";
import { slopeAt, type BoundarySlopes } from "./boundary-slopes.ts";
import { densityAt, flowProbability } from "./boundary-equation.ts";
import { directionOf, distanceAt, type ExerciseBoundary } from "./exercise-boundary.ts";

/** Value of the right to exercise early and its slopes, of a put on one unit of strike. The boundary follows the market. */
export type PremiumGreeks = {
  value: number;
  /** d value / d spot and its slope; spot per unit of strike. */
  delta: number;
  gamma: number;
  /** Minus d value / d yearsToExpiry. */
  theta: number;
  /** d value / d vol, d value / d rate, d value / d yield. */
  vega: number;
  rho: number;
  phi: number;
};

export const newPremiumGreeks = (): PremiumGreeks => ({ value: NaN, delta: NaN, gamma: NaN, theta: NaN, vega: NaN, rho: NaN, phi: NaN });

/** What is received while the spot is on the exercised side of one boundary, at one point of the integral over the time to expiry. */
type Flow = {
  weight: number;
  elapsedYears: number;
  totalVol: number;
  /** The boundary then, per unit of strike. */
  later: number;
  laterDistance: number;
  d2: number;
  strikeDiscount: number;
  assetDiscount: number;
  /** Discounted probabilities of being on the exercised side, of strike and of asset; negative for the lower boundary, which ends the region. */
  strikeProbability: number;
  assetProbability: number;
  /** Discounted density of d2. */
  density: number;
};

// Written and read within one call and never across calls, so that a hot loop allocates nothing.
const flow: Flow = {
  weight: NaN,
  elapsedYears: NaN,
  totalVol: NaN,
  later: NaN,
  laterDistance: NaN,
  d2: NaN,
  strikeDiscount: NaN,
  assetDiscount: NaN,
  strikeProbability: NaN,
  assetProbability: NaN,
  density: NaN,
};

/** Where the option stands: per unit of strike; the time to expiry may be longer than that of the boundary, never shorter. */
export type PremiumPoint = { readonly spot: number; readonly logSpot: number; readonly yearsToExpiry: number };

const writeFlow = (boundary: ExerciseBoundary, at: PremiumPoint, point: number): void => {
  const { tables, market, yearsToExpiry, logLimit, squares } = boundary;
  const { rate, yield: dividend, vol } = market;
  const direction = directionOf(boundary.side);
  const rootElapsed = tables.premiumRule.rootElapsed[point] ?? NaN;
  const elapsedYears = at.yearsToExpiry - yearsToExpiry + yearsToExpiry * rootElapsed * rootElapsed;
  const totalVol = vol * Math.sqrt(elapsedYears);
  const laterDistance = distanceAt(tables.premiumRows, point, squares);
  const logLater = logLimit + direction * laterDistance;
  const later = exp(logLater);
  const d2 = (at.logSpot - logLater + (rate - dividend) * elapsedYears) / totalVol - 0.5 * totalVol;
  const strikeDiscount = exp(-rate * elapsedYears);
  const assetDiscount = exp(-dividend * elapsedYears);
  const density = densityAt(d2);
  const assetDensity = (density * strikeDiscount * later) / (assetDiscount * at.spot);
  flow.weight = yearsToExpiry * (tables.premiumRule.weights[point] ?? NaN);
  flow.elapsedYears = elapsedYears;
  flow.totalVol = totalVol;
  flow.later = later;
  flow.laterDistance = laterDistance;
  flow.d2 = d2;
  flow.strikeDiscount = strikeDiscount;
  flow.assetDiscount = assetDiscount;
  flow.density = strikeDiscount * density;
  flow.strikeProbability = -direction * strikeDiscount * flowProbability(-d2, density, 0);
  flow.assetProbability = -direction * assetDiscount * flowProbability(-d2 - totalVol, assetDensity, 0);
};

/**
 * Value of exercising below the upper boundary, or what must be taken off because exercise ends at the lower one: interest on the strike
 * less yield on the asset while the spot is on that side (Kim 1990; Jacka 1991; Carr, Jarrow and Myneni 1992).
 */
export const exercisePremium = (boundary: ExerciseBoundary, at: PremiumPoint): number => {
  const { rate, yield: dividend } = boundary.market;
  const points = boundary.tables.premiumRule.weights.length;
  let sum = 0;
  for (let point = 0; point < points; point += 1) {
    writeFlow(boundary, at, point);
    sum += flow.weight * (rate * flow.strikeProbability - dividend * at.spot * flow.assetProbability);
  }
  return sum;
};

/** Adds the value as `exercisePremium` and its first slopes but theta to `result`, given how the boundary moves with the market. */
export const addPremiumGreeks = (boundary: ExerciseBoundary, slopes: BoundarySlopes, at: PremiumPoint, result: PremiumGreeks): void => {
  const { rate, yield: dividend, vol } = boundary.market;
  const { spot } = at;
  const points = boundary.tables.premiumRule.weights.length;
  const inward = -directionOf(boundary.side);
  for (let point = 0; point < points; point += 1) {
    writeFlow(boundary, at, point);
    const { weight, elapsedYears, totalVol, later, laterDistance, d2, strikeProbability, assetProbability } = flow;
    const density = inward * flow.density;
    const gain = rate - dividend * later;
    const crossing = (density * gain) / totalVol;
    const drift = crossing * elapsedYears;
    result.value += weight * (rate * strikeProbability - dividend * spot * assetProbability);
    result.delta -= weight * (crossing / spot + dividend * assetProbability);
    result.vega += weight * ((density * (rate * (d2 + totalVol) - dividend * later * d2)) / vol + crossing * slopeAt(boundary, slopes.vol, 0, point, laterDistance));
    result.rho += weight * (strikeProbability * (1 - rate * elapsedYears) - drift + crossing * slopeAt(boundary, slopes.rate, slopes.limitRate, point, laterDistance));
    result.phi += weight * (drift - spot * assetProbability * (1 - dividend * elapsedYears) + crossing * slopeAt(boundary, slopes.yield, slopes.limitYield, point, laterDistance));
  }
};
