import { divide, roundCoin, zero, type Decimal } from "../decimals/decimal.ts";

/**
 * How a contract turns quantity and price into money.
 * `linear`: currency = quantity × multiplier × price (futures, perpetuals, spot, options; an inverse option's premium too, whose
 * price is in coin). `reciprocal`: coin = quantity × multiplier / price (inverse futures and perpetuals).
 */
export type ContractTerms = {
  readonly valuation: "linear" | "reciprocal";
  /** > 0. */
  readonly multiplier: Decimal;
  /** Money is a coin: amounts are rounded to 8 decimals. */
  readonly coin: boolean;
};

/** What a position of `quantity` (signed contracts) entered or marked at `price` (> 0) is worth, in the settlement currency; a reciprocal long is worth a negative amount that shrinks as the price rises. */
export const valueOf = (terms: ContractTerms, quantity: Decimal, price: Decimal): Decimal => {
  if (quantity.isZero()) return zero;
  const contracts = quantity.times(terms.multiplier);
  const value = terms.valuation === "linear" ? contracts.times(price) : divide(contracts, price).neg();
  return terms.coin ? roundCoin(value) : value;
};

/** Price at which `quantity` contracts (not zero) are worth `value`: the inverse of `valueOf`, 34 digits. */
export const priceOf = (terms: ContractTerms, quantity: Decimal, value: Decimal): Decimal => {
  const contracts = quantity.times(terms.multiplier);
  return terms.valuation === "linear" ? divide(value, contracts) : divide(contracts.neg(), value);
};
