import { requirePositive } from "../errors.ts";
import { parityLine, type ParityPoint } from "./parity-line.ts";

/** Call and put of one strike and expiry. In quote currency, or in coin where options settle in coin. */
export type ParityPair = {
  /** Quote currency per unit of underlying, > 0. */
  readonly strike: number;
  readonly callBid: number;
  readonly callAsk: number;
  readonly putBid: number;
  readonly putAsk: number;
};

export type ForwardInput = {
  readonly pairs: readonly ParityPair[];
  /** "coin": prices are in coin and the option pays max(±(S - strike), 0) / S coins (Deribit's inverse options). */
  readonly settlement: "quote" | "coin";
  /** Price now of 1 paid at expiry, in the currency of the prices, > 0; Deribit's is 1. Estimated from the slope when absent. */
  readonly discount?: number;
};

export type RefusedPair = {
  /** Among the pairs given. */
  readonly index: number;
  /** A bid or ask is missing, not positive or crossed; or the line that the others agree on lies outside what the pair's bids and asks allow. */
  readonly reason: "not_quoted" | "off_the_line";
};

export type ForwardEstimate =
  | {
      readonly kind: "forward";
      /** Quote currency per unit of underlying. */
      readonly forward: number;
      readonly discount: number;
      /** Of the forward, same unit: middle prices taken to err evenly within bid and ask, more when the pairs disagree by more. */
      readonly standardError: number;
      /** What every pair used allows at this discount: outside, buying one side and selling the other earns. */
      readonly forwardLow: number;
      readonly forwardHigh: number;
      /** Indices of the pairs used. */
      readonly used: readonly number[];
      readonly refused: readonly RefusedPair[];
    }
  /** One usable pair is needed when the discount is given, otherwise three of different strikes. */
  | { readonly kind: "refused"; readonly reason: "too_few_pairs" | "no_forward"; readonly refused: readonly RefusedPair[] };

/** A pair that is locked on both sides counts as this part of its strike (or of one coin) wide. */
const NARROWEST = 1e-9;

const isQuoted = (bid: number, ask: number): boolean => bid > 0 && bid <= ask && ask < Infinity;

/** A pair as a point of the line, or undefined when it is not quoted. */
const pointOf = ({ strike, callBid, callAsk, putBid, putAsk }: ParityPair, index: number, isCoin: boolean): ParityPoint | undefined => {
  if (!(strike > 0 && strike < Infinity && isQuoted(callBid, callAsk) && isQuoted(putBid, putAsk))) return undefined;
  const low = callBid - putAsk;
  const high = callAsk - putBid;
  return { index, strike, difference: 0.5 * (low + high), halfWidth: Math.max(0.5 * (high - low), NARROWEST * (isCoin ? 1 : strike)) };
};

/**
 * The forward that put–call parity implies: call less put is discount × (forward - strike), in coin discount × (1 - strike /
 * forward), a straight line in the strike either way, through 0 at the forward. A median line first, then least squares weighed
 * by one over the pair's width squared, over the pairs whose bids and asks let that line through. American options keep parity
 * only nearly: give strikes near the money. Throws PricingError `invalid_input` for a discount out of range.
 */
export const forwardFromParity = ({ pairs, settlement, discount }: ForwardInput): ForwardEstimate => {
  if (discount !== undefined) requirePositive("discount", discount);
  const isCoin = settlement === "coin";
  const refused: RefusedPair[] = [];
  const points: ParityPoint[] = [];
  for (const [index, pair] of pairs.entries()) {
    const point = pointOf(pair, index, isCoin);
    if (point === undefined) refused.push({ index, reason: "not_quoted" });
    else points.push(point);
  }
  const line = parityLine(points, discount === undefined ? undefined : isCoin ? { at0: discount } : { slope: -discount });
  if (line === undefined) return { kind: "refused", reason: "too_few_pairs", refused };
  for (const { index } of line.off) refused.push({ index, reason: "off_the_line" });
  refused.sort((x, y) => x.index - y.index);
  const forward = line.at0 / -line.slope;
  const found = isCoin ? line.at0 : -line.slope;
  if (!(forward > 0 && forward < Infinity && found > 0)) return { kind: "refused", reason: "no_forward", refused };
  let forwardLow = 0;
  let forwardHigh = Infinity;
  for (const { strike, difference, halfWidth } of line.used) {
    const low = difference - halfWidth;
    const high = difference + halfWidth;
    forwardLow = Math.max(forwardLow, isCoin ? (found * strike) / (found - low) : strike + low / found);
    // A call worth as much as the coin itself bounds nothing from above.
    if (!isCoin || high < found) forwardHigh = Math.min(forwardHigh, isCoin ? (found * strike) / (found - high) : strike + high / found);
  }
  const used = line.used.map(({ index }) => index);
  return { kind: "forward", forward, discount: found, standardError: line.crossingError, forwardLow, forwardHigh, used, refused };
};
