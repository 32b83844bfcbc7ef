import type { Decision, HedgeDecided, RefusalReason, Side } from "@finality/contracts";
import { decimal, decimalFromNumber, formatDecimal, microseconds, middle, roundToLot, valueOf, zero, type Decimal } from "@finality/domain";
import type { BookState } from "../books/book-state.ts";
import { deltaPerContract } from "../books/value-book.ts";
import type { Interval } from "../books/valuation.ts";
import type { InstrumentState } from "../market/instrument-state.ts";
import { missingFills, openRemainder, signed } from "../orders/order.ts";
import { requireInstrument, type EngineState } from "../state/engine-state.ts";
import type { Band, HedgingPolicy } from "./band.ts";

/** A hedge that the policy wants. */
export type WantedHedge = { readonly policy: HedgingPolicy; readonly band: Band; readonly netDelta: Interval; readonly side: Side };

/** The desk says no: why, and about what. */
export type Objection = { readonly reason: RefusalReason; readonly subject: string };

type Quote = { readonly bid: Decimal; readonly ask: Decimal };

/** The hedge instrument's quote, if both sides are there and fresh. */
const freshQuote = (state: EngineState, book: BookState, instrument: InstrumentState): Quote | undefined => {
  const { bid, ask, quoteTimeUs } = instrument.market;
  if (bid === null || ask === null || quoteTimeUs === null) return undefined;
  if (state.facts.recordedTimeUs - quoteTimeUs > microseconds(book.facts.limits.maxQuoteAgeMs)) return undefined;
  return { bid: decimalFromNumber(bid), ask: decimalFromNumber(ask) };
};

const nearestEnd = ({ side, netDelta }: WantedHedge): number => (side === "buy" ? netDelta.high : netDelta.low);

/** A model value has no more digits to tell than these: six lots must not become five because a quotient came out as 5.999…9. */
const gapDigits = 12;

/** Contracts, unsigned, a multiple of the lot: the gap of the interval's end nearest the target, times the hedge ratio, toward zero. */
const quantityOf = (wanted: WantedHedge, instrument: InstrumentState, contractDelta: number): Decimal => {
  const gap = wanted.band.target - nearestEnd(wanted);
  const contracts = decimalFromNumber((gap * wanted.policy.hedgeRatio) / contractDelta).toSignificantDigits(gapDigits);
  return roundToLot(contracts, instrument.lot).abs();
};

/** Hedge position if every open order of this side fills, this one included. */
const positionAfter = (state: EngineState, book: BookState, side: Side, quantity: Decimal): Decimal => {
  let position = book.positions.get(book.facts.hedgeInstrument)?.position.quantity ?? zero;
  for (const index of book.facts.openOrders) {
    const order = state.orders.items[index];
    if (order === undefined) continue;
    position = position.plus(signed(order.side, missingFills(order)));
    if (order.side === side) position = position.plus(signed(side, openRemainder(order)));
  }
  return position.plus(signed(side, quantity));
};

const limitObjection = (state: EngineState, book: BookState, side: Side, quantity: Decimal): Objection | undefined => {
  const { limits } = book.facts;
  if (quantity.gt(decimal(limits.maxOrderQuantity))) return { reason: "limit", subject: "maxOrderQuantity" };
  const after = positionAfter(state, book, side, quantity);
  // An order that ends on the other side of zero or grows the position is judged; one that only shrinks it never is.
  const grows = after.isNegative() === signed(side, quantity).isNegative();
  return grows && after.abs().gt(decimal(limits.maxHedgePosition)) ? { reason: "limit", subject: "maxHedgePosition" } : undefined;
};

const cooldownObjection = (state: EngineState, book: BookState, policy: HedgingPolicy): Objection | undefined => {
  const { lastHedgeUs, lastHedge } = book.facts;
  if (lastHedgeUs === null || lastHedge === null) return undefined;
  const cooling = state.facts.recordedTimeUs - lastHedgeUs < microseconds(policy.cooldownMs);
  return cooling ? { reason: "cooldown", subject: lastHedge } : undefined;
};

const reasonOf = (policy: HedgingPolicy, side: Side): HedgeDecided["reason"] =>
  policy.type === "fixed_interval" ? "interval_elapsed" : side === "sell" ? "threshold_breach_up" : "threshold_breach_down";

type Priced = { readonly quantity: Decimal; readonly price: Decimal; readonly cost: Decimal; readonly spot: number };

const decided = (state: EngineState, book: BookState, wanted: WantedHedge, { quantity, price, cost, spot }: Priced): Decision => {
  const { facts } = book;
  return {
    type: "HedgeDecided",
    body: {
      book: facts.book,
      account: facts.account,
      instrument: facts.hedgeInstrument,
      side: wanted.side,
      quantity: formatDecimal(quantity),
      orderType: "market",
      reason: reasonOf(wanted.policy, wanted.side),
      netDelta: wanted.netDelta,
      band: wanted.band,
      gamma: facts.valuation.gamma ?? 0,
      spot,
      model: "black76",
      vols: [...facts.valuation.vols],
      expectedPrice: formatDecimal(price),
      expectedCost: cost.toNumber(),
      limits: { maxOrderQuantity: facts.limits.maxOrderQuantity, maxHedgePosition: facts.limits.maxHedgePosition },
      policy: wanted.policy,
      validUntilUs: state.facts.recordedTimeUs + microseconds(wanted.policy.validityMs),
    },
  };
};

/** The order for a wanted hedge, or what stands against it. Reads only. Cooldown, price, size and limits are checked in this order. */
export const hedgeOrder = (state: EngineState, book: BookState, wanted: WantedHedge): Decision | Objection => {
  const cooling = cooldownObjection(state, book, wanted.policy);
  if (cooling !== undefined) return cooling;
  const instrument = requireInstrument(state, book.facts.hedgeInstrument);
  const name = instrument.definition.instrument;
  const quote = freshQuote(state, book, instrument);
  const contractDelta = deltaPerContract(instrument);
  const { spot } = book.facts.valuation;
  if (quote === undefined || contractDelta === undefined || spot === null) return { reason: "stale_price", subject: name };
  const quantity = quantityOf(wanted, instrument, contractDelta);
  if (quantity.isZero()) return { reason: "too_small", subject: name };
  const overLimit = limitObjection(state, book, wanted.side, quantity);
  if (overLimit !== undefined) return overLimit;
  const price = wanted.side === "buy" ? quote.ask : quote.bid;
  const signedQuantity = signed(wanted.side, quantity);
  const cost = valueOf(instrument.terms, signedQuantity, price).minus(valueOf(instrument.terms, signedQuantity, middle(quote.bid, quote.ask)));
  return decided(state, book, wanted, { quantity, price, cost, spot });
};
