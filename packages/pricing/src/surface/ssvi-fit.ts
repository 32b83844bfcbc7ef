import { PricingError } from "../errors.ts";
import { minimiseLeastSquares } from "./least-squares.ts";
import { smileFitError, type SmileFitError } from "./smile-fit-error.ts";
import { smileDataOf, type SmileData, type SmileQuote } from "./smile-quotes.ts";
import { ssviConditions, ssviTotalVariance, type Ssvi } from "./ssvi.ts";
import { ssviOfParameters, ssviProblem, thetasOfParameters, type ShapeKind } from "./ssvi-problem.ts";

export type SsviFitInput = {
  readonly shape: ShapeKind;
  /** In rising order of expiry. */
  readonly expiries: readonly { readonly yearsToExpiry: number; readonly quotes: readonly SmileQuote[] }[];
};

export type SsviFit =
  | {
      readonly kind: "fitted";
      readonly ssvi: Ssvi;
      /** Of each expiry that was used: its at-the-money total variance, never falling, and how well its quotes are met. */
      readonly expiries: readonly { readonly yearsToExpiry: number; readonly atmTotalVariance: number; readonly error: SmileFitError }[];
    }
  /** Expiries with fewer than 3 places are left out; fewer than 5 places in all cannot tell the parameters. */
  | { readonly kind: "refused"; readonly reason: "too_few_quotes"; readonly placesUsable: number }
  /** The expiry whose conditions are still missed. */
  | { readonly kind: "refused"; readonly reason: "arbitrage"; readonly yearsToExpiry: number };

const FEWEST_PLACES = 5;
const FEWEST_PLACES_OF_EXPIRY = 3;
const ITERATIONS_MAX = 100;
const ROUNDS_MAX = 16;
const FIRST_WEIGHT = 10;
const WEIGHT_RATIO = 10;
const START_RHOS = [-0.6, -0.2, 0.2];
/** First and second parameter of each shape. */
const START_SHAPES: Record<ShapeKind, readonly (readonly [number, number])[]> = {
  power_law: [[0.3, 0.5], [1, 0.3], [1, 0.5], [2, 0.5]], // prettier-ignore
  square_root: [[0.3, 0], [1, 0], [2, 0]], // prettier-ignore
  heston: [[1, 0], [10, 0], [100, 0]], // prettier-ignore
};

/** Total variance of the quote nearest the money. */
const nearestVariance = (data: SmileData): number => {
  let nearest = 0;
  for (const [i, k] of data.logMoneyness.entries()) if (Math.abs(k) < Math.abs(data.logMoneyness[nearest] ?? NaN)) nearest = i;
  const vol = data.midVol[nearest] ?? NaN;
  return vol * vol * data.yearsToExpiry;
};

const startsOf = (slices: readonly SmileData[], shape: ShapeKind): readonly Float64Array[] => {
  let before = 0;
  const rises = slices.map((data) => {
    const theta = Math.max(before, nearestVariance(data));
    const rise = theta - before;
    before = theta;
    return rise;
  });
  return START_RHOS.flatMap((rho) => START_SHAPES[shape].map(([first, second]) => Float64Array.of(rho, first, second, ...rises)));
};

const bestStart = (slices: readonly SmileData[], shape: ShapeKind): Float64Array => {
  const problem = ssviProblem(slices, shape, 0);
  let best = new Float64Array();
  let bestCost = Infinity;
  for (const start of startsOf(slices, shape)) {
    const cost = problem.cost(start);
    if (cost < bestCost) {
      best = Float64Array.from(start);
      bestCost = cost;
    }
  }
  return best;
};

const firstMissed = (slices: readonly SmileData[], ssvi: Ssvi, thetas: readonly number[]): SmileData | undefined =>
  slices.find((_, i) => !ssviConditions(ssvi, thetas[i] ?? NaN).hold);

/**
 * One SSVI for all expiries: rho and the shape's parameters in common, θ of each expiry free but never falling. Least squares of
 * vol errors in bid–ask widths, then Gatheral and Jacquier's conditions of every expiry by penalties of rising weight.
 * Deterministic and bounded. Throws PricingError `invalid_input` for yearsToExpiry out of range or not rising.
 */
export const fitSsvi = ({ shape, expiries }: SsviFitInput): SsviFit => {
  const all = expiries.map(({ quotes, yearsToExpiry }) => ({ given: quotes.length, data: smileDataOf(quotes, yearsToExpiry) }));
  let before = 0;
  for (const { yearsToExpiry } of expiries) {
    if (yearsToExpiry <= before) throw new PricingError("invalid_input", `yearsToExpiry must rise from expiry to expiry, got ${yearsToExpiry} after ${before}`);
    before = yearsToExpiry;
  }
  const usable = all.filter(({ data }) => data.placesUsable >= FEWEST_PLACES_OF_EXPIRY);
  const slices = usable.map(({ data }) => data);
  const placesUsable = slices.reduce((sum, data) => sum + data.placesUsable, 0);
  if (placesUsable < FEWEST_PLACES) return { kind: "refused", reason: "too_few_quotes", placesUsable };
  const parameters = bestStart(slices, shape);
  minimiseLeastSquares(ssviProblem(slices, shape, 0), parameters, { iterationsMax: ITERATIONS_MAX, smallestGain: 1e-13 });
  let weight = FIRST_WEIGHT;
  for (let round = 0; round < ROUNDS_MAX && firstMissed(slices, ssviOfParameters(parameters, shape), thetasOfParameters(parameters)) !== undefined; round += 1) {
    minimiseLeastSquares(ssviProblem(slices, shape, weight), parameters, { iterationsMax: ITERATIONS_MAX, smallestGain: 1e-6 });
    weight *= WEIGHT_RATIO;
  }
  const ssvi = ssviOfParameters(parameters, shape);
  const thetas = thetasOfParameters(parameters);
  const missed = firstMissed(slices, ssvi, thetas);
  if (missed !== undefined) return { kind: "refused", reason: "arbitrage", yearsToExpiry: missed.yearsToExpiry };
  const fitted = usable.map(({ given, data }, i) => {
    const atmTotalVariance = thetas[i] ?? NaN;
    return { yearsToExpiry: data.yearsToExpiry, atmTotalVariance, error: smileFitError(data, given, (k) => ssviTotalVariance(ssvi, atmTotalVariance, k)) };
  });
  return { kind: "fitted", ssvi, expiries: fitted };
};
