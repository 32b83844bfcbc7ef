import { exp } from "../kernels/exponential.ts";
import { logRatio } from "../kernels/log-ratio.ts";
import { log } from "../kernels/logarithm.ts";
import { writeEquation } from "./boundary-equation.ts";
import type { BoundarySide, ExerciseBoundary } from "./exercise-boundary.ts";
import { perpetualDistance } from "./flat-premium.ts";
import { factorize, solveFactorized } from "./linear-system.ts";
import { qdPlusBoundary, type PutMarket } from "./qd-plus.ts";

const STEPS_MAX = 20;
/** Steps of Newton's that do not shrink this fast are not near a solution, however short they are. */
const SETTLING = 0.2;
/** Near expiry a boundary that starts inside (0, strike) leaves its limit by 0.639 vol sqrt(years): Evans, Kuske and Keller (2002). */
const EARLY_SLOPE = 0.6388;
/** A start closer to the limit than this share of vol sqrt(years) is moved off. */
const SMALLEST_START = 1e-3;

/** ln of the boundary's limit at expiry: below it, and above it on the lower side, interest on the strike is worth more than the yield. */
export const logLimitOf = (side: BoundarySide, { rate, yield: dividend }: PutMarket): number =>
  side === "lower" || (rate > 0 && dividend > rate) ? logRatio(Math.abs(rate), Math.abs(dividend)) : 0;

/** Writes the market and the limit at expiry, all that a boundary needs that is nowhere solved for. */
export const writeLimit = (boundary: ExerciseBoundary, market: PutMarket): void => {
  boundary.market = market;
  boundary.logLimit = logLimitOf(boundary.side, market);
};

/** Where the limit is this many vol sqrt(years) from the strike, the strike does not bend the boundary, and QD+ drowns in rounding. */
const STRIKE_REACH = 6;

/** Start for a boundary that does not feel the strike: from the expansion near expiry smoothly to where it comes to rest or may meet the other. */
const innerDistance = (boundary: ExerciseBoundary, totalVol: number): number => {
  const { market, logLimit } = boundary;
  const early = EARLY_SLOPE * totalVol;
  const rest = perpetualDistance(market, boundary.side, logLimit);
  const late = boundary.side === "upper" ? rest : Math.min(rest, -logLimit);
  return (early * late) / Math.sqrt(early * early + late * late);
};

/** Newton's method needs a smooth start: a kink between nodes would make the interpolated square negative near expiry. */
const writeStart = (boundary: ExerciseBoundary): void => {
  const { market, distances, squares, logLimit } = boundary;
  const { nodes } = boundary.tables;
  const rootYears = Math.sqrt(boundary.yearsToExpiry);
  const isInner = boundary.side === "lower" || -logLimit > STRIKE_REACH * market.vol * rootYears;
  const limit = exp(logLimit);
  let guess = limit;
  for (let index = 0; index < nodes.length; index += 1) {
    const root = (nodes[index] ?? NaN) * rootYears;
    let distance: number;
    if (isInner) distance = innerDistance(boundary, market.vol * root);
    else {
      guess = qdPlusBoundary(market, root * root, guess, limit);
      distance = Math.max(logLimit - log(guess), SMALLEST_START * market.vol * root);
    }
    distances[index] = distance;
    squares[index] = distance * distance;
  }
};

const writeDiscounts = (boundary: ExerciseBoundary): void => {
  const { tables, market, yearsToExpiry, strikeDiscounts, assetDiscounts } = boundary;
  const { rootElapsed } = tables.boundaryRule;
  const points = rootElapsed.length;
  for (let node = 0; node < tables.nodes.length; node += 1) {
    for (let point = 0; point < points; point += 1) {
      const root = (tables.nodes[node] ?? NaN) * (rootElapsed[point] ?? NaN);
      const elapsedYears = yearsToExpiry * root * root;
      strikeDiscounts[node * points + point] = exp(-market.rate * elapsedYears);
      assetDiscounts[node * points + point] = exp(-market.yield * elapsedYears);
    }
  }
};

/** Writes residuals and Newton's matrix, factorized, at the distances as they are. */
export const linearize = (boundary: ExerciseBoundary): void => {
  const { distances, jacobian } = boundary;
  for (let node = 0; node < distances.length; node += 1) writeEquation(boundary, node);
  factorize(jacobian, distances.length);
};

/** Takes Newton's step and returns its greatest length, in ln of the boundary. A distance that would fall below a tenth is cut there, which counts as a long step. */
const takeStep = ({ distances, squares, residuals, jacobian }: ExerciseBoundary): number => {
  solveFactorized(jacobian, residuals);
  let longest = 0;
  for (let node = 0; node < distances.length; node += 1) {
    const distance = distances[node] ?? NaN;
    const next = distance - (residuals[node] ?? NaN);
    const isCut = !(next > 0.1 * distance);
    const moved = isCut ? 0.1 * distance : next;
    distances[node] = moved;
    squares[node] = moved * moved;
    const step = isCut ? 1 : Math.abs(moved - distance);
    // A step that is not a number must not pass for a short one.
    if (!(step <= longest)) longest = step;
  }
  return longest;
};

/** Boundaries leave their limit ever farther as the time to expiry grows; where an answer does not, the equations had none. */
const MONOTONE_SLACK = 1e-2;

const isMonotone = ({ distances }: ExerciseBoundary): boolean => {
  for (let node = 1; node < distances.length; node += 1) {
    if (!((distances[node] ?? NaN) >= (1 - MONOTONE_SLACK) * (distances[node - 1] ?? NaN))) return false;
  }
  return true;
};

/**
 * Solves for the boundary from now to expiry by Newton's method on the collocated equations, started from QD+. The published fixed
 * point steps need ten rounds for what three of these give, and diverge or stall where |rate - yield| is large against vol².
 * Returns whether it settled; without that the boundary is of no use. vol and yearsToExpiry > 0; a region of exercise must exist.
 */
export const solveBoundary = (boundary: ExerciseBoundary, market: PutMarket, yearsToExpiry: number): boolean => {
  writeLimit(boundary, market);
  boundary.yearsToExpiry = yearsToExpiry;
  writeStart(boundary);
  writeDiscounts(boundary);
  const tolerance = boundary.tables.scheme.stepTolerance * Math.min(market.vol * Math.sqrt(yearsToExpiry), 1);
  let previous = Infinity;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    linearize(boundary);
    const length = takeStep(boundary);
    if (length <= tolerance && length <= SETTLING * previous) return isMonotone(boundary);
    if (!(length < Infinity)) return false;
    previous = length;
  }
  return false;
};
