import type { PutCall } from "../european/black.ts";
import { PricingError, requireNotNegative, requirePositive } from "../errors.ts";
import { logRatio } from "../kernels/logarithm.ts";
import { solveTotalVol } from "./total-vol-solver.ts";

export type ImpliedVolInput = {
  /** Quote currency per unit of underlying, > 0. */
  readonly forward: number;
  /** Same unit as `forward`, > 0. */
  readonly strike: number;
  /** ACT/365F, >= 0. */
  readonly yearsToExpiry: number;
  /**
   * Undiscounted price (divide a discounted one by its discount factor), quote currency per unit of underlying. Give the
   * out-of-the-money side where there is a choice: of an in-the-money price only the digits beyond the intrinsic value count.
   */
  readonly price: number;
  readonly putCall: PutCall;
};

export type ImpliedVolResult =
  /** Annualised lognormal volatility, >= 0; 0 when the price is the intrinsic value. */
  | { readonly kind: "vol"; readonly vol: number }
  /** The price is below the intrinsic value, or negative. */
  | { readonly kind: "below_intrinsic" }
  /** The price is at or above what an infinite volatility gives: the forward for a call, the strike for a put. */
  | { readonly kind: "above_maximum" }
  /** A time value at expiry. */
  | { readonly kind: "no_solution" };

const ULP = 2.220446049250313e-16;

/**
 * The volatility at which Black-76 gives this price. On out-of-the-money prices relative error below
 * max(1e-14, 8 c), c = price × 2^-53 / (vega × vol) being what the rounding of the price itself costs.
 * An in-the-money time value below one ulp of the forward counts as none. Bounded in iterations.
 * Throws PricingError `invalid_input` for a price that is NaN and for arguments out of range.
 */
export const impliedVol = (input: ImpliedVolInput): ImpliedVolResult => {
  const { forward, strike, yearsToExpiry, price } = input;
  requirePositive("forward", forward);
  requirePositive("strike", strike);
  requireNotNegative("yearsToExpiry", yearsToExpiry);
  if (price !== price) throw new PricingError("invalid_input", `price must be a number, got ${price}`);
  const isCall = input.putCall === "call";
  const intrinsic = Math.max(isCall ? forward - strike : strike - forward, 0);
  const noise = intrinsic > 0 ? forward * ULP : 0;
  const timeValue = price - intrinsic;
  const lowerLeg = Math.min(forward, strike);
  if (timeValue < -noise) return { kind: "below_intrinsic" };
  if (price >= (isCall ? forward : strike) || timeValue >= lowerLeg) return { kind: "above_maximum" };
  if (timeValue <= noise) return { kind: "vol", vol: 0 };
  if (yearsToExpiry === 0) return { kind: "no_solution" };
  const totalVol = solveTotalVol({ lowerLeg, distance: Math.abs(logRatio(forward, strike)), timeValue });
  return totalVol === undefined ? { kind: "no_solution" } : { kind: "vol", vol: totalVol / Math.sqrt(yearsToExpiry) };
};
