import type { OrderState, Side } from "@finality/contracts";
import { decimal, zero, type Decimal } from "@finality/domain";

/** `decided`: recorded, nothing heard of it yet. The others are the states that reports carry. */
export type OrderLife = "decided" | OrderState;

/** One hedge order, from its decision on. Plain data but for the exact amounts; never forgotten, so that a late report finds it. */
export type Order = {
  readonly commandId: string;
  /** Position of its `HedgeDecided`. */
  readonly position: number;
  readonly book: string;
  readonly account: string;
  readonly instrument: string;
  readonly side: Side;
  /** Contracts, > 0. */
  readonly quantity: Decimal;
  readonly validUntilUs: number;
  state: OrderLife;
  /** Largest filled quantity that any report or fill has named. */
  cumulative: Decimal;
  /** Sum of the fills that arrived. */
  filled: Decimal;
  /** Sum of price × quantity of the fills that arrived. */
  notional: Decimal;
  fees: Decimal;
};

/** States only climb: a late `accepted` re-opens nothing, and of two ends the first counts (rule 15). */
const rank: Readonly<Record<OrderLife, number>> = { decided: 0, unknown: 1, accepted: 2, rejected: 3, cancelled: 3, expired: 3, filled: 3 };
const terminalRank = 3;

const isTerminal = (order: Order): boolean => rank[order.state] === terminalRank;

const larger = (a: Decimal, b: Decimal): Decimal => (a.gte(b) ? a : b);

/** Applies a report's state and cumulative quantity. */
export const noteReport = (order: Order, state: OrderState, cumulativeQuantity: string): void => {
  if (rank[state] > rank[order.state]) order.state = state;
  order.cumulative = larger(order.cumulative, decimal(cumulativeQuantity));
};

export type OrderFill = { readonly quantity: Decimal; readonly price: Decimal; readonly fee: Decimal; readonly cumulative: Decimal };

/** Applies a fill. Its cumulative quantity may name earlier fills that have not arrived yet. */
export const noteFill = (order: Order, fill: OrderFill): void => {
  order.filled = order.filled.plus(fill.quantity);
  order.notional = order.notional.plus(fill.quantity.times(fill.price));
  order.fees = order.fees.plus(fill.fee);
  order.cumulative = larger(larger(order.cumulative, fill.cumulative), order.filled);
};

/** Contracts (unsigned) that are filled for certain but whose fills have not arrived. */
export const missingFills = (order: Order): Decimal => order.cumulative.minus(order.filled);

/** Contracts (unsigned) that may still be filled: 0 once the order has ended. */
export const openRemainder = (order: Order): Decimal => {
  const remainder = order.quantity.minus(order.cumulative);
  return isTerminal(order) || remainder.lte(zero) ? zero : remainder;
};

/** Nothing more can come of it: no remainder, and every fill has arrived. */
export const isDone = (order: Order): boolean => openRemainder(order).isZero() && missingFills(order).isZero();

/** Signed by the order's side. */
export const signed = (side: Side, quantity: Decimal): Decimal => (side === "buy" ? quantity : quantity.neg());
