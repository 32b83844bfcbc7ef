import { DAYS_PER_YEAR, VOL_POINTS_PER_UNIT, type PutCall } from "../european/black.ts";
import { evaluateBlackTerms, newBlackLegs, newBlackTerms } from "../european/black-terms.ts";
import { requireNotNegative, requirePositive } from "../errors.ts";
import { logRatio } from "../kernels/logarithm.ts";

export type InverseOptionInput = {
  /** US dollars (the strike's currency) per coin, > 0; Deribit's `underlying_price`, not the index. */
  readonly forward: number;
  /** Same unit as `forward`, > 0. */
  readonly strike: number;
  /** ACT/365F, >= 0; limits at 0 as in `BlackInput`. */
  readonly yearsToExpiry: number;
  /** Annualised lognormal volatility, >= 0; 0.2 is 20 %. */
  readonly vol: number;
  readonly putCall: PutCall;
};

/** Of one option on one coin that pays max(±(S - strike), 0) / S coins, rate 0. `quote` is the strike's currency. */
export type InverseOptionGreeks = {
  /** Value in quote currency: Black-76 at rate 0. */
  quotePrice: number;
  /** Value in coin: quotePrice / forward. */
  coinPrice: number;
  /** d quotePrice / d forward: the delta that Deribit publishes, coins per option. */
  blackScholesDelta: number;
  /** blackScholesDelta - coinPrice = forward × d coinPrice / d forward: coins to sell against one option held so that its coin value does not move. */
  premiumAdjustedDelta: number;
  /** d blackScholesDelta / d forward: the gamma that Deribit publishes. */
  gamma: number;
  /** d premiumAdjustedDelta / d forward. */
  premiumAdjustedGamma: number;
  /** d coinPrice / d forward, coins per unit of quote currency. */
  coinDeltaPerQuote: number;
  /** d² coinPrice / d forward². */
  coinGammaPerQuote: number;
  /** Change of coinPrice for +0.01 of vol. */
  coinVegaPerVolPoint: number;
  /** Change of coinPrice over one calendar day (1/365 year) at fixed forward. */
  coinThetaPerDay: number;
};

const legs = newBlackLegs();
const terms = newBlackTerms();

/**
 * Coin-settled (inverse) European option. The premium-adjusted delta is taken from its own closed form ±(K/F) N(±d2), not as
 * a difference, and keeps its digits in the wings. Limits and accuracy as `blackGreeks`. Source: Alexander & Imeraj, arXiv
 * 2107.12041. Throws PricingError `invalid_input` for arguments out of range.
 */
export const inverseOptionGreeks = (input: InverseOptionInput): InverseOptionGreeks => {
  const { forward, strike, yearsToExpiry, vol } = input;
  requirePositive("forward", forward);
  requirePositive("strike", strike);
  requireNotNegative("yearsToExpiry", yearsToExpiry);
  requireNotNegative("vol", vol);
  const rootYears = Math.sqrt(yearsToExpiry);
  legs.assetLeg = forward;
  legs.strikeLeg = strike;
  legs.logMoneyness = logRatio(forward, strike);
  legs.totalVol = vol * rootYears;
  evaluateBlackTerms(legs, terms);
  const isCall = input.putCall === "call";
  const quotePrice = isCall ? terms.callPrice : terms.putPrice;
  const moneyness = strike / forward;
  const premiumAdjustedDelta = isCall ? moneyness * terms.callStrikeProbability : 0 - moneyness * terms.putStrikeProbability;
  const coinDelta = premiumAdjustedDelta / forward;
  const density = terms.density;
  const gamma = density === 0 ? 0 : density / (forward * forward * legs.totalVol);
  const decay = density === 0 ? 0 : (density * vol) / (2 * rootYears);
  return {
    quotePrice,
    coinPrice: quotePrice / forward,
    blackScholesDelta: isCall ? terms.callAssetProbability : 0 - terms.putAssetProbability,
    premiumAdjustedDelta,
    gamma,
    premiumAdjustedGamma: gamma - coinDelta,
    coinDeltaPerQuote: coinDelta,
    coinGammaPerQuote: (gamma - 2 * coinDelta) / forward,
    coinVegaPerVolPoint: (density * rootYears) / forward / VOL_POINTS_PER_UNIT,
    coinThetaPerDay: 0 - decay / forward / DAYS_PER_YEAR,
  };
};
