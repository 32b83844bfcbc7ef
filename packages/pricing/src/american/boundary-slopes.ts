import { exp } from "../kernels/exponential.ts";
import { densityAt, flowProbability } from "./boundary-equation.ts";
import { directionOf, distanceAt, SMALLEST_DISTANCE, type ExerciseBoundary } from "./exercise-boundary.ts";
import { solveFactorized } from "./linear-system.ts";

/** d ln(boundary) of the market's three parameters: what Newton's matrix at the solution gives for a solve each, without differences. */
export type BoundarySlopes = {
  readonly boundary: ExerciseBoundary;
  /** d distance / d parameter at the nodes. */
  readonly vol: Float64Array;
  readonly rate: Float64Array;
  readonly yield: Float64Array;
  /** d logLimit / d rate and / d yield; the vol does not move the limit. */
  limitRate: number;
  limitYield: number;
};

export const newBoundarySlopes = (boundary: ExerciseBoundary): BoundarySlopes => {
  const count = boundary.distances.length;
  return { boundary, vol: new Float64Array(count), rate: new Float64Array(count), yield: new Float64Array(count), limitRate: NaN, limitYield: NaN };
};

/** d ln(boundary) / d parameter at a point of the premium's integral, `limitSlope` being that of the limit. */
export const slopeAt = (boundary: ExerciseBoundary, slopes: Float64Array, limitSlope: number, point: number, laterDistance: number): number => {
  const { distances, tables } = boundary;
  if (!(laterDistance > SMALLEST_DISTANCE)) return limitSlope;
  const count = distances.length;
  let sum = 0;
  for (let node = 0; node < count; node += 1) {
    sum += (tables.premiumRows[point * count + node] ?? NaN) * (distances[node] ?? NaN) * (slopes[node] ?? NaN);
  }
  return limitSlope + (directionOf(boundary.side) * sum) / laterDistance;
};

/** The slopes of both sides' difference, strikeSide - boundary × assetSide, at one node with the boundary held fixed. */
type EquationSlopes = { vol: number; rate: number; yield: number; asset: number };

// Written and read within one call and never across calls, so that a hot loop allocates nothing.
const equation: EquationSlopes = { vol: NaN, rate: NaN, yield: NaN, asset: NaN };

const writeIntegralSlopes = (boundary: ExerciseBoundary, node: number): void => {
  const { tables, market, yearsToExpiry, logLimit, distances, squares, strikeDiscounts, assetDiscounts } = boundary;
  const { rate, yield: dividend, vol } = market;
  const { boundaryRule } = tables;
  const points = boundaryRule.weights.length;
  const direction = directionOf(boundary.side);
  const offset = direction === 1 ? 1 : 0;
  const rootYears = (tables.nodes[node] ?? NaN) * Math.sqrt(yearsToExpiry);
  const distance = distances[node] ?? NaN;
  const value = exp(logLimit + direction * distance);
  equation.vol = 0;
  equation.rate = 0;
  equation.yield = 0;
  equation.asset = 0;
  for (let point = 0; point < points; point += 1) {
    const index = node * points + point;
    const laterDistance = distanceAt(tables.boundaryRows, index, squares);
    const later = exp(logLimit + direction * laterDistance);
    const root = rootYears * (boundaryRule.rootElapsed[point] ?? NaN);
    const years = root * root;
    const totalVol = vol * root;
    const d2 = (direction * (distance - laterDistance) + (rate - dividend) * years) / totalVol - 0.5 * totalVol;
    const density = densityAt(d2);
    const strikeDiscount = strikeDiscounts[index] ?? NaN;
    const assetDiscount = assetDiscounts[index] ?? NaN;
    const assetDensity = (density * strikeDiscount * later) / (assetDiscount * value);
    const weight = rootYears * rootYears * (boundaryRule.weights[point] ?? NaN);
    const strikeFlow = weight * strikeDiscount * flowProbability(d2, density, offset);
    const assetFlow = weight * assetDiscount * flowProbability(d2 + totalVol, assetDensity, offset);
    const discounted = (weight * strikeDiscount * density) / vol;
    const drift = discounted * (rate - dividend * later) * root;
    equation.vol += discounted * (dividend * later * d2 - rate * (d2 + totalVol));
    equation.rate += strikeFlow * (1 - rate * years) + drift;
    equation.yield -= value * assetFlow * (1 - dividend * years) + drift;
    equation.asset += value * dividend * assetFlow;
  }
};

const addExpirySlopes = (boundary: ExerciseBoundary, node: number): void => {
  const { rate, yield: dividend, vol } = boundary.market;
  const rootYears = (boundary.tables.nodes[node] ?? NaN) * Math.sqrt(boundary.yearsToExpiry);
  const years = rootYears * rootYears;
  const totalVol = vol * rootYears;
  const logBoundary = boundary.logLimit - (boundary.distances[node] ?? NaN);
  const d1 = (logBoundary + (rate - dividend) * years) / totalVol + 0.5 * totalVol;
  const d2 = d1 - totalVol;
  const density = densityAt(d2);
  const strikeDiscount = exp(-rate * years);
  const asset = exp(logBoundary - dividend * years) * flowProbability(d1, densityAt(d1), 0);
  equation.vol -= strikeDiscount * density * rootYears;
  equation.rate -= years * strikeDiscount * flowProbability(d2, density, 0);
  equation.yield += years * asset;
  equation.asset += asset;
};

/** Writes how the boundary moves with vol, rate and yield at fixed time, by the implicit function theorem. The boundary must be linearized at its solution. */
export const writeBoundarySlopes = (slopes: BoundarySlopes): void => {
  const { boundary } = slopes;
  const { rate, yield: dividend } = boundary.market;
  // The limit is rate / yield where that is what holds it off the strike.
  const limitMoves = boundary.logLimit !== 0;
  slopes.limitRate = limitMoves ? 1 / rate : 0;
  slopes.limitYield = limitMoves ? -1 / dividend : 0;
  for (let node = 0; node < boundary.distances.length; node += 1) {
    writeIntegralSlopes(boundary, node);
    if (boundary.side === "upper") addExpirySlopes(boundary, node);
    slopes.vol[node] = -equation.vol / equation.asset;
    slopes.rate[node] = slopes.limitRate - equation.rate / equation.asset;
    slopes.yield[node] = slopes.limitYield - equation.yield / equation.asset;
  }
  solveFactorized(boundary.jacobian, slopes.vol);
  solveFactorized(boundary.jacobian, slopes.rate);
  solveFactorized(boundary.jacobian, slopes.yield);
};
