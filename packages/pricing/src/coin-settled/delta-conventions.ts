import { PricingError, requireFinite, requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { inverseNormalDistribution } from "../kernels/inverse-normal.ts";
import { logRatio } from "../kernels/log-ratio.ts";
import { normalDistribution } from "../kernels/normal.ts";

/**
 * What "delta" counts: coins at once (`spot`) or at expiry (`forward`), and whether the premium, which is paid in coin, is taken off
 * (`premium_adjusted_…`; the forward one is a coin-settled option's own delta in coin).
 */
export type DeltaConvention = "spot" | "forward" | "premium_adjusted_spot" | "premium_adjusted_forward";

export type DeltaTerms = {
  readonly convention: DeltaConvention;
  readonly putCall: "put" | "call";
  /** Quote currency per coin, > 0. */
  readonly spot: number;
  /** Discount factors of quote currency and of coin to the expiry, > 0. The forward is spot × coinDiscount / quoteDiscount. */
  readonly quoteDiscount: number;
  readonly coinDiscount: number;
  /** vol × sqrt(yearsToExpiry), > 0. */
  readonly totalVol: number;
};

const forwardOf = ({ spot, quoteDiscount, coinDiscount }: DeltaTerms): number => (spot * coinDiscount) / quoteDiscount;
const isAdjusted = ({ convention }: DeltaTerms): boolean => convention.startsWith("premium_adjusted");
const factorOf = ({ convention, coinDiscount }: DeltaTerms): number => (convention === "spot" || convention === "premium_adjusted_spot" ? coinDiscount : 1);
const signOf = ({ putCall }: DeltaTerms): 1 | -1 => (putCall === "call" ? 1 : -1);

const requireTerms = (terms: DeltaTerms): void => {
  requirePositive("spot", terms.spot);
  requirePositive("quoteDiscount", terms.quoteDiscount);
  requirePositive("coinDiscount", terms.coinDiscount);
  requirePositive("totalVol", terms.totalVol);
};

/** Delta of a strike: w N(w d1), premium-adjusted w (K / F) N(w d2), times the coin's discount for the spot ones. Throws PricingError for arguments out of range. */
export const deltaOfStrike = (terms: DeltaTerms, strike: number): number => {
  requireTerms(terms);
  requirePositive("strike", strike);
  const forward = forwardOf(terms);
  const sign = signOf(terms);
  const z = logRatio(forward, strike) / terms.totalVol;
  if (!isAdjusted(terms)) return sign * factorOf(terms) * normalDistribution(sign * (z + 0.5 * terms.totalVol));
  return sign * factorOf(terms) * (strike / forward) * normalDistribution(sign * (z - 0.5 * terms.totalVol));
};

const BISECTIONS_MAX = 200;

/** Log-moneyness ln(K/F) at which a premium-adjusted call delta is largest: below it, deltas fall again. */
const peakOf = (terms: DeltaTerms): number => {
  const slopeSign = (k: number): number => {
    const step = 1e-6;
    return deltaOfStrike(terms, forwardOf(terms) * exp(k + step)) - deltaOfStrike(terms, forwardOf(terms) * exp(k - step));
  };
  let [low, high] = [-40 * terms.totalVol - 1, 2 * terms.totalVol * terms.totalVol + terms.totalVol];
  for (let step = 0; step < BISECTIONS_MAX && high - low > 1e-12 * (1 + Math.abs(low)); step += 1) {
    const middle = 0.5 * (low + high);
    if (slopeSign(middle) > 0) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
};

const noStrike = (delta: number): never => {
  throw new PricingError("invalid_input", `delta must be one that some strike has, got ${delta}`);
};

/** Bisects between two log-moneynesses, at one of which delta lies above the target and at the other below. */
const bisect = (terms: DeltaTerms, delta: number, ends: { readonly low: number; readonly high: number }): number => {
  const forward = forwardOf(terms);
  const above = (k: number): boolean => deltaOfStrike(terms, forward * exp(k)) > delta;
  let { low, high } = ends;
  const lowIsAbove = above(low);
  if (lowIsAbove === above(high)) return noStrike(delta);
  for (let step = 0; step < BISECTIONS_MAX && high - low > 1e-15 * (1 + Math.abs(low)); step += 1) {
    const middle = 0.5 * (low + high);
    if (above(middle) === lowIsAbove) low = middle;
    else high = middle;
  }
  return forward * exp(0.5 * (low + high));
};

/**
 * The strike that has a delta. A premium-adjusted call's delta rises and falls again with the strike: of its two strikes the one above the peak is given, which
 * the market means. Throws PricingError `invalid_input` for a delta that no strike has.
 */
export const strikeOfDelta = (terms: DeltaTerms, delta: number): number => {
  requireTerms(terms);
  requireFinite("delta", delta);
  const sign = signOf(terms);
  // Beyond the last strike that a double can tell from infinity a delta of 0 would be found.
  if (!(sign * delta > 0)) return noStrike(delta);
  const forward = forwardOf(terms);
  const wide = 40 * terms.totalVol + terms.totalVol * terms.totalVol;
  if (!isAdjusted(terms)) {
    const probability = (sign * delta) / factorOf(terms);
    if (!(probability > 0 && probability < 1)) return noStrike(delta);
    return forward * exp(terms.totalVol * (0.5 * terms.totalVol - sign * inverseNormalDistribution(probability)));
  }
  return bisect(terms, delta, terms.putCall === "call" ? { low: peakOf(terms), high: wide } : { low: -wide, high: wide + 10 });
};
