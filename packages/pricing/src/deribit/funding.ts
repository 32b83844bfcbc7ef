import { PricingError, requireFinite, requireNotNegative, requirePositive } from "../errors.ts";

/** Premium within this of 0 costs nothing: 0.025 %. */
const DEAD_BAND = 0.00025;
const MILLISECONDS_PER_PERIOD = 8 * 3_600_000;

export type FundingInput = {
  /** Mark price of the perpetual and the index, same unit, > 0. */
  readonly mark: number;
  readonly index: number;
  /** Largest size of the rate for 8 hours, such as 0.005; the instrument's own. */
  readonly cap: number;
};

/**
 * Deribit's funding rate for 8 hours, a share of the position; longs pay when it is positive. The premium (mark - index) / index counts beyond the
 * dead band of ±0.025 % and up to the cap. Throws PricingError `invalid_input` for arguments out of range.
 */
export const fundingRate = ({ mark, index, cap }: FundingInput): number => {
  requirePositive("mark", mark);
  requirePositive("index", index);
  requireNotNegative("cap", cap);
  const premium = (mark - index) / index;
  const beyond = Math.max(DEAD_BAND, premium) + Math.min(-DEAD_BAND, premium);
  return Math.min(Math.max(beyond, -cap), cap);
};

/** The premium of a stretch of time, until the next one begins. */
export type FundingStretch = FundingInput & { readonly fromMs: number };

export type AccruedFunding = {
  /** Share of the position that longs pay over the whole time: the sum of rate × dt / 8 h. */
  readonly fraction: number;
  /** Coins that a long of one US dollar pays: the same with each stretch at its own index. */
  readonly coinPerUsd: number;
  /** US dollars that a linear long of one coin pays. */
  readonly usdPerCoin: number;
};

/**
 * Funding accrues every millisecond at the rate of that moment: here over stretches in which mark and index stay, oldest first, until `toMs`.
 * Throws PricingError `invalid_input` for stretches out of order.
 */
export const accruedFunding = (stretches: readonly FundingStretch[], toMs: number): AccruedFunding => {
  requireFinite("toMs", toMs);
  let [fraction, coinPerUsd, usdPerCoin] = [0, 0, 0];
  for (const [place, stretch] of stretches.entries()) {
    const endMs = stretches[place + 1]?.fromMs ?? toMs;
    if (!(endMs >= stretch.fromMs)) throw new PricingError("invalid_input", `fromMs must not fall, got ${endMs} after ${stretch.fromMs}`);
    const share = fundingRate(stretch) * ((endMs - stretch.fromMs) / MILLISECONDS_PER_PERIOD);
    fraction += share;
    coinPerUsd += share / stretch.index;
    usdPerCoin += share * stretch.index;
  }
  return { fraction, coinPerUsd, usdPerCoin };
};
