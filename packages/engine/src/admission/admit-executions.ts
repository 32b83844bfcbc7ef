import type { BookedTrade, DeadLetterReason, Fill, OrderReport } from "@finality/contracts";
import { contentOf } from "../state/content.ts";
import { orderById, type EngineState } from "../state/engine-state.ts";
import type { KnownIds } from "../state/known-ids.ts";
import { deadLetter, duplicate, record, type Admission } from "./admission.ts";

/** A known id is the same message again, or a conflict; undefined for a new one. */
const knownAs = (known: KnownIds, id: string, content: string, reason: DeadLetterReason): Admission | undefined => {
  const recorded = known.contentOf(id);
  if (recorded === undefined) return undefined;
  return recorded === content ? duplicate : deadLetter(reason, `The id ${id} is recorded with other content: ${recorded}.`);
};

/** A fill is recorded whatever it names; one that no order of ours explains is unexpected and holds the account's books (rule 6). */
export const admitFill = (state: EngineState, fill: Fill): Admission => {
  const known = knownAs(state.fills, fill.fillId, contentOf(fill), "fill_id_reused");
  if (known !== undefined) return known;
  const order = orderById(state, fill.commandId);
  if (!state.instruments.has(fill.instrument)) {
    return record({ type: "UnexpectedFillRecorded", body: { fill, unexpected: "unknown_instrument" } }, fill.venueTimeUs);
  }
  const explained = order?.instrument === fill.instrument && order.side === fill.side && order.account === fill.account;
  if (!explained) return record({ type: "UnexpectedFillRecorded", body: { fill, unexpected: "unknown_order" } }, fill.venueTimeUs);
  return record({ type: "FillRecorded", body: fill }, fill.venueTimeUs);
};

export const admitReport = (state: EngineState, report: OrderReport): Admission =>
  knownAs(state.reports, report.reportId, contentOf(report), "control_conflict") ?? record({ type: "OrderReported", body: report }, report.venueTimeUs);

/** Currency that a book counts in: that of its hedge instrument. */
const currencyOf = (state: EngineState, instrument: string): string | undefined => state.instruments.get(instrument)?.definition.currency;

export const admitTrade = (state: EngineState, trade: BookedTrade): Admission => {
  const known = knownAs(state.trades, trade.tradeId, contentOf(trade), "trade_id_reused");
  if (known !== undefined) return known;
  const book = state.books.get(trade.book);
  if (book === undefined) return deadLetter("control_conflict", `Trade ${trade.tradeId} is for book ${trade.book}, which is not open.`);
  const currency = currencyOf(state, trade.instrument);
  if (currency === undefined) return deadLetter("control_conflict", `Trade ${trade.tradeId} is in ${trade.instrument}, which is not listed.`);
  const bookCurrency = currencyOf(state, book.facts.hedgeInstrument);
  if (currency !== bookCurrency) {
    return deadLetter("control_conflict", `Trade ${trade.tradeId} is in ${currency}, but book ${trade.book} counts in ${String(bookCurrency)}.`);
  }
  return record({ type: "TradeBooked", body: trade }, trade.venueTimeUs);
};
