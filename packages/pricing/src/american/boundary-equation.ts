import { exp } from "../kernels/exponential.ts";
import { millsRatio } from "../kernels/mills-ratio.ts";
import { directionOf, distanceAt, SMALLEST_DISTANCE, type ExerciseBoundary } from "./exercise-boundary.ts";

const INVERSE_SQRT_2PI = 0.3989422804014327;

/** The two sides of the equation at one node and the slopes that its integral has. */
type Flows = {
  /** Strike that is discounted to its exercise, and asset likewise, each weighted with the probability of going on. */
  strikeSide: number;
  assetSide: number;
  /** d (strikeSide - boundary × assetSide) / d ln(boundary) at the node through the integral's later boundaries held fixed. */
  ownSlope: number;
};

// Written and read within one call and never across calls, so that a hot loop allocates nothing.
const flows: Flows = { strikeSide: NaN, assetSide: NaN, ownSlope: NaN };

/** N(d), or N(d) - 1 where the other side is counted, from the density at d. */
export const flowProbability = (d: number, density: number, offset: number): number =>
  d < 0 ? density * millsRatio(-d) - offset : 1 - offset - density * millsRatio(d);

export const densityAt = (d: number): number => INVERSE_SQRT_2PI * exp(-0.5 * d * d);

/** Where the later boundaries lie as seen from a node: fills in the columns of `boundary.points`, in loops whose rounds do not wait for one another. */
const writePoints = (boundary: ExerciseBoundary, node: number): void => {
  const { tables, market, yearsToExpiry, logLimit, distances, squares } = boundary;
  const { laterDistance, later, totalVol, d2, density } = boundary.points;
  const { rate, yield: dividend, vol } = market;
  const { rootElapsed } = tables.boundaryRule;
  const points = rootElapsed.length;
  const direction = directionOf(boundary.side);
  const carry = rate - dividend;
  const rootYears = (tables.nodes[node] ?? NaN) * Math.sqrt(yearsToExpiry);
  const distance = distances[node] ?? NaN;
  for (let point = 0; point < points; point += 1) laterDistance[point] = distanceAt(tables.boundaryRows, node * points + point, squares);
  for (let point = 0; point < points; point += 1) {
    const ahead = laterDistance[point] ?? NaN;
    const root = rootYears * (rootElapsed[point] ?? NaN);
    later[point] = exp(logLimit + direction * ahead);
    totalVol[point] = vol * root;
    d2[point] = (direction * (distance - ahead) + carry * root * root) / (vol * root) - 0.5 * vol * root;
  }
  for (let point = 0; point < points; point += 1) density[point] = densityAt(d2[point] ?? NaN);
};

/** The part of both sides that comes from what flows before expiry, and the points' slopes. */
const sumFlows = (boundary: ExerciseBoundary, node: number): void => {
  const { tables, market, yearsToExpiry, logLimit, distances, strikeDiscounts, assetDiscounts } = boundary;
  const { laterDistance, later, totalVol, d2, density, slope } = boundary.points;
  const { rate, yield: dividend } = market;
  const { weights } = tables.boundaryRule;
  const points = weights.length;
  const direction = directionOf(boundary.side);
  const offset = direction === 1 ? 1 : 0;
  const rootYears = (tables.nodes[node] ?? NaN) * Math.sqrt(yearsToExpiry);
  const inverseValue = exp(-logLimit - direction * (distances[node] ?? NaN));
  let strikeFlow = 0;
  let assetFlow = 0;
  let ownSlope = 0;
  for (let point = 0; point < points; point += 1) {
    const index = node * points + point;
    const d = d2[point] ?? NaN;
    const phi = density[point] ?? NaN;
    const width = totalVol[point] ?? NaN;
    const ahead = later[point] ?? NaN;
    const strikeDiscount = strikeDiscounts[index] ?? NaN;
    const assetDiscount = assetDiscounts[index] ?? NaN;
    const assetDensity = (phi * strikeDiscount * ahead * inverseValue) / assetDiscount;
    const weight = rootYears * rootYears * (weights[point] ?? NaN);
    strikeFlow += weight * strikeDiscount * flowProbability(d, phi, offset);
    assetFlow += weight * assetDiscount * flowProbability(d + width, assetDensity, offset);
    const crossing = (weight * strikeDiscount * phi * (rate - dividend * ahead)) / width;
    ownSlope += crossing;
    const distance = laterDistance[point] ?? NaN;
    // Where the interpolated square was cut off it does not move with the nodes.
    slope[point] = distance > SMALLEST_DISTANCE ? crossing / distance : 0;
  }
  flows.strikeSide = rate * strikeFlow;
  flows.assetSide = dividend * assetFlow;
  flows.ownSlope = ownSlope;
};

/** What flows at expiry: the European terms, which the lower boundary, always in the money, does not have. */
const addExpiry = (boundary: ExerciseBoundary, node: number): void => {
  const { rate, yield: dividend, vol } = boundary.market;
  const rootYears = (boundary.tables.nodes[node] ?? NaN) * Math.sqrt(boundary.yearsToExpiry);
  const years = rootYears * rootYears;
  const totalVol = vol * rootYears;
  const logBoundary = boundary.logLimit - (boundary.distances[node] ?? NaN);
  const d1 = (logBoundary + (rate - dividend) * years) / totalVol + 0.5 * totalVol;
  const d2 = d1 - totalVol;
  flows.strikeSide += exp(-rate * years) * flowProbability(d2, densityAt(d2), 0);
  flows.assetSide += exp(-dividend * years) * flowProbability(d1, densityAt(d1), 0);
};

/**
 * The equation of value matching at one node (equation FP-B of Andersen, Lake and Offengenden 2015): strikeSide = boundary × assetSide.
 * Writes its relative residual and the residual's slopes in the distances of all nodes. The slopes of both normal distributions meet
 * in one term, exp(-r s) phi(d2) (r - q B(later)) / (vol sqrt(s)), because exp(-q s) B phi(d1) = exp(-r s) B(later) phi(d2).
 */
export const writeEquation = (boundary: ExerciseBoundary, node: number): void => {
  const { distances, jacobian, residuals } = boundary;
  const { boundaryRows } = boundary.tables;
  const count = distances.length;
  const direction = directionOf(boundary.side);
  const row = node * count;
  writePoints(boundary, node);
  sumFlows(boundary, node);
  if (boundary.side === "upper") addExpiry(boundary, node);
  const { strikeSide, assetSide, ownSlope } = flows;
  const asset = exp(boundary.logLimit + direction * (distances[node] ?? NaN)) * assetSide;
  const scale = direction / asset;
  const { slope } = boundary.points;
  const points = slope.length;
  for (let column = 0; column < count; column += 1) jacobian[row + column] = 0;
  for (let point = 0; point < points; point += 1) {
    const from = (node * points + point) * count;
    const pointSlope = slope[point] ?? NaN;
    for (let column = 0; column < count; column += 1) {
      jacobian[row + column] = (jacobian[row + column] ?? NaN) - pointSlope * (boundaryRows[from + column] ?? NaN);
    }
  }
  for (let column = 0; column < count; column += 1) jacobian[row + column] = (jacobian[row + column] ?? NaN) * (distances[column] ?? NaN) * scale;
  jacobian[row + node] = (jacobian[row + node] ?? NaN) + (ownSlope - asset) * scale;
  residuals[node] = strikeSide / asset - 1;
};
