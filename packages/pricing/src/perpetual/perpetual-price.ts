import { PricingError, requireFinite, requireNotNegative, requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";

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
  /** Continuous, or once a period of so many years on the premium of the period that begins (`current`) or that ended (`previous`). */
  readonly funding: { readonly kind: "continuous" } | { readonly kind: "current" | "previous"; readonly yearsPerPeriod: number };
};

const requireInput = (input: PerpetualInput): void => {
  requirePositive("spot", input.spot);
  requireFinite("rate", input.rate);
  requireFinite("coinRate", input.coinRate);
  requirePositive("fundingPull", input.fundingPull);
  requireFinite("interestPart", input.interestPart);
  if (input.funding.kind !== "continuous") requireNotNegative("yearsPerPeriod", input.funding.yearsPerPeriod);
};

/** Growth of money and of coin over a period; 1 and 1 plus their rates where funding flows all the time. */
const linearRatio = ({ rate, coinRate, fundingPull: k, interestPart, funding }: PerpetualInput): number => {
  if (funding.kind === "continuous") return (k - interestPart) / (coinRate - rate + k);
  const [money, coin] = [exp(rate * funding.yearsPerPeriod), exp(coinRate * funding.yearsPerPeriod)];
  const paid = funding.kind === "previous" ? coin : money;
  return ((k - interestPart) * paid) / (coin - money + k * paid);
};

const inverseRatio = ({ rate, coinRate, fundingPull: k, interestPart, funding }: PerpetualInput): number => {
  if (funding.kind === "continuous") return (rate - coinRate + k) / (k - interestPart);
  const [money, coin] = [exp(rate * funding.yearsPerPeriod), exp(coinRate * funding.yearsPerPeriod)];
  const paid = funding.kind === "previous" ? money : coin;
  return (money - coin + k * paid) / ((k - interestPart) * paid);
};

/**
 * Price of a perpetual without arbitrage at constant rates. Source: Ackerer, Hugonnier & Jermann, Perpetual Futures Pricing (2024).
 * Throws PricingError `invalid_input` for arguments out of range, and where the pull is too weak to hold any price.
 */
export const perpetualPrice = (input: PerpetualInput): number => {
  requireInput(input);
  const ratio = input.settlement === "linear" ? linearRatio(input) : inverseRatio(input);
  if (!(ratio > 0 && ratio < Infinity)) throw new PricingError("invalid_input", `fundingPull must outweigh the rates, got ${input.fundingPull}`);
  return input.spot * ratio;
};
