import { PricingError, requireFinite, requirePositive } from "../errors.ts";

/**
 * Gatheral's raw SVI of one expiry: total variance w(k) = a + b (ρ (k - m) + √((k - m)² + σ²)), k = ln(strike / forward),
 * w = vol² × yearsToExpiry. The letters are the literature's. b >= 0, -1 <= rho <= 1, sigma > 0; a may be negative.
 */
export type SviRaw = {
  readonly a: number;
  readonly b: number;
  readonly rho: number;
  readonly m: number;
  readonly sigma: number;
};

/** Total variance and its first two derivatives by log-moneyness at one place. */
export type SviPoint = { totalVariance: number; slope: number; curvature: number };

export const newSviPoint = (): SviPoint => ({ totalVariance: NaN, slope: NaN, curvature: NaN });

/** Throws PricingError `invalid_input` unless the parameters are those of a hyperbola that opens upward. */
export const requireSvi = (svi: SviRaw): void => {
  requireFinite("a", svi.a);
  requireFinite("m", svi.m);
  requirePositive("sigma", svi.sigma);
  if (!(svi.b >= 0 && svi.b < Infinity)) throw new PricingError("invalid_input", `b must be finite and >= 0, got ${svi.b}`);
  if (!(svi.rho >= -1 && svi.rho <= 1)) throw new PricingError("invalid_input", `rho must be between -1 and 1, got ${svi.rho}`);
};

/** Writes value, slope and curvature at log-moneyness k. Checks nothing and allocates nothing. */
export const writeSviPoint = (svi: SviRaw, k: number, point: SviPoint): void => {
  const { b, rho, sigma } = svi;
  const x = k - svi.m;
  const variance = sigma * sigma;
  const root = Math.sqrt(x * x + variance);
  // Of root + x and root - x one would cancel far from m, and comes from their product instead.
  const rising = x > 0 ? root + x : variance / (root - x);
  const falling = x > 0 ? variance / (root + x) : root - x;
  const right = 0.5 * b * (1 + rho) * rising;
  const left = 0.5 * b * (1 - rho) * falling;
  point.totalVariance = svi.a + right + left;
  point.slope = (right - left) / root;
  point.curvature = (b * variance) / (root * root * root);
};

/** Smaller total variances count as none, so that nothing divided by one overflows into NaN. */
const SMALLEST_TOTAL_VARIANCE = 1e-200;

/**
 * Durrleman's g: the risk-neutral density at k is g × φ(d2) / √w, so that a smile has no butterfly arbitrage where g >= 0.
 * g = (1 - k w' / 2w)² - (w'² / 4) (1 / w + 1 / 4) + w'' / 2; -Infinity where the total variance is below 1e-200.
 */
export const densityFactor = (point: SviPoint, k: number): number => {
  const { totalVariance, slope, curvature } = point;
  if (!(totalVariance >= SMALLEST_TOTAL_VARIANCE)) return -Infinity;
  const relative = 1 - (k * slope) / (2 * totalVariance);
  return relative * relative - 0.25 * slope * slope * (1 / totalVariance + 0.25) + 0.5 * curvature;
};

// Written and read within one call and never across calls.
const scratch = newSviPoint();

/** w(k), in units of vol² × years. Throws PricingError `invalid_input` for parameters or k out of range. */
export const sviTotalVariance = (svi: SviRaw, k: number): number => {
  requireSvi(svi);
  requireFinite("k", k);
  writeSviPoint(svi, k, scratch);
  return scratch.totalVariance;
};

/** w, dw/dk, d²w/dk² and g at k in a new object. Throws PricingError `invalid_input` for parameters or k out of range. */
export const sviPoint = (svi: SviRaw, k: number): SviPoint & { densityFactor: number } => {
  requireSvi(svi);
  requireFinite("k", k);
  writeSviPoint(svi, k, scratch);
  return { ...scratch, densityFactor: densityFactor(scratch, k) };
};

/** Implied vol of a total variance. A variance that is not positive has none and throws PricingError `invalid_input`. */
const volOf = (totalVariance: number, yearsToExpiry: number): number => {
  if (!(totalVariance >= 0)) throw new PricingError("invalid_input", `total variance must be >= 0, got ${totalVariance}`);
  return Math.sqrt(totalVariance / yearsToExpiry);
};

/** A place on a surface. */
export type SurfacePlace = {
  /** ln(strike / forward of that expiry). */
  readonly logMoneyness: number;
  /** ACT/365F, > 0. */
  readonly yearsToExpiry: number;
};

/** Annualised lognormal volatility. Throws PricingError `invalid_input`, also where the total variance is negative. */
export const sviVol = (svi: SviRaw, { logMoneyness, yearsToExpiry }: SurfacePlace): number => {
  requirePositive("yearsToExpiry", yearsToExpiry);
  return volOf(sviTotalVariance(svi, logMoneyness), yearsToExpiry);
};

/** d vol / dk, per unit of log-moneyness. Throws PricingError `invalid_input`, also where the total variance is not positive. */
export const sviVolSlope = (svi: SviRaw, place: SurfacePlace): number => {
  const vol = sviVol(svi, place);
  if (vol === 0) throw new PricingError("invalid_input", "total variance must be > 0 to have a vol slope, got 0");
  return scratch.slope / (2 * vol * place.yearsToExpiry);
};

/** The smallest total variance a + b σ √(1 - ρ²); with |ρ| = 1 it is approached and not reached. */
export const sviSmallestVariance = (svi: SviRaw): number => svi.a + svi.b * svi.sigma * Math.sqrt((1 - svi.rho) * (1 + svi.rho));
