import { realizedPnl, unrealizedPnl, valueOf, zero, type Decimal } from "@finality/domain";
import type { BookPosition, BookState } from "../books/book-state.ts";
import { markOf, type InstrumentState } from "../market/instrument-state.ts";
import { requireInstrument, type EngineState } from "../state/engine-state.ts";

/** Exact amounts in the book's currency. */
export type PnlAmounts = {
  /** Trading cash flow of options plus the mark value of open ones; the premium stays in it after the settlement. */
  readonly optionPnl: Decimal;
  /** Trading result of everything that is no option, before fees: realized plus unrealized. */
  readonly hedgePnl: Decimal;
  /** Cash received (paid if negative) when options settled. */
  readonly settlement: Decimal;
  readonly fees: Decimal;
  /** optionPnl + hedgePnl + settlement - fees. */
  readonly netPnl: Decimal;
  /** What has been paid and received: option and spot trades, settlements, realized futures P&L, less fees. */
  readonly cash: Decimal;
  /** Open positions without any mark; they count at what was paid for them. */
  readonly unmarked: readonly string[];
};

/** Premium and purchase price flow when traded; a future or perpetual pays only what is realized. */
const isPaidFor = ({ definition }: InstrumentState): boolean => definition.kind === "option" || definition.kind === "spot";

/** Trading cash flow plus what is open at its mark; at entry cost while there is no mark. */
const tradingPnl = (instrument: InstrumentState, { position }: BookPosition): Decimal => {
  const mark = markOf(instrument);
  const value = mark === undefined ? position.openCost : valueOf(instrument.terms, position.quantity, mark);
  return position.tradeCash.plus(value);
};

/** Sums over the book's instruments; exact, so that their order does not matter. */
export const pnlOf = (state: EngineState, book: BookState): PnlAmounts => {
  let [optionPnl, hedgePnl, settlement, fees, cash] = [zero, zero, zero, zero, zero];
  const unmarked: string[] = [];
  for (const [name, held] of book.positions.entries()) {
    const instrument = requireInstrument(state, name);
    const { position } = held;
    const trading = tradingPnl(instrument, held);
    if (instrument.definition.kind === "option") optionPnl = optionPnl.plus(trading);
    else hedgePnl = hedgePnl.plus(trading);
    settlement = settlement.plus(position.settlementCash);
    fees = fees.plus(position.fees);
    const flowed = isPaidFor(instrument) ? position.tradeCash : position.tradeCash.plus(position.openCost);
    cash = cash.plus(flowed).plus(position.settlementCash).minus(position.fees);
    if (!position.quantity.isZero() && markOf(instrument) === undefined) unmarked.push(name);
  }
  return { optionPnl, hedgePnl, settlement, fees, cash, unmarked, netPnl: optionPnl.plus(hedgePnl).plus(settlement).minus(fees) };
};

/** Realized and, where there is a mark, unrealized P&L of one position, fees apart. */
export const positionPnl = (instrument: InstrumentState, { position }: BookPosition): { readonly realized: Decimal; readonly unrealized: Decimal | undefined } => {
  const mark = markOf(instrument);
  const flat = position.quantity.isZero();
  return {
    realized: realizedPnl(position),
    unrealized: flat ? zero : mark === undefined ? undefined : unrealizedPnl(instrument.terms, position, mark),
  };
};
