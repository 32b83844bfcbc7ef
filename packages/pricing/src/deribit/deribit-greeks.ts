import { requireFinite, requireNotNegative, requirePositive } from "../errors.ts";
import type { PutCall } from "../european/black.ts";
import { blackFullGreeks } from "../european/full-greeks.ts";

export type DeribitOptionInput = {
  /** `underlying_price`: the forward that Deribit prices the expiry on, US dollars, > 0. Not the index. */
  readonly underlyingPrice: number;
  readonly strike: number;
  /** Milliseconds since 1970 of the valuation and of the expiry (08:00 UTC of its day). */
  readonly atMs: number;
  readonly expiryMs: number;
  /** `mark_iv` / 100: 0.677 for 67.7. >= 0. */
  readonly vol: number;
  readonly putCall: PutCall;
  /** Deribit's own mark in coin where it is known: what theta is capped by. `vol` is rounded, so that a far option's value by it may be some percent off. */
  readonly markPrice?: number;
};

/** As Deribit's ticker publishes them, before its rounding. */
export type DeribitGreeks = {
  /** Coin per option on one coin: Black-76 at rate 0 over the underlying price. */
  readonly markPrice: number;
  /** US dollars. */
  readonly usdPrice: number;
  /** Black–Scholes delta, coins per option; not premium-adjusted. In the last 30 minutes Deribit publishes this times `deliveryShare`. */
  readonly delta: number;
  /** Of that delta, per US dollar. */
  readonly gamma: number;
  /** US dollars per vol point. */
  readonly vega: number;
  /** US dollars per day, never more than the option is worth or what is left of its life takes. */
  readonly theta: number;
  /** US dollars per 1 % of rate. */
  readonly rho: number;
};

const MILLISECONDS_PER_DAY = 86_400_000;
const DAYS_PER_YEAR = 365;
const DECAY_MS = 30 * 60_000;

/** Years as Deribit counts them: ms / (365 × 86,400,000); 0 at and after the expiry. */
export const deribitYears = (atMs: number, expiryMs: number): number => Math.max(expiryMs - atMs, 0) / (DAYS_PER_YEAR * MILLISECONDS_PER_DAY);

/**
 * Deribit's greeks of an option by its published conventions: Black-76 with rate 0 on `underlying_price`; theta of a day, or of the time
 * left if that is shorter, at most the option's value. Found by comparison with the exchange's tickers: all within their rounding.
 * Throws PricingError `invalid_input` for arguments out of range.
 */
export const deribitGreeks = ({ underlyingPrice, strike, atMs, expiryMs, vol, putCall, markPrice }: DeribitOptionInput): DeribitGreeks => {
  requirePositive("underlyingPrice", underlyingPrice);
  requireFinite("atMs", atMs);
  requireFinite("expiryMs", expiryMs);
  if (markPrice !== undefined) requireNotNegative("markPrice", markPrice);
  const yearsToExpiry = deribitYears(atMs, expiryMs);
  const greeks = blackFullGreeks({ forward: underlyingPrice, strike, yearsToExpiry, vol, rate: 0, putCall });
  const daysLeft = Math.min(yearsToExpiry * DAYS_PER_YEAR, 1);
  // At rate 0 the dual delta is -w N(w d2), and rho at fixed spot w K T N(w d2).
  return {
    markPrice: greeks.price / underlyingPrice,
    usdPrice: greeks.price,
    delta: greeks.delta,
    gamma: greeks.gamma,
    vega: greeks.vegaPerVolPoint,
    theta: 0 - Math.min(Math.abs(greeks.thetaPerDay) * daysLeft, markPrice === undefined ? greeks.price : markPrice * underlyingPrice),
    rho: (0 - strike * yearsToExpiry * greeks.dualDelta) / 100,
  };
};

/**
 * The part of an expiring option's delta and mark that still counts: over the last 30 minutes, while the delivery price is being averaged,
 * both fall to 0 in a straight line. 1 before, 0 at and after the expiry. A future that expires decays likewise, a perpetual never. Source: Deribit support, "Delta decay during settlement".
 */
export const deliveryShare = (atMs: number, expiryMs: number): number => Math.min(Math.max((expiryMs - atMs) / DECAY_MS, 0), 1);

export type DeltaTotalInput = {
  /** Options held: signed contracts of one coin, each with mark price in coin and Black–Scholes delta, which in the last 30 minutes is not Deribit's own, decayed one. */
  readonly options: readonly { readonly contracts: number; readonly delta: number; readonly markPrice: number; readonly expiryMs: number }[];
  /** Futures and perpetuals in coin: signed size in US dollars over the mark price. */
  readonly futuresCoin: number;
  readonly atMs: number;
};

/**
 * DeltaTotal in coin: futures plus, for each option, contracts × (delta - mark price), the premium-adjusted delta. With the equity added it is the
 * exposure of the account's US dollar value; 0 keeps the value in coin. Throws PricingError for numbers that are not finite.
 */
export const deltaTotal = ({ options, futuresCoin, atMs }: DeltaTotalInput): number => {
  requireFinite("futuresCoin", futuresCoin);
  requireFinite("atMs", atMs);
  let sum = futuresCoin;
  for (const { contracts, delta, markPrice, expiryMs } of options) {
    requireFinite("contracts", contracts);
    requireFinite("delta", delta);
    requireNotNegative("markPrice", markPrice);
    requireFinite("expiryMs", expiryMs);
    sum += contracts * (delta - markPrice) * deliveryShare(atMs, expiryMs);
  }
  return sum;
};
