import { PricingError, requireNotNegative, requirePositive } from "../errors.ts";
import { impliedVol, type ImpliedVolInput, type ImpliedVolResult } from "./implied-vol.ts";

export type ImpliedVolIntervalInput = Omit<ImpliedVolInput, "price"> & {
  /** Undiscounted best bid, >= 0; left out when nobody bids. */
  readonly bid?: number;
  /** Undiscounted best ask, >= 0; left out when nobody offers. */
  readonly ask?: number;
};

export type VolBound = {
  /** Annualised lognormal volatility, 0 to Infinity. */
  readonly vol: number;
  /** Why it lies where it lies: the quote's own volatility, or an open end (0 below, Infinity above) because the quote says nothing. */
  readonly reason:
    | "quoted"
    /** There is no quote on this side. */
    | "no_quote"
    /** The bid is below the intrinsic value: every volatility is worth more. */
    | "below_intrinsic"
    /** The ask is at or above what an infinite volatility gives: every volatility is worth less. */
    | "above_maximum"
    /** At expiry no volatility has a time value; the ask is above all of them. */
    | "expired";
};

/** The volatilities at which the option is worth no less than the bid and no more than the ask. */
export type ImpliedVolInterval =
  | { readonly kind: "interval"; readonly low: VolBound; readonly high: VolBound }
  /** The bid is above the ask. */
  | { readonly kind: "crossed" }
  /** The ask is below the intrinsic value: no volatility is worth so little. */
  | { readonly kind: "below_intrinsic" }
  /** The bid is at or above what an infinite volatility gives: no volatility is worth so much. */
  | { readonly kind: "above_maximum" }
  /** The bid holds a time value at expiry. */
  | { readonly kind: "no_solution" };

type Refusal = Exclude<ImpliedVolInterval, { readonly kind: "interval" }>;

const lowOf = (bid: ImpliedVolResult | undefined): VolBound | Refusal => {
  if (bid === undefined) return { vol: 0, reason: "no_quote" };
  if (bid.kind === "vol") return { vol: bid.vol, reason: "quoted" };
  return bid.kind === "below_intrinsic" ? { vol: 0, reason: "below_intrinsic" } : bid;
};

const highOf = (ask: ImpliedVolResult | undefined): VolBound | Refusal => {
  if (ask === undefined) return { vol: Infinity, reason: "no_quote" };
  if (ask.kind === "vol") return { vol: ask.vol, reason: "quoted" };
  if (ask.kind === "below_intrinsic") return ask;
  return { vol: Infinity, reason: ask.kind === "above_maximum" ? "above_maximum" : "expired" };
};

/**
 * The interval of volatilities that a bid and an ask leave. Quotes below the intrinsic value or beyond the maximum open the interval on
 * their side when they exclude nothing, and refuse it when they exclude everything. Accuracy of each end as `impliedVol`.
 * Throws PricingError `invalid_input` for quotes that are NaN or negative and for arguments out of range.
 */
export const impliedVolInterval = (input: ImpliedVolIntervalInput): ImpliedVolInterval => {
  const { bid, ask, ...option } = input;
  requirePositive("forward", option.forward);
  requirePositive("strike", option.strike);
  requireNotNegative("yearsToExpiry", option.yearsToExpiry);
  const solve = (name: string, price: number | undefined): ImpliedVolResult | undefined => {
    if (price === undefined) return undefined;
    if (!(price >= 0)) throw new PricingError("invalid_input", `${name} must be >= 0, got ${price}`);
    return impliedVol({ ...option, price });
  };
  const low = lowOf(solve("bid", bid));
  const high = highOf(solve("ask", ask));
  if (bid !== undefined && ask !== undefined && bid > ask) return { kind: "crossed" };
  if ("kind" in low) return low;
  if ("kind" in high) return high;
  // Two quotes an ulp apart may come out in the other order.
  return { kind: "interval", low, high: high.vol < low.vol ? { ...high, vol: low.vol } : high };
};
