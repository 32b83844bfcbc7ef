import { smileDataOf, type SmileQuote } from "./smile-quotes.ts";
import { repairSlices, violationsOf, type SlicesFit } from "./svi-conditions.ts";
import { bestFit, FEWEST_PLACES, fittedSvi, type SviFit } from "./svi-fit.ts";
import { sviOfParameters } from "./svi-parameters.ts";
import { sliceBounds } from "./svi-problem.ts";
import { sortedSlices, type VolSurface } from "./surface.ts";

export type ExpiryQuotes = {
  /** ACT/365F, > 0. */
  readonly yearsToExpiry: number;
  /** Quote currency per unit of underlying, > 0. */
  readonly forward: number;
  readonly quotes: readonly SmileQuote[];
};

export type SurfaceFit = {
  /** Absent when no expiry could be fitted, or when the fits could not be kept from crossing. */
  readonly surface: VolSurface | undefined;
  /** One for each expiry in rising order: its fit with its error, or why it has none and is not in the surface. */
  readonly expiries: readonly { readonly yearsToExpiry: number; readonly fit: SviFit }[];
};

/**
 * A surface free of butterflies and calendar arbitrage. Each expiry is fitted alone; where one breaks a condition or crosses its
 * neighbour all are moved together, so that wide quotes give way to tight ones. What that cost is in each fit's error, and its
 * `repairs` name the places. Throws PricingError `invalid_input`.
 */
export const fitSurface = (expiries: readonly ExpiryQuotes[]): SurfaceFit => {
  const all = sortedSlices(expiries).map((expiry) => ({ ...expiry, data: smileDataOf(expiry.quotes, expiry.yearsToExpiry) }));
  const usable = all.filter(({ data }) => data.placesUsable >= FEWEST_PLACES);
  const slices = usable.map(({ data }) => data);
  const bounds = slices.map(sliceBounds);
  const alone = slices.map((data) => [...bestFit(data, sliceBounds(data))]);
  const fit: SlicesFit = { slices, bounds, parameters: Float64Array.from(alone.flat()) };
  const violations = violationsOf(fit);
  const left = repairSlices(fit, violations);
  const isFree = left.cuts.length === 0;
  const outcomes = all.map(({ yearsToExpiry, quotes, data }): { yearsToExpiry: number; fit: SviFit } => {
    const slice = slices.indexOf(data);
    if (slice < 0) return { yearsToExpiry, fit: { kind: "refused", reason: "too_few_quotes", placesUsable: data.placesUsable, quotesLeftOut: quotes.length - data.count } };
    if (!isFree) return { yearsToExpiry, fit: { kind: "refused", reason: "arbitrage", places: left.repairs[slice] ?? [] } };
    return { yearsToExpiry, fit: fittedSvi(data, quotes.length, sviOfParameters(fit.parameters, slice, data.anchorPlace), violations.repairs[slice] ?? []) };
  });
  const surface = { slices: usable.map(({ yearsToExpiry, forward, data }, slice) => ({ yearsToExpiry, forward, svi: sviOfParameters(fit.parameters, slice, data.anchorPlace) })) };
  return { surface: isFree && slices.length > 0 ? surface : undefined, expiries: outcomes };
};
