import { DAYS_PER_YEAR, VOL_POINTS_PER_UNIT, type PutCall } from "../european/black.ts";
import { blackBlock, evaluateApart, evaluateBlackBlock, remainderOfTotalVol, signedAsset, signedStrike } from "../european/black-block.ts";
import { requireNotNegative, requirePositive } from "../errors.ts";
import { logRatio } from "../kernels/log-ratio.ts";

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

const { assetLeg, strikeLeg, logMoneyness, totalVol, slope, outPrice, inverseTotalVol } = blackBlock;

/** Evaluates one undiscounted option as the only row of the block. */
const evaluateOne = ({ forward, strike, yearsToExpiry, vol }: InverseOptionInput): void => {
  assetLeg[0] = forward;
  strikeLeg[0] = strike;
  logMoneyness[0] = logRatio(forward, strike);
  totalVol[0] = vol * Math.sqrt(yearsToExpiry);
  if (evaluateBlackBlock(1)) evaluateApart(0, 0, remainderOfTotalVol(vol, yearsToExpiry));
};

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
  evaluateOne(input);
  const sign = input.putCall === "call" ? 1 : -1;
  const rootYears = Math.sqrt(yearsToExpiry);
  const density = slope[0] ?? NaN;
  // As the Black-76 batch does it, so that both give the same bits.
  const perForward = 1 / forward;
  const quotePrice = (outPrice[0] ?? NaN) + Math.max(sign * (forward - strike), 0);
  const premiumAdjustedDelta = signedStrike(0, sign) / forward;
  const coinDelta = premiumAdjustedDelta / forward;
  const gamma = perForward * (density * (inverseTotalVol[0] ?? NaN)) * perForward;
  const decay = density === 0 ? 0 : (density * vol) / (2 * rootYears);
  return {
    quotePrice,
    coinPrice: quotePrice / forward,
    blackScholesDelta: perForward * signedAsset(0, sign),
    premiumAdjustedDelta,
    gamma,
    premiumAdjustedGamma: gamma - coinDelta,
    coinDeltaPerQuote: coinDelta,
    coinGammaPerQuote: (gamma - 2 * coinDelta) / forward,
    coinVegaPerVolPoint: (density * rootYears) / forward / VOL_POINTS_PER_UNIT,
    coinThetaPerDay: 0 - decay / forward / DAYS_PER_YEAR,
  };
};
