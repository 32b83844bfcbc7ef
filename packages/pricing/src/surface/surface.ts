import { PricingError, requireFinite, requirePositive } from "../errors.ts";
import { lowest } from "./local-minima.ts";
import { requireSvi, sviSmallestVariance, sviTotalVariance, type SurfacePlace, type SviRaw } from "./svi.ts";
import { sviButterfly } from "./svi-butterfly.ts";
import { calendarGapMinima } from "./svi-calendar.ts";

/** The smile of one expiry. */
export type SurfaceSlice = {
  /** ACT/365F, > 0. */
  readonly yearsToExpiry: number;
  /** Quote currency per unit of underlying, > 0: what log-moneyness is counted from. */
  readonly forward: number;
  readonly svi: SviRaw;
};

/** Plain data: at least one slice, in rising order of expiry. `buildSurface` and `fitSurface` make them. */
export type VolSurface = { readonly slices: readonly SurfaceSlice[] };

/** A place of a surface where something can be had for nothing. */
export type SurfaceArbitrage = {
  /** Calendar: between this slice and the one before it. A wing steeper than 2 is a butterfly far out. */
  readonly condition: "butterfly" | "calendar" | "negative_variance";
  readonly yearsToExpiry: number;
  readonly logMoneyness: number;
  /** The density factor g, the gap of total variance to the slice before (a part of that one's), or the total variance. */
  readonly value: number;
};

export type BuiltSurface =
  | { readonly kind: "built"; readonly surface: VolSurface }
  | { readonly kind: "refused"; readonly arbitrage: readonly SurfaceArbitrage[] };

const sliceArbitrage = ({ svi, yearsToExpiry }: SurfaceSlice): SurfaceArbitrage[] => {
  const { free, smallestDensityFactor, smallestTotalVariance } = sviButterfly(svi);
  if (free) return [];
  if (smallestTotalVariance.value < 0) return [{ condition: "negative_variance", yearsToExpiry, ...smallestTotalVariance }];
  return [{ condition: "butterfly", yearsToExpiry, ...smallestDensityFactor }];
};

/** Every place found with arbitrage, the worst of each slice and of each neighbouring pair; none means free of it. Of slices in order. */
export const surfaceArbitrage = (surface: VolSurface): readonly SurfaceArbitrage[] => {
  const found: SurfaceArbitrage[] = [];
  let before: SurfaceSlice | undefined;
  for (const slice of surface.slices) {
    found.push(...sliceArbitrage(slice));
    const isComparable = before !== undefined && sviSmallestVariance(before.svi) > 0;
    if (before !== undefined && isComparable) {
      const gap = lowest(calendarGapMinima(before.svi, slice.svi));
      if (gap.value < 0) found.push({ condition: "calendar", yearsToExpiry: slice.yearsToExpiry, ...gap });
    }
    before = slice;
  }
  return found;
};

/** Slices in rising order. Throws PricingError `invalid_input` for none, for two of one expiry and for values out of range. */
export const sortedSlices = <Slice extends { readonly yearsToExpiry: number; readonly forward: number }>(slices: readonly Slice[]): readonly Slice[] => {
  const sorted = [...slices].sort((x, y) => x.yearsToExpiry - y.yearsToExpiry);
  let previous = 0;
  for (const { yearsToExpiry, forward } of sorted) {
    requirePositive("yearsToExpiry", yearsToExpiry);
    requirePositive("forward", forward);
    if (yearsToExpiry === previous) throw new PricingError("invalid_input", `yearsToExpiry must differ between slices, got ${yearsToExpiry} twice`);
    previous = yearsToExpiry;
  }
  if (sorted.length === 0) throw new PricingError("invalid_input", "slices must not be empty, got 0");
  return sorted;
};

/** A surface of given smiles, if it is free of arbitrage; else the places where it is not. Throws PricingError `invalid_input`. */
export const buildSurface = (slices: readonly SurfaceSlice[]): BuiltSurface => {
  for (const { svi } of slices) requireSvi(svi);
  const surface = { slices: sortedSlices(slices) };
  const arbitrage = surfaceArbitrage(surface);
  return arbitrage.length === 0 ? { kind: "built", surface } : { kind: "refused", arbitrage };
};

/**
 * Total variance, in units of vol² × years. Between two expiries linear in time at fixed log-moneyness, so that it never falls;
 * before the first and behind the last at the vol of that expiry. At 0 years it is 0. Throws PricingError `invalid_input`.
 */
export const totalVarianceAt = (surface: VolSurface, { logMoneyness, yearsToExpiry }: SurfacePlace): number => {
  requireFinite("logMoneyness", logMoneyness);
  if (!(yearsToExpiry >= 0 && yearsToExpiry < Infinity)) throw new PricingError("invalid_input", `yearsToExpiry must be finite and >= 0, got ${yearsToExpiry}`);
  let before: SurfaceSlice | undefined;
  for (const slice of surface.slices) {
    if (slice.yearsToExpiry >= yearsToExpiry) {
      const far = sviTotalVariance(slice.svi, logMoneyness);
      if (before === undefined || slice.yearsToExpiry === yearsToExpiry) return far * (yearsToExpiry / slice.yearsToExpiry);
      const near = sviTotalVariance(before.svi, logMoneyness);
      return near + ((far - near) * (yearsToExpiry - before.yearsToExpiry)) / (slice.yearsToExpiry - before.yearsToExpiry);
    }
    before = slice;
  }
  if (before === undefined) throw new PricingError("invalid_input", "slices must not be empty, got 0");
  return sviTotalVariance(before.svi, logMoneyness) * (yearsToExpiry / before.yearsToExpiry);
};

/**
 * Annualised lognormal volatility at a place of the surface; see `totalVarianceAt` for what lies between and beyond expiries.
 * At 0 years the vol of the first expiry. Throws PricingError `invalid_input`.
 */
export const volAt = (surface: VolSurface, place: SurfacePlace): number => {
  const first = surface.slices[0];
  const yearsToExpiry = place.yearsToExpiry === 0 && first !== undefined ? first.yearsToExpiry : place.yearsToExpiry;
  const totalVariance = totalVarianceAt(surface, { logMoneyness: place.logMoneyness, yearsToExpiry });
  if (!(totalVariance >= 0)) throw new PricingError("invalid_input", `total variance must be >= 0, got ${totalVariance}`);
  return Math.sqrt(totalVariance / yearsToExpiry);
};
