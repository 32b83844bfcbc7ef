import { PricingError, requireFinite, requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { log, log1p } from "../kernels/logarithm.ts";
import { rawOfNatural } from "./svi-conversions.ts";
import type { SviRaw } from "./svi.ts";

/** How the smile's steepness φ falls with the at-the-money total variance θ. */
export type SsviShape =
  /** φ = eta / (θ^gamma (1 + θ)^(1 - gamma)); eta > 0, 0 <= gamma <= 1. */
  | { readonly kind: "power_law"; readonly eta: number; readonly gamma: number }
  /** φ = eta / √θ; eta > 0. */
  | { readonly kind: "square_root"; readonly eta: number }
  /** φ = (1 - (1 - e^(-lambda θ)) / (lambda θ)) / (lambda θ), as Heston's model has it; lambda > 0. */
  | { readonly kind: "heston"; readonly lambda: number };

/** SSVI: w(k, θ) = θ / 2 (1 + ρ φ k + √((φ k + ρ)² + 1 - ρ²)). -1 < rho < 1. */
export type Ssvi = { readonly rho: number; readonly shape: SsviShape };

const SERIES_BELOW = 1;
const SERIES_TERMS = 18;

/** (1 - (1 - e^-x) / x) / x = 1/2 - x/6 + x²/24 - …, by its series where the differences would cancel; x >= 0. */
export const hestonSteepness = (x: number): number => {
  if (x >= SERIES_BELOW) return (1 - (1 - exp(-x)) / x) / x;
  let sum = 1;
  for (let n = SERIES_TERMS; n >= 1; n -= 1) sum = 1 - (x * sum) / (n + 2);
  return 0.5 * sum;
};

const requireShape = (shape: SsviShape): void => {
  if (shape.kind === "heston") requirePositive("lambda", shape.lambda);
  else requirePositive("eta", shape.eta);
  if (shape.kind === "power_law" && !(shape.gamma >= 0 && shape.gamma <= 1)) {
    throw new PricingError("invalid_input", `gamma must be between 0 and 1, got ${shape.gamma}`);
  }
};

const requireSsvi = ({ rho, shape }: Ssvi): void => {
  if (!(rho > -1 && rho < 1)) throw new PricingError("invalid_input", `rho must be between -1 and 1, both excluded, got ${rho}`);
  requireShape(shape);
};

/** φ(θ) of an at-the-money total variance θ > 0. Throws PricingError `invalid_input`. */
export const ssviSteepness = (shape: SsviShape, atmTotalVariance: number): number => {
  requireShape(shape);
  requirePositive("atmTotalVariance", atmTotalVariance);
  switch (shape.kind) {
    case "power_law":
      return shape.eta * exp(-shape.gamma * log(atmTotalVariance) - (1 - shape.gamma) * log1p(atmTotalVariance));
    case "square_root":
      return shape.eta / Math.sqrt(atmTotalVariance);
    case "heston":
      return hestonSteepness(shape.lambda * atmTotalVariance);
  }
};

/** w(k, θ) in units of vol² × years. Throws PricingError `invalid_input`. */
export const ssviTotalVariance = (ssvi: Ssvi, atmTotalVariance: number, logMoneyness: number): number => {
  requireSsvi(ssvi);
  requireFinite("logMoneyness", logMoneyness);
  const { rho } = ssvi;
  const z = ssviSteepness(ssvi.shape, atmTotalVariance) * logMoneyness;
  return 0.5 * atmTotalVariance * (1 + rho * z + Math.sqrt((z + rho) * (z + rho) + (1 - rho) * (1 + rho)));
};

/** The slice of one expiry as raw SVI. Throws PricingError `invalid_input`. */
export const ssviSlice = (ssvi: Ssvi, atmTotalVariance: number): SviRaw => {
  requireSsvi(ssvi);
  const zeta = ssviSteepness(ssvi.shape, atmTotalVariance);
  return rawOfNatural({ delta: 0, mu: 0, rho: ssvi.rho, omega: atmTotalVariance, zeta });
};

export type SsviConditions = {
  /** θ φ (1 + |ρ|), below 4. */
  readonly wing: number;
  /** θ φ² (1 + |ρ|), at most 4. */
  readonly bend: number;
  /** Both hold, which is enough to rule out butterfly arbitrage of this slice; it may be free of it without. */
  readonly hold: boolean;
};

/**
 * Gatheral and Jacquier's conditions on one slice. Between expiries nothing more is asked than that θ does not fall: all
 * three shapes have 0 <= d(θ φ)/dθ <= φ, which rules out calendar arbitrage at any ρ. Throws PricingError `invalid_input`.
 */
export const ssviConditions = (ssvi: Ssvi, atmTotalVariance: number): SsviConditions => {
  requireSsvi(ssvi);
  const phi = ssviSteepness(ssvi.shape, atmTotalVariance);
  const lean = 1 + Math.abs(ssvi.rho);
  const wing = atmTotalVariance * phi * lean;
  const bend = wing * phi;
  return { wing, bend, hold: wing < 4 && bend <= 4 };
};
