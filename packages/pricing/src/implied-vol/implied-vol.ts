import type { PutCall } from "../european/black.ts";
import { PricingError, requireFinite, requireNotNegative, requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { logRatio } from "../kernels/log-ratio.ts";
import { poseProblem, problemStatus, writeDistances } from "./option-problem.ts";
import { newTotalVolBlock } from "./total-vol-block.ts";
import { solveTotalVols } from "./total-vol-solver.ts";

export type ImpliedVolInput = {
  /** Quote currency per unit of underlying, > 0. */
  readonly forward: number;
  /** Same unit as `forward`, > 0. */
  readonly strike: number;
  /** ACT/365F, >= 0. */
  readonly yearsToExpiry: number;
  /**
   * Undiscounted price, quote currency per unit of underlying. Give the out-of-the-money side where there is a choice: of an
   * in-the-money price only the digits beyond the intrinsic value count.
   */
  readonly price: number;
  readonly putCall: PutCall;
};

export type DiscountedImpliedVolInput = Omit<ImpliedVolInput, "price"> & {
  /** Price paid now, quote currency per unit of underlying. */
  readonly price: number;
  /** Value now of one unit of quote currency paid at expiry, > 0: exp(-rate × yearsToExpiry). Above 1 when rates are negative. */
  readonly discountFactor: number;
};

export type BlackScholesImpliedVolInput = {
  /** Quote currency per unit of underlying, > 0. */
  readonly spot: number;
  /** Same unit as `spot`, > 0. */
  readonly strike: number;
  /** ACT/365F, >= 0. */
  readonly yearsToExpiry: number;
  /** Continuously compounded interest rate per year. */
  readonly rate: number;
  /** Continuously compounded dividend or foreign yield per year. */
  readonly yield: number;
  /** Price paid now, quote currency per unit of underlying. */
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

// Written and read within one call and never across calls.
const block = newTotalVolBlock();

/** The outcome of posing and solving the option in the first row of the block. */
const resultOf = (status: number): ImpliedVolResult => {
  if (status === problemStatus.noTimeValue) return { kind: "vol", vol: 0 };
  if (status === problemStatus.belowIntrinsic) return { kind: "below_intrinsic" };
  if (status === problemStatus.aboveMaximum) return { kind: "above_maximum" };
  if (status === problemStatus.noSolution) return { kind: "no_solution" };
  const vol = (block.totalVol[0] ?? NaN) / Math.sqrt(block.yearsToExpiry[0] ?? NaN);
  return vol === vol ? { kind: "vol", vol } : { kind: "no_solution" };
};

const requireNumber = (name: string, value: number): void => {
  if (value !== value) throw new PricingError("invalid_input", `${name} must be a number, got ${value}`);
};

/**
 * The volatility at which Black-76 gives this price. On out-of-the-money prices relative error below max(2e-15, 2 c),
 * c = price × 2^-53 / (vega × vol) being what the rounding of the price itself costs; in the money the same with the rounding of
 * the price beyond its intrinsic value. A time value in the money below one ulp of the forward counts as none.
 * Throws PricingError `invalid_input` for a price that is NaN and for arguments out of range.
 */
export const impliedVol = (input: ImpliedVolInput): ImpliedVolResult => {
  const { forward, strike, yearsToExpiry, price } = input;
  requirePositive("forward", forward);
  requirePositive("strike", strike);
  requireNotNegative("yearsToExpiry", yearsToExpiry);
  requireNumber("price", price);
  block.assetLeg[0] = forward;
  block.strikeLeg[0] = strike;
  block.yearsToExpiry[0] = yearsToExpiry;
  block.price[0] = price;
  const status = poseProblem(block, 0, input.putCall === "call");
  if (status === problemStatus.posed) {
    writeDistances(block, 1);
    solveTotalVols(block, 1);
  }
  return resultOf(status);
};

/** As `impliedVol`, of a price paid now: the price over its discount factor is the undiscounted one. */
export const discountedImpliedVol = (input: DiscountedImpliedVolInput): ImpliedVolResult => {
  const { forward, strike, yearsToExpiry, price, discountFactor, putCall } = input;
  requirePositive("discountFactor", discountFactor);
  return impliedVol({ forward, strike, yearsToExpiry, price: price / discountFactor, putCall });
};

/**
 * As `impliedVol`, of a price paid now of an option on a spot price (Black–Scholes–Merton). Intrinsic value and maximum are those of
 * the legs' present values, spot × exp(-yield × yearsToExpiry) and strike × exp(-rate × yearsToExpiry), which must be finite and > 0.
 */
export const blackScholesImpliedVol = (input: BlackScholesImpliedVolInput): ImpliedVolResult => {
  const { spot, strike, yearsToExpiry, rate, price } = input;
  requirePositive("spot", spot);
  requirePositive("strike", strike);
  requireNotNegative("yearsToExpiry", yearsToExpiry);
  requireFinite("rate", rate);
  requireFinite("yield", input.yield);
  requireNumber("price", price);
  const assetLeg = spot * exp(-input.yield * yearsToExpiry);
  const strikeLeg = strike * exp(-rate * yearsToExpiry);
  requirePositive("spot × exp(-yield × yearsToExpiry)", assetLeg);
  requirePositive("strike × exp(-rate × yearsToExpiry)", strikeLeg);
  block.assetLeg[0] = assetLeg;
  block.strikeLeg[0] = strikeLeg;
  block.yearsToExpiry[0] = yearsToExpiry;
  block.price[0] = price;
  const status = poseProblem(block, 0, input.putCall === "call");
  if (status === problemStatus.posed) {
    block.distance[0] = Math.abs(logRatio(spot, strike) + (rate - input.yield) * yearsToExpiry);
    solveTotalVols(block, 1);
  }
  return resultOf(status);
};
