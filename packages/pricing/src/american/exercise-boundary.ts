import { exp } from "../kernels/exponential.ts";
import type { PutMarket } from "./qd-plus.ts";
import type { SchemeTables } from "./american-scheme.ts";

/**
 * Which edge of the region of exercise is sought: below the upper one a put is exercised, above the lower one, which exists for
 * yield < rate < 0 alone. Each is the solution of a problem that does not know the other, until they meet.
 */
export type BoundarySide = "upper" | "lower";

/** What the integral of one node's equation is made of, a column a quantity, a row a point. Scratch of the solution. */
type BoundaryPoints = {
  /** |ln(boundary / limit)| then, and the boundary. */
  readonly laterDistance: Float64Array;
  readonly later: Float64Array;
  /** vol × sqrt(elapsed years). */
  readonly totalVol: Float64Array;
  readonly d2: Float64Array;
  /** phi(d2). */
  readonly density: Float64Array;
  /** Slope of strikeSide - boundary × assetSide in half the square of the later distance, but for the sign. */
  readonly slope: Float64Array;
};

/** A boundary at the nodes of a scheme, per unit of strike, and what solving for it needs. Made once a scheme and side, then written again and again. */
export type ExerciseBoundary = {
  readonly tables: SchemeTables;
  readonly side: BoundarySide;
  market: PutMarket;
  /** Time to expiry at the last node. */
  yearsToExpiry: number;
  /** ln of the limit at expiry. */
  logLimit: number;
  /** |ln(boundary / limit)| at the nodes, > 0; its square is what is interpolated. */
  readonly distances: Float64Array;
  readonly squares: Float64Array;
  /** Newton's matrix; after a solution its triangular factors. */
  readonly jacobian: Float64Array;
  readonly residuals: Float64Array;
  /** Discount factors over the elapsed time at each point of each node's integral. */
  readonly strikeDiscounts: Float64Array;
  readonly assetDiscounts: Float64Array;
  readonly points: BoundaryPoints;
};

const newPoints = (count: number): BoundaryPoints => ({
  laterDistance: new Float64Array(count),
  later: new Float64Array(count),
  totalVol: new Float64Array(count),
  d2: new Float64Array(count),
  density: new Float64Array(count),
  slope: new Float64Array(count),
});

export const newExerciseBoundary = (tables: SchemeTables, side: BoundarySide): ExerciseBoundary => {
  const nodes = tables.nodes.length;
  const points = nodes * tables.boundaryRule.weights.length;
  return {
    tables,
    side,
    market: { rate: NaN, yield: NaN, vol: NaN },
    yearsToExpiry: NaN,
    logLimit: NaN,
    distances: new Float64Array(nodes),
    squares: new Float64Array(nodes),
    jacobian: new Float64Array(nodes * nodes),
    residuals: new Float64Array(nodes),
    strikeDiscounts: new Float64Array(points),
    assetDiscounts: new Float64Array(points),
    points: newPoints(tables.boundaryRule.weights.length),
  };
};

/** Where the interpolated square is below that of this, by rounding or by overshoot, the distance counts as this. */
export const SMALLEST_DISTANCE = 1e-50;
const SMALLEST_SQUARE = SMALLEST_DISTANCE * SMALLEST_DISTANCE;

/** |ln(boundary / limit)| between the nodes, from a row of interpolation weights. */
export const distanceAt = (rows: Float64Array, row: number, squares: Float64Array): number => {
  const count = squares.length;
  let sum = 0;
  for (let node = 0; node < count; node += 1) sum += (rows[row * count + node] ?? NaN) * (squares[node] ?? NaN);
  return sum > SMALLEST_SQUARE ? Math.sqrt(sum) : SMALLEST_DISTANCE;
};

/** -1 where the boundary falls from its limit as the time to expiry grows, +1 where it rises. */
export const directionOf = (side: BoundarySide): number => (side === "lower" ? 1 : -1);

/** ln of the boundary at its last node, yearsToExpiry from expiry, per unit of strike; and the boundary. */
export const logBoundaryNow = (boundary: ExerciseBoundary): number =>
  boundary.logLimit + directionOf(boundary.side) * (boundary.distances[boundary.distances.length - 1] ?? NaN);
export const boundaryNow = (boundary: ExerciseBoundary): number => exp(logBoundaryNow(boundary));
