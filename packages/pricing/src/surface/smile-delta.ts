import { requireFinite, requirePositive } from "../errors.ts";

/**
 * How the smile moves with the forward, as Bergomi's skew stickiness ratio: what the at-the-money vol moves for one of ln(forward),
 * over the skew. Sticky strike: each strike keeps its vol. Sticky moneyness (sticky delta): the smile rides along with the
 * forward. Sticky local vol: the at-the-money vol moves twice as far as the skew, as short-dated local volatility has it.
 */
export const SKEW_STICKINESS = { stickyMoneyness: 0, stickyStrike: 1, stickyLocalVol: 2 } as const;

export type SmileDeltaInput = {
  /** Black delta at the option's own vol, d price / d forward with the vol held: what `blackGreeks` gives. */
  readonly delta: number;
  /** d price / d vol, per 1.00 of volatility, in the price's currency. */
  readonly vegaPerUnitVol: number;
  /** > 0. */
  readonly forward: number;
  /** d vol / d ln(strike / forward) at the option's strike, per 1.00 of log-moneyness; negative where puts cost more vol. */
  readonly volSlope: number;
  /** See `SKEW_STICKINESS`; any finite number, such as one measured. */
  readonly skewStickiness: number;
};

/**
 * Delta with the vol's own move: delta + vega × d vol / d forward, where d vol / d forward = (skewStickiness - 1) × volSlope /
 * forward at a fixed strike. With the usual negative slope sticky moneyness raises the delta, sticky local vol lowers it. For
 * coin-settled options take off the coin price as for the Black delta. Throws PricingError `invalid_input`.
 */
export const smileDelta = ({ delta, vegaPerUnitVol, forward, volSlope, skewStickiness }: SmileDeltaInput): number => {
  requireFinite("delta", delta);
  requireFinite("vegaPerUnitVol", vegaPerUnitVol);
  requirePositive("forward", forward);
  requireFinite("volSlope", volSlope);
  requireFinite("skewStickiness", skewStickiness);
  return delta + (vegaPerUnitVol * (skewStickiness - 1) * volSlope) / forward;
};
