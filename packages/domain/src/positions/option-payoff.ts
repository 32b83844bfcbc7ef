import { divide, roundCoin, zero, type Decimal } from "../decimals/decimal.ts";

export type OptionTerms = {
  readonly putCall: "put" | "call";
  /** > 0. */
  readonly strike: Decimal;
  /** > 0. */
  readonly multiplier: Decimal;
  /** `inverse` pays in coin: payoff / settlement price. */
  readonly settlement: "linear" | "inverse";
};

/** Cash that `quantity` contracts (signed) receive when the option settles at `price` (> 0), in the settlement currency. */
export const settlementCash = (terms: OptionTerms, quantity: Decimal, price: Decimal): Decimal => {
  const payoff = terms.putCall === "call" ? price.minus(terms.strike) : terms.strike.minus(price);
  if (payoff.lte(zero)) return zero;
  const cash = quantity.times(terms.multiplier).times(payoff);
  return terms.settlement === "linear" ? cash : roundCoin(divide(cash, price));
};
