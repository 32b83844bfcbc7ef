import type { BookLimits, HedgePolicy, RefusalReason, Side } from "@finality/contracts";
import { averagePrice, decimalFromNumber, divide, formatDecimal, type Decimal } from "@finality/domain";
import type { BookPosition, BookState } from "../books/book-state.ts";
import { meanAbsNetDelta } from "../books/exposure.ts";
import { higherGreeks, type HigherGreeks } from "../books/higher-greeks.ts";
import type { Condition, Interval } from "../books/valuation.ts";
import { bandOf, type Band } from "../hedging/band.ts";
import { markOf, type InstrumentState } from "../market/instrument-state.ts";
import type { Order, OrderLife } from "../orders/order.ts";
import { requireBook, requireInstrument, type EngineState } from "../state/engine-state.ts";
import { pnlOf, positionPnl, type PnlAmounts } from "./pnl.ts";

/** Amounts are exact decimal strings in `currency`; quantities are contracts. */
export type PositionView = {
  readonly instrument: string;
  readonly quantity: string;
  /** Entry price of the open quantity at average cost; null when flat. */
  readonly averagePrice: string | null;
  /** Null when flat or never marked. */
  readonly markPrice: string | null;
  readonly currency: string;
  /** Settlement included, fees apart. */
  readonly realizedPnl: string;
  readonly unrealizedPnl: string | null;
  /** The part of `realizedPnl` that came as settlement. */
  readonly settlementCash: string;
  readonly fees: string;
  readonly status: "open" | "awaiting_settlement" | "settled" | "flat";
};

/** Model values; units as in `Valuation`. Null where something was never known. */
export type GreeksView = {
  readonly spot: number | null;
  readonly netDelta: Interval | null;
  readonly optionDelta: number | null;
  readonly hedgeDelta: number | null;
  readonly gamma: number | null;
  readonly vegaPerVolPoint: number | null;
  readonly thetaPerDay: number | null;
  readonly band: Band | null;
  readonly condition: Condition;
  /** Null where the book's value is not known. */
  readonly higher: HigherGreeks | null;
};

/** A coin book's amounts in the quote currency, converted at `price`, the last index, recorded at `priceTimeUs`. */
type QuoteAmounts = { readonly price: string; readonly priceTimeUs: number; readonly netPnl: string; readonly cash: string };

/** Definitions in `PnlAmounts`. */
export type PnlView = {
  readonly currency: string;
  /** Half-spreads paid on booked trades. */
  readonly openingCost: string;
  /** Booked trades in instruments without any mark, which `openingCost` does not cover. */
  readonly tradesWithoutMark: number;
  readonly optionPnl: string;
  readonly hedgePnl: string;
  readonly settlement: string;
  readonly fees: string;
  readonly netPnl: string;
  readonly cash: string;
  /** The same in the quote currency of the index; null for a book that is not in coin, and before the first index. */
  readonly inQuote: QuoteAmounts | null;
  readonly unmarked: readonly string[];
  /** Currency per point; see `Exposure`. */
  readonly maxAbsNetDelta: number;
  readonly meanAbsNetDelta: number;
};

export type OrderView = {
  readonly commandId: string;
  readonly position: number;
  readonly book: string;
  readonly account: string;
  readonly instrument: string;
  readonly side: Side;
  readonly quantity: string;
  readonly cumulativeQuantity: string;
  /** Of the fills that arrived; null before the first. */
  readonly averagePrice: string | null;
  readonly fees: string;
  readonly state: OrderLife;
};

export type BookStatus = "trading" | "halted" | "held" | "suspended";

export type BookView = {
  readonly book: string;
  readonly account: string;
  readonly hedgeInstrument: string;
  readonly policy: HedgePolicy;
  readonly limits: BookLimits;
  readonly status: BookStatus;
  /** The fill, halt or error behind a status other than trading. */
  readonly statusSubject: string | null;
  /** The recorded reason for not hedging that has not ended. */
  readonly refusal: RefusalReason | null;
  /** Hedge orders decided. */
  readonly hedges: number;
  readonly lastHedgeUs: number | null;
  /** Sorted by instrument. */
  readonly positions: readonly PositionView[];
  readonly greeks: GreeksView;
  readonly pnl: PnlView;
  /** All orders of the book, in order of position. */
  readonly orders: readonly OrderView[];
};

const textOf = (value: Decimal | undefined): string | null => (value === undefined ? null : formatDecimal(value));

const statusOfPosition = ({ market }: InstrumentState, { position, settled }: BookPosition): PositionView["status"] => {
  if (position.quantity.isZero()) return settled ? "settled" : "flat";
  return market.expired ? "awaiting_settlement" : "open";
};

