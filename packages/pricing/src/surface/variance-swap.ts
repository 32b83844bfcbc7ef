import { PricingError, requirePositive } from "../errors.ts";
import { blackGreeks, type PutCall } from "../european/black.ts";
import { logRatio } from "../kernels/log-ratio.ts";

export type VarianceStripInput = {
  /** Quote currency per unit of underlying, > 0. */
  readonly forward: number;
  /** ACT/365F, > 0. */
  readonly yearsToExpiry: number;
  /** Strikes in rising order, each > 0. The two outermost carry no option: they say how far the outermost options reach. */
  readonly strikes: readonly number[];
  /** One of the inner strikes, near the forward: puts at and below it, calls at and above it. */
  readonly anchorStrike: number;
  /** Annualised lognormal vol of a strike, such as `sviVol` of a fit. */
  readonly volOfStrike: (strike: number) => number;
};

export type VarianceStrip = {
  /** Variance a year, vol²; its root is the fair strike of a variance swap in vol. */
  readonly fairVariance: number;
  /** Options of the strip and how many of each, for one unit of variance a year. */
  readonly legs: readonly { readonly putCall: PutCall; readonly strike: number; readonly weight: number }[];
};

/** Adds the legs on one side, outward from the anchor: the payoff between two strikes is a straight line, each option bends it. */
const addSide = (input: VarianceStripInput, outward: readonly number[], putCall: PutCall, legs: VarianceStrip["legs"][number][]): void => {
  const payoff = (strike: number): number => (2 / input.yearsToExpiry) * ((strike - input.anchorStrike) / input.anchorStrike - logRatio(strike, input.anchorStrike));
  let slope = 0;
  for (const [i, strike] of outward.entries()) {
    const next = outward[i + 1];
    if (next === undefined) return;
    const steeper = Math.abs((payoff(next) - payoff(strike)) / (next - strike));
    legs.push({ putCall, strike, weight: steeper - slope });
    slope = steeper;
  }
};

/**
 * Fair variance by a strip of options that pays what a log contract pays, exactly at the strikes and more between. Source:
 * Demeterfi, Derman, Kamal & Zou, More than you ever wanted to know about volatility swaps (1999). Throws PricingError
 * `invalid_input` for strikes out of order and an anchor that is not an inner strike.
 */
export const varianceStrip = (input: VarianceStripInput): VarianceStrip => {
  const { forward, yearsToExpiry, strikes, anchorStrike, volOfStrike } = input;
  requirePositive("forward", forward);
  requirePositive("yearsToExpiry", yearsToExpiry);
  let previous = 0;
  for (const strike of strikes) {
    requirePositive("strikes", strike);
    if (strike <= previous) throw new PricingError("invalid_input", `strikes must rise, got ${strike} after ${previous}`);
    previous = strike;
  }
  const at = strikes.indexOf(anchorStrike);
  if (at < 1 || at > strikes.length - 2) throw new PricingError("invalid_input", `anchorStrike must be one of the inner strikes, got ${anchorStrike}`);
  const legs: VarianceStrip["legs"][number][] = [];
  addSide(input, strikes.slice(at), "call", legs);
  addSide(input, strikes.slice(0, at + 1).reverse(), "put", legs);
  let fairVariance = (2 / yearsToExpiry) * (logRatio(forward, anchorStrike) - (forward - anchorStrike) / anchorStrike);
  for (const { putCall, strike, weight } of legs) {
    fairVariance += weight * blackGreeks({ forward, strike, yearsToExpiry, vol: volOfStrike(strike), rate: 0, putCall }).price;
  }
  return { fairVariance, legs };
};
