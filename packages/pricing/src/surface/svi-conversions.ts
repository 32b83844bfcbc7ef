import { PricingError, requireFinite, requirePositive } from "../errors.ts";
import { requireSvi, sviSmallestVariance, sviTotalVariance, type SviRaw } from "./svi.ts";

/**
 * Natural SVI: w(k) = delta + omega / 2 (1 + zeta rho (k - mu) + √((zeta (k - mu) + rho)² + 1 - rho²)). omega >= 0, zeta > 0,
 * -1 < rho < 1. With delta = mu = 0 it is a slice of SSVI, omega the at-the-money total variance.
 */
export type SviNatural = {
  readonly delta: number;
  readonly mu: number;
  readonly rho: number;
  readonly omega: number;
  readonly zeta: number;
};

/** Jump-wings: what a trader reads off a smile, in numbers that hardly depend on the expiry. */
export type SviJumpWings = {
  /** At-the-money variance a year: vol² at k = 0. > 0. */
  readonly atmVariance: number;
  /** At-the-money skew, d vol / dk × √yearsToExpiry; between -putWing / 2 and callWing / 2. */
  readonly atmSkew: number;
  /** Slope of the left (put) wing of total variance over √(at-the-money total variance), >= 0. */
  readonly putWing: number;
  /** Slope of the right (call) wing, likewise, >= 0. */
  readonly callWing: number;
  /** The smallest variance a year, at most `atmVariance`. */
  readonly smallestVariance: number;
};

const invalid = (message: string): never => {
  throw new PricingError("invalid_input", message);
};

const requireCorrelation = (rho: number): void => {
  if (!(rho > -1 && rho < 1)) invalid(`rho must be between -1 and 1, both excluded, got ${rho}`);
};

const acrossOf = (rho: number): number => Math.sqrt((1 - rho) * (1 + rho));

/** Natural parameters of a raw smile. Throws PricingError `invalid_input`, also at |rho| = 1, where there are none. */
export const naturalOfRaw = (svi: SviRaw): SviNatural => {
  requireSvi(svi);
  requireCorrelation(svi.rho);
  const across = acrossOf(svi.rho);
  const omega = (2 * svi.b * svi.sigma) / across;
  return {
    delta: svi.a - 0.5 * omega * across * across,
    mu: svi.m + (svi.rho * svi.sigma) / across,
    rho: svi.rho,
    omega,
    zeta: across / svi.sigma,
  };
};

/** Raw parameters of a natural smile. Throws PricingError `invalid_input`. */
export const rawOfNatural = (natural: SviNatural): SviRaw => {
  const { delta, mu, rho, omega, zeta } = natural;
  requireFinite("delta", delta);
  requireFinite("mu", mu);
  requireCorrelation(rho);
  if (!(omega >= 0 && omega < Infinity)) invalid(`omega must be finite and >= 0, got ${omega}`);
  requirePositive("zeta", zeta);
  const across = acrossOf(rho);
  return {
    a: delta + 0.5 * omega * across * across,
    b: 0.5 * omega * zeta,
    rho,
    m: mu - rho / zeta,
    sigma: across / zeta,
  };
};

/** Jump-wings of a raw smile. Throws PricingError `invalid_input`, also where the at-the-money variance is not positive. */
export const jumpWingsOfRaw = (svi: SviRaw, yearsToExpiry: number): SviJumpWings => {
  requirePositive("yearsToExpiry", yearsToExpiry);
  const atm = sviTotalVariance(svi, 0);
  if (!(atm > 0)) invalid(`at-the-money total variance must be > 0, got ${atm}`);
  const root = Math.sqrt(atm);
  const { b, rho, m, sigma } = svi;
  return {
    atmVariance: atm / yearsToExpiry,
    atmSkew: (b / (2 * root)) * (rho - m / Math.sqrt(m * m + sigma * sigma)),
    putWing: (b * (1 - rho)) / root,
    callWing: (b * (1 + rho)) / root,
    smallestVariance: sviSmallestVariance(svi) / yearsToExpiry,
  };
};

/**
 * Raw parameters of jump-wings. The distance of the bottom from the money is taken from the skew, not as the difference of
 * two square roots, so that only `atmVariance - smallestVariance` costs digits. Throws PricingError `invalid_input`: with no
 * skew the bottom lies at the money and any sigma gives the same five numbers; a skew beyond the wings has no smile at all.
 */
export const rawOfJumpWings = (wings: SviJumpWings, yearsToExpiry: number): SviRaw => {
  const { atmVariance, atmSkew, putWing, callWing, smallestVariance } = wings;
  requirePositive("yearsToExpiry", yearsToExpiry);
  requirePositive("atmVariance", atmVariance);
  requireFinite("smallestVariance", smallestVariance);
  if (!(putWing >= 0 && putWing < Infinity)) invalid(`putWing must be finite and >= 0, got ${putWing}`);
  if (!(callWing >= 0 && callWing < Infinity)) invalid(`callWing must be finite and >= 0, got ${callWing}`);
  if (!(2 * atmSkew > -putWing && 2 * atmSkew < callWing) || atmSkew === 0) {
    invalid(`atmSkew must be between -putWing/2 and callWing/2 and not 0, got ${atmSkew}`);
  }
  if (!(smallestVariance < atmVariance)) invalid(`smallestVariance must be below atmVariance ${atmVariance}, got ${smallestVariance}`);
  const total = putWing + callWing;
  const b = 0.5 * Math.sqrt(atmVariance * yearsToExpiry) * total;
  const rho = (callWing - putWing) / total;
  // lean = m / √(m² + σ²), and 1 - rho² and 1 - lean² as products of what does not cancel.
  const gap = (4 * atmSkew) / total;
  const lean = rho - gap;
  const acrossRho = Math.sqrt((4 * putWing * callWing) / (total * total));
  const acrossLean = Math.sqrt(((2 * (callWing - 2 * atmSkew)) / total) * ((2 * (putWing + 2 * atmSkew)) / total));
  const height = (atmVariance - smallestVariance) * yearsToExpiry;
  const radius = (height * (1 - rho * lean + acrossRho * acrossLean)) / (b * gap * gap);
  const sigma = radius * acrossLean;
  return { a: smallestVariance * yearsToExpiry - b * sigma * acrossRho, b, rho, m: radius * lean, sigma };
};

/**
 * The nearby smile that Gatheral and Jacquier repair one with butterfly arbitrage to: at-the-money variance, skew and put wing
 * are kept, the call wing becomes putWing + 2 atmSkew and the smallest variance what makes it a slice of SSVI. Free of
 * butterflies when √(w0) × max(wings) < 2 and (putWing + callWing) × max(wings) <= 2, w0 the at-the-money total variance.
 */
export const repairedJumpWings = (wings: SviJumpWings): SviJumpWings => {
  const { atmVariance, atmSkew, putWing } = wings;
  const callWing = putWing + 2 * atmSkew;
  const total = putWing + callWing;
  return { atmVariance, atmSkew, putWing, callWing, smallestVariance: (atmVariance * 4 * putWing * callWing) / (total * total) };
};
