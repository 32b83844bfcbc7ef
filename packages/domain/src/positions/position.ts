import { divide, roundCoin, zero, type Decimal } from "../decimals/decimal.ts";
import { priceOf, valueOf, type ContractTerms } from "./contract-terms.ts";

/**
 * One instrument's position in one book, exact, in the instrument's settlement currency. A value: functions return a new one.
 * What was earned is never accumulated apart from what was paid: realized P&L is `tradeCash + openCost + settlementCash`, so
 * realized + unrealized is the cash that flowed plus the value of what is left, to the last digit.
 */
export type Position = {
  /** Contracts, signed. */
  readonly quantity: Decimal;
  /** What the open quantity was worth when it was entered, at average cost; 0 when flat. */
  readonly openCost: Decimal;
  /** Minus the value of everything bought plus that of everything sold; fees apart. */
  readonly tradeCash: Decimal;
  /** Cash received (paid if negative) at settlement of options. */
  readonly settlementCash: Decimal;
  /** Fees paid; negative when rebates prevail. */
  readonly fees: Decimal;
};

/** One execution. `quantity` is signed: bought > 0, sold < 0. */
export type Trade = { readonly quantity: Decimal; readonly price: Decimal; readonly fee: Decimal };

export const flatPosition: Position = { quantity: zero, openCost: zero, tradeCash: zero, settlementCash: zero, fees: zero };

/** Cost of what remains after a reduction, at the same average price. The division is the named one. */
const remainingCost = (position: Position, remaining: Decimal, coin: boolean): Decimal => {
  const cost = divide(position.openCost.times(remaining), position.quantity);
  return coin ? roundCoin(cost) : cost;
};

const costAfter = (terms: ContractTerms, position: Position, trade: Trade): Decimal => {
  const { quantity, openCost } = position;
  const after = quantity.plus(trade.quantity);
  if (after.isZero()) return zero;
  if (quantity.isZero() || quantity.isNegative() === trade.quantity.isNegative()) return openCost.plus(valueOf(terms, trade.quantity, trade.price));
  const flipped = after.isNegative() !== quantity.isNegative();
  return flipped ? valueOf(terms, after, trade.price) : remainingCost(position, after, terms.coin);
};

/** Adds an execution: average cost, a reduction realizes, a flip opens the rest at the trade's price. */
export const applyTrade = (terms: ContractTerms, position: Position, trade: Trade): Position => ({
  quantity: position.quantity.plus(trade.quantity),
  openCost: costAfter(terms, position, trade),
  tradeCash: position.tradeCash.minus(valueOf(terms, trade.quantity, trade.price)),
  settlementCash: position.settlementCash,
  fees: position.fees.plus(trade.fee),
});

/** Ends the position: `cash` is what the settlement pays. The premium stays in `tradeCash`. */
export const settle = (position: Position, cash: Decimal): Position => ({
  ...position,
  quantity: zero,
  openCost: zero,
  settlementCash: position.settlementCash.plus(cash),
});

/** P&L of what was closed, settlement included, fees apart. */
export const realizedPnl = (position: Position): Decimal => position.tradeCash.plus(position.openCost).plus(position.settlementCash);

/** P&L of the open quantity if it were closed at `mark` (> 0). */
export const unrealizedPnl = (terms: ContractTerms, position: Position, mark: Decimal): Decimal =>
  valueOf(terms, position.quantity, mark).minus(position.openCost);

/** Average entry price of the open quantity, 34 digits; undefined when flat. */
export const averagePrice = (terms: ContractTerms, position: Position): Decimal | undefined =>
  position.quantity.isZero() || position.openCost.isZero() ? undefined : priceOf(terms, position.quantity, position.openCost);
