import type { BookedTrade, Fill } from "@finality/contracts";
import { applyTrade, decimal, flatPosition, invariant, settle, valueOf, zero, type Decimal } from "@finality/domain";
import { markOf, type InstrumentState } from "../market/instrument-state.ts";
import { watchStrike } from "../market/strike-vol.ts";
import { isDone, noteFill, signed } from "../orders/order.ts";
import { orderById, requireBook, requireInstrument, type EngineState } from "../state/engine-state.ts";
import { start } from "./exposure.ts";
import type { BookPosition, BookState } from "./book-state.ts";

const positionIn = (state: EngineState, book: BookState, instrument: InstrumentState): BookPosition => {
  const name = instrument.definition.instrument;
  let held = book.positions.get(name);
  if (held === undefined) {
    held = { position: flatPosition, contracts: 0, settled: false };
    book.positions.set(name, held);
    watchStrike(state, instrument);
  }
  return held;
};

const refreshContracts = (held: BookPosition, instrument: InstrumentState): void => {
  held.contracts = held.position.quantity.times(instrument.terms.multiplier).toNumber();
};

type Execution = { readonly quantity: Decimal; readonly price: Decimal; readonly fee: Decimal };

const execute = (state: EngineState, book: BookState, instrument: InstrumentState, execution: Execution): void => {
  const held = positionIn(state, book, instrument);
  held.position = applyTrade(instrument.terms, held.position, execution);
  held.settled = false;
  refreshContracts(held, instrument);
  start(book.facts.exposure);
};

/** What the trade cost against the mark: the half-spread paid, exact. */
const addOpeningCost = (book: BookState, instrument: InstrumentState, quantity: Decimal, price: Decimal): void => {
  const mark = markOf(instrument);
  if (mark === undefined) book.facts.tradesWithoutMark += 1;
  else book.openingCost = book.openingCost.plus(valueOf(instrument.terms, quantity, price)).minus(valueOf(instrument.terms, quantity, mark));
};

/** A trade made elsewhere enters the book. */
export const bookTrade = (state: EngineState, trade: BookedTrade): void => {
  const book = requireBook(state, trade.book);
  const instrument = requireInstrument(state, trade.instrument);
  const quantity = signed(trade.side, decimal(trade.quantity));
  const price = decimal(trade.price);
  addOpeningCost(book, instrument, quantity, price);
  execute(state, book, instrument, { quantity, price, fee: decimal(trade.fee) });
};

/** A fill of one of our orders enters its book. */
export const applyFill = (state: EngineState, fill: Fill): void => {
  const order = orderById(state, fill.commandId);
  invariant(order !== undefined, `a recorded fill names a known order, not ${fill.commandId}`);
  const quantity = decimal(fill.quantity);
  const price = decimal(fill.price);
  const fee = decimal(fill.fee);
  const book = requireBook(state, order.book);
  execute(state, book, requireInstrument(state, order.instrument), { quantity: signed(order.side, quantity), price, fee });
  noteFill(order, { quantity, price, fee, cumulative: decimal(fill.cumulativeQuantity) });
  noteOrderChange(state, book, fill.commandId);
};

/** The order changed: its page is hashed anew, and it leaves or (by a late fill) re-enters the open ones. */
export const noteOrderChange = (state: EngineState, book: BookState, commandId: string): void => {
  const index = state.orderIndexById.get(commandId);
  const order = index === undefined ? undefined : state.orders.items[index];
  if (index === undefined || order === undefined) return;
  state.orders.changed(index);
  const { facts } = book;
  const others = facts.openOrders.filter((other) => other !== index);
  facts.openOrders = isDone(order) ? others : [...others, index].sort((a, b) => a - b);
};

/** What settling a book's position in an expired instrument pays: an option's payoff, a future's P&L since entry. */
export const settlePosition = (state: EngineState, settled: { readonly book: string; readonly instrument: string; readonly price: string; readonly cash: string }): void => {
  const book = requireBook(state, settled.book);
  const instrument = requireInstrument(state, settled.instrument);
  const held = positionIn(state, book, instrument);
  if (instrument.definition.kind === "option") {
    held.position = settle(held.position, decimal(settled.cash));
  } else {
    // A future settles by variation: closing it at the settlement price.
    const closing = { quantity: held.position.quantity.neg(), price: decimal(settled.price), fee: zero };
    held.position = applyTrade(instrument.terms, held.position, closing);
  }
  held.settled = true;
  refreshContracts(held, instrument);
};
