import { addLocalMinima, lowest, type SearchGrid, type SmilePlace } from "./local-minima.ts";
import { densityFactor, newSviPoint, requireSvi, sviSmallestVariance, writeSviPoint, type SviRaw } from "./svi.ts";

export type SviButterfly = {
  /** No butterfly arbitrage: g >= 0 everywhere, total variance never negative, and wings that Lee's bound allows. */
  readonly free: boolean;
  /** The smallest density factor g (see `densityFactor`) on the whole line and where it is; negative is a butterfly for nothing. */
  readonly smallestDensityFactor: SmilePlace;
  /** The smallest total variance and where it is. */
  readonly smallestTotalVariance: SmilePlace;
  /** Slopes of total variance far out, b (1 - ρ) to the left, at most 2, and b (1 + ρ) to the right, below 2. */
  readonly leftWingSlope: number;
  readonly rightWingSlope: number;
};

/** Lee's bound on the slope of total variance in a wing. */
export const LARGEST_WING_SLOPE = 2;

const GRID_HALF = 64;
/** Beyond the grid g moves like 1/k towards (4 - slope²)/16, so that a few far points see what it does. */
const FAR = [1e2, 1e3, 1e4, 1e5, 1e6];
const BOTTOM_HALF = 12;
/** Only minima of g below this are worth their exact place. */
const REFINE_BELOW = 0.3;

/** In units of σ around m: dense where the smile bends, and far out. */
const wideGrid = Float64Array.from([
  ...FAR.toReversed().map((far) => -far),
  ...Array.from({ length: 2 * GRID_HALF + 1 }, (_, i) => (i - GRID_HALF) / (GRID_HALF + 1)).map((u) => (2 * u) / (1 - u * u)),
  ...FAR,
]);

/** In units of the width of a low bottom. */
const bottomGrid = Float64Array.from({ length: 2 * BOTTOM_HALF + 1 }, (_, i) => 0.5 * (i - BOTTOM_HALF));

/** Where to look at a smile: around m in the scale of σ, and around its bottom in the scale of the bottom, which is finer when that is near 0. */
export const searchGrids = (svi: SviRaw): readonly SearchGrid[] => {
  const wide = { grid: wideGrid, origin: svi.m, scale: svi.sigma };
  const across = (1 - svi.rho) * (1 + svi.rho);
  const level = sviSmallestVariance(svi) / (svi.b * svi.sigma);
  const width = Math.sqrt((2 * level) / (across * Math.sqrt(across)));
  return width > 0 && width < 1 ? [wide, { grid: bottomGrid, origin: bottomOf(svi), scale: svi.sigma * width }] : [wide];
};

const point = newSviPoint();

/** The local minima of g, those that could matter refined; at least one. Does not check its input. */
export const densityFactorMinima = (svi: SviRaw): readonly SmilePlace[] => {
  const densityFactorAt = (k: number): number => {
    writeSviPoint(svi, k, point);
    return densityFactor(point, k);
  };
  const minima: SmilePlace[] = [];
  for (const grid of searchGrids(svi)) addLocalMinima(grid, densityFactorAt, REFINE_BELOW, minima);
  return minima;
};

/** Where the total variance is smallest; with |rho| = 1, or next to it, a far place. */
export const bottomOf = (svi: SviRaw): number => {
  const across = Math.sqrt((1 - svi.rho) * (1 + svi.rho));
  const furthest = 1e6;
  return svi.m - svi.sigma * Math.max(-furthest, Math.min(furthest, svi.rho / across));
};

/**
 * Whether a smile has butterfly arbitrage, and where: g on a grid in the smile's own scale over the whole line, each low place
 * refined to 1e-12. The asymptotes are judged by the wing slopes, since g tends to (4 - slope²) / 16 there.
 * Source: Gatheral & Jacquier, Arbitrage-free SVI volatility surfaces (2014). Throws PricingError `invalid_input`.
 */
export const sviButterfly = (svi: SviRaw): SviButterfly => {
  requireSvi(svi);
  const smallest = lowest(densityFactorMinima(svi));
  const leftWingSlope = svi.b * (1 - svi.rho);
  const rightWingSlope = svi.b * (1 + svi.rho);
  const bottom = { logMoneyness: bottomOf(svi), value: sviSmallestVariance(svi) };
  const wingsHold = leftWingSlope <= LARGEST_WING_SLOPE && rightWingSlope < LARGEST_WING_SLOPE;
  return {
    free: wingsHold && bottom.value >= 0 && smallest.value >= 0,
    smallestDensityFactor: smallest,
    smallestTotalVariance: bottom,
    leftWingSlope,
    rightWingSlope,
  };
};