const positionView = (instrument: InstrumentState, held: BookPosition): PositionView => {
  const { position } = held;
  const { realized, unrealized } = positionPnl(instrument, held);
  return {
    instrument: instrument.definition.instrument,
    quantity: formatDecimal(position.quantity),
    averagePrice: textOf(averagePrice(instrument.terms, position)),
    markPrice: position.quantity.isZero() ? null : textOf(markOf(instrument)),
    currency: instrument.definition.currency,
    realizedPnl: formatDecimal(realized),
    unrealizedPnl: textOf(unrealized),
    settlementCash: formatDecimal(position.settlementCash),
    fees: formatDecimal(position.fees),
    status: statusOfPosition(instrument, held),
  };
};

const orderView = (order: Order): OrderView => ({
  commandId: order.commandId,
  position: order.position,
  book: order.book,
  account: order.account,
  instrument: order.instrument,
  side: order.side,
  quantity: formatDecimal(order.quantity),
  cumulativeQuantity: formatDecimal(order.cumulative),
  averagePrice: order.filled.isZero() ? null : formatDecimal(divide(order.notional, order.filled)),
  fees: formatDecimal(order.fees),
  state: order.state,
});

const greeksView = (state: EngineState, book: BookState): GreeksView => {
  const { condition, spot, netDelta, optionDelta, hedgeDelta, gamma, vegaPerVolPoint, thetaPerDay } = book.facts.valuation;
  return { condition, spot, netDelta, optionDelta, hedgeDelta, gamma, vegaPerVolPoint, thetaPerDay, band: bandOf(state, book) ?? null, higher: higherGreeks(state, book) };
};

const quoteAmounts = ({ facts: { index } }: EngineState, { netPnl, cash }: PnlAmounts): QuoteAmounts | null => {
  if (index.price === null || index.timeUs === null) return null;
  const price = decimalFromNumber(index.price);
  return { price: formatDecimal(price), priceTimeUs: index.timeUs, netPnl: formatDecimal(netPnl.times(price)), cash: formatDecimal(cash.times(price)) };
};

const pnlView = (state: EngineState, book: BookState): PnlView => {
  const amounts = pnlOf(state, book);
  const { optionPnl, hedgePnl, settlement, fees, netPnl, cash, unmarked } = amounts;
  const { exposure, tradesWithoutMark, hedgeInstrument } = book.facts;
  const { definition } = requireInstrument(state, hedgeInstrument);
  return {
    currency: definition.currency,
    openingCost: formatDecimal(book.openingCost),
    tradesWithoutMark,
    optionPnl: formatDecimal(optionPnl),
    hedgePnl: formatDecimal(hedgePnl),
    settlement: formatDecimal(settlement),
    fees: formatDecimal(fees),
    netPnl: formatDecimal(netPnl),
    cash: formatDecimal(cash),
    inQuote: definition.settlement === "inverse" ? quoteAmounts(state, amounts) : null,
    unmarked,
    maxAbsNetDelta: exposure.maxAbsNetDelta,
    meanAbsNetDelta: meanAbsNetDelta(exposure),
  };
};

const statusOf = (state: EngineState, { facts }: BookState): { readonly status: BookStatus; readonly statusSubject: string | null } => {
  if (facts.suspended) return { status: "suspended", statusSubject: facts.failure };
  const halt = state.facts.halted ?? facts.halted;
  if (halt !== null) return { status: "halted", statusSubject: halt };
  return facts.held === null ? { status: "trading", statusSubject: null } : { status: "held", statusSubject: facts.held };
};

/** Names of the books, sorted. */
export const bookNames = (state: EngineState): readonly string[] => [...state.books.keys];

/** Everything that a person sees of a book, true at the state's position. Throws EngineError `unknown_reference`. */
export const bookView = (state: EngineState, bookName: string): BookView => {
  const book = requireBook(state, bookName);
  const { facts } = book;
  const { account, hedgeInstrument, policy, limits, hedges, lastHedgeUs } = facts;
  return {
    book: facts.book,
    account,
    hedgeInstrument,
    policy,
    limits,
    ...statusOf(state, book),
    refusal: facts.refusal?.reason ?? null,
    hedges,
    lastHedgeUs,
    positions: book.positions.entries().map(([name, held]) => positionView(requireInstrument(state, name), held)),
    greeks: greeksView(state, book),
    pnl: pnlView(state, book),
    orders: book.orders.flatMap((index) => state.orders.items[index] ?? []).map(orderView),
  };
};
