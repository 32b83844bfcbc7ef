import type { Fill, OrderReport, Side } from "@finality/contracts";
import { decimal, formatDecimal, roundCoin, roundToLot, valueOf, type Decimal } from "@finality/domain";
import type { NewVenueReport, VenueTerms } from "@finality/venues";
import type { Listing, Quote } from "./market.ts";

/** An accepted order that has not ended. Mutated by what happens to it. */
export type OpenOrder = {
  readonly clientOrderId: string;
  readonly account: string;
  readonly instrument: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly arrivesUs: number;
  filled: Decimal;
  /** Reports and fills made of it so far. */
  reports: number;
  state: "open" | "filled" | "cancelled";
};

/** Ends the order. Its fills come before. */
export const endOrder = (order: OpenOrder, state: "filled" | "cancelled", atUs: number, reason?: string): NewVenueReport => {
  order.state = state;
  order.reports += 1;
  const body: OrderReport = {
    reportId: `${order.clientOrderId}-v${String(order.reports)}`,
    account: order.account,
    commandId: order.clientOrderId,
    sequence: order.reports,
    state,
    cumulativeQuantity: formatDecimal(order.filled),
    venueTimeUs: atUs,
    ...(reason === undefined ? {} : { reason }),
  };
  return { type: "order_report", body };
};

/** Trades as much as the quote gives: a fill, and the order's end when it is complete; nothing where the side is missing or too small. */
export const tradeAt = (terms: VenueTerms, listing: Listing, order: OpenOrder, quote: Quote, atUs: number): readonly NewVenueReport[] => {
  const [price, size] = order.side === "buy" ? [quote.ask, quote.askSize] : [quote.bid, quote.bidSize];
  const quantity = quantityAt(terms, listing, order, size);
  if (price === undefined || quantity.lte(0)) return [];
  order.filled = order.filled.plus(quantity);
  order.reports += 1;
  const body: Fill = {
    // Every report of an order before its last one is a fill, so this counts its fills too.
    fillId: `${order.clientOrderId}-f${String(order.reports)}`,
    account: order.account,
    commandId: order.clientOrderId,
    sequence: order.reports,
    instrument: order.instrument,
    side: order.side,
    quantity: formatDecimal(quantity),
    price,
    fee: formatDecimal(feeOf(terms, listing, quantity, decimal(price))),
    cumulativeQuantity: formatDecimal(order.filled),
    liquidity: "taker",
    venueTimeUs: atUs,
  };
  const fill: NewVenueReport = { type: "fill", body };
  return order.filled.gte(order.quantity) ? [fill, endOrder(order, "filled", atUs)] : [fill];
};

/** What one quote gives an order: all that is left, or the stated share of the shown size, whole lots. */
const quantityAt = ({ maxShareOfSize }: VenueTerms, { lot }: Listing, order: OpenOrder, size: string | undefined): Decimal => {
  const left = order.quantity.minus(order.filled);
  if (maxShareOfSize === null || size === undefined) return left;
  const most = roundToLot(decimal(size).times(decimal(maxShareOfSize)), lot);
  return most.lt(left) ? most : left;
};

const feeOf = (terms: VenueTerms, { terms: contract }: Listing, quantity: Decimal, price: Decimal): Decimal => {
  const share = decimal(terms.feeShareOfNotional);
  const notional = share.isZero() ? share : valueOf(contract, quantity, price).abs();
  const fee = decimal(terms.feePerContract).times(quantity).plus(share.times(notional));
  return contract.coin ? roundCoin(fee) : fee;
};
