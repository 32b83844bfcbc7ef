import { PricingError, requireFinite, requirePositive } from "../errors.ts";
import { expm1 } from "../kernels/expm1.ts";

export type PerpetualInput = {
  /** Quote currency per coin, > 0. */
  readonly spot: number;
  /** Continuous rates per year in quote currency and in coin. */
  readonly rate: number;
  readonly coinRate: number;
  /** How strongly funding pulls: share of the premium paid a year (continuous), or a period. > 0. */
  readonly fundingPull: number;
  /** Interest part of the funding, on the same time. */
  readonly interestPart: number;
  /** What the profit is settled in: quote currency, or coin. */
  readonly settlement: "linear" | "inverse";
  /** Continuous, or at the end of each period of so many years, on the prices of that moment (`current`) or of the period's beginning (`previous`). */
  readonly funding: { readonly kind: "continuous" } | { readonly kind: "current" | "previous"; readonly yearsPerPeriod: number };
};

const requireInput = (input: PerpetualInput): void => {
  requirePositive("spot", input.spot);
  requireFinite("rate", input.rate);
  requireFinite("coinRate", input.coinRate);
  requirePositive("fundingPull", input.fundingPull);
  requireFinite("interestPart", input.interestPart);
  if (input.funding.kind !== "continuous") requirePositive("yearsPerPeriod", input.funding.yearsPerPeriod);
};

/**
 * What the carry adds to the perpetual's price over a period (a year where funding flows all the time), in the currency of its profit, as seen from
 * the prices that the payment is taken on. The difference of two growths is never formed: over short periods nothing would be left of it.
 */
const carryOf = ({ rate, coinRate, settlement, funding }: PerpetualInput): number => {
  const carry = settlement === "linear" ? rate - coinRate : coinRate - rate;
  if (funding.kind === "continuous") return carry;
  return funding.kind === "previous" ? expm1(carry * funding.yearsPerPeriod) : 0 - expm1(0 - carry * funding.yearsPerPeriod);
};

/**
 * Price of a perpetual without arbitrage at constant rates. Source: Ackerer, Hugonnier & Jermann, Perpetual Futures Pricing (2024).
 * Throws PricingError `invalid_input` for arguments out of range, and where the pull is too weak to hold any price.
 */
export const perpetualPrice = (input: PerpetualInput): number => {
  requireInput(input);
  const { spot, fundingPull, interestPart, settlement } = input;
  const carry = carryOf(input);
  // Both must pull towards the spot: two that push away from it have a positive quotient too, but no price.
  if (!(fundingPull > carry)) throw new PricingError("invalid_input", `fundingPull must outweigh the rates, which take ${carry}, got ${fundingPull}`);
  if (!(fundingPull > interestPart)) throw new PricingError("invalid_input", `fundingPull must be > interestPart ${interestPart}, got ${fundingPull}`);
  const [held, charged] = [fundingPull - carry, fundingPull - interestPart];
  return settlement === "linear" ? (spot * charged) / held : (spot * held) / charged;
};
