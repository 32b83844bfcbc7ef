import { minimiseLeastSquares } from "./least-squares.ts";
import { smileFitError, type SmileFitError } from "./smile-fit-error.ts";
import { smileDataOf, type SmileData, type SmileQuote } from "./smile-quotes.ts";
import { sviTotalVariance, type SviRaw } from "./svi.ts";
import { repairSlices, violationsOf, type SlicesFit, type SviRepair } from "./svi-conditions.ts";
import { sviOfParameters } from "./svi-parameters.ts";
import { sliceBounds, slicesProblem, type SliceBounds } from "./svi-problem.ts";
import { sviStarts } from "./svi-start.ts";

export type SviFitInput = {
  readonly quotes: readonly SmileQuote[];
  /** ACT/365F, > 0. */
  readonly yearsToExpiry: number;
};

export type SviFit =
  /** `repairs` names what the best fit would have broken and this one keeps; empty when they are the same. */
  | { readonly kind: "fitted"; readonly svi: SviRaw; readonly error: SmileFitError; readonly repairs: readonly SviRepair[] }
  /** Fewer than 5 places with a usable quote cannot tell five parameters. */
  | { readonly kind: "refused"; readonly reason: "too_few_quotes"; readonly placesUsable: number; readonly quotesLeftOut: number }
  /** No smile without arbitrage was found; the places where the last one tried still has some. */
  | { readonly kind: "refused"; readonly reason: "arbitrage"; readonly places: readonly SviRepair[] };

export const FEWEST_PLACES = 5;
const POLISH = { iterationsMax: 60, smallestGain: 1e-13 };

/** The best smile regardless of arbitrage, of the polished starts. */
export const bestFit = (data: SmileData, bounds: SliceBounds): Float64Array => {
  const problem = slicesProblem([data], [bounds], [], 0);
  let best = new Float64Array();
  let bestCost = Infinity;
  for (const parameters of sviStarts(data, bounds)) {
    const { cost } = minimiseLeastSquares(problem, parameters, POLISH);
    if (cost < bestCost) {
      best = Float64Array.from(parameters);
      bestCost = cost;
    }
  }
  return best;
};

export const fittedSvi = (data: SmileData, quotesGiven: number, svi: SviRaw, repairs: readonly SviRepair[]): SviFit & { kind: "fitted" } => ({
  kind: "fitted",
  svi,
  error: smileFitError(data, quotesGiven, (k) => sviTotalVariance(svi, k)),
  repairs,
});

/**
 * Raw SVI of one expiry. Least squares of vol errors, each weighed by one over its bid–ask width in vol, which is vega over the
 * width in price. Starts from the exact best three parameters on a grid of the other two, polishes all five, then holds the
 * smile non-negative, free of butterflies and within Lee's wings. Deterministic and bounded. Throws PricingError `invalid_input`.
 */
export const fitSvi = ({ quotes, yearsToExpiry }: SviFitInput): SviFit => {
  const data = smileDataOf(quotes, yearsToExpiry);
  if (data.placesUsable < FEWEST_PLACES) {
    return { kind: "refused", reason: "too_few_quotes", placesUsable: data.placesUsable, quotesLeftOut: quotes.length - data.count };
  }
  const bounds = sliceBounds(data);
  const fit: SlicesFit = { slices: [data], bounds: [bounds], parameters: bestFit(data, bounds) };
  const violations = violationsOf(fit);
  const left = repairSlices(fit, violations);
  if (left.cuts.length > 0) return { kind: "refused", reason: "arbitrage", places: left.repairs.flat() };
  return fittedSvi(data, quotes.length, sviOfParameters(fit.parameters, 0, data.anchorPlace), violations.repairs.flat());
};
