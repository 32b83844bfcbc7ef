import type { LogRecord, TickColumns } from "@finality/contracts";
import { EngineError } from "../errors.ts";
import { applyRecord } from "../fold/apply-record.ts";
import { initialState, orderById, type EngineState } from "../state/engine-state.ts";
import { bookView, type PnlView, type PositionView } from "./book-view.ts";

/** Without what depends on the order in which things became known: half-spreads against the mark of the moment, exposure over time. */
export type FactsPnl = Omit<PnlView, "openingCost" | "tradesWithoutMark" | "maxAbsNetDelta" | "meanAbsNetDelta">;

/** What a book held, and what that was worth on the last quotes. */
export type BookFactsView = { readonly book: string; readonly positions: readonly PositionView[]; readonly pnl: FactsPnl };

/**
 * Facts as of a venue time (rule 35): what was true then, with everything that the log knows by now. A function of the venue time and of
 * the position that the records end at. No greeks: what was valued and decided rests on what was known, not on what was true.
 */
export type FactsFold = {
  readonly venueTimeUs: number;
  /** Of the last folded record; 0 before the first. */
  readonly position: number;
  /** Records in their order, from the first on. Throws EngineError "out_of_order". */
  fold(record: LogRecord): void;
  /** Books that were open by then or in which something was executed by then, by name. */
  books(): readonly BookFactsView[];
};

/** The ticks of a record that had happened by then; undefined when none had. */
const ticksUntil = (columns: TickColumns, venueTimeUs: number): TickColumns | undefined => {
  const happened = columns.venueTimeUs.map((timeUs) => (timeUs <= venueTimeUs ? 1 : 0));
  const count = happened.reduce((sum, one) => sum + one, 0);
  if (count === 0 || count === columns.count) return count === 0 ? undefined : columns;
  const isKept = (_value: number, tick: number): boolean => happened[tick] === 1;
  return {
    count,
    instruments: columns.instruments,
    instrument: columns.instrument.filter(isKept),
    kind: columns.kind.filter(isKept),
    flags: columns.flags.filter(isKept),
    venueTimeUs: columns.venueTimeUs.filter(isKept),
    receiveTimeUs: columns.receiveTimeUs.filter(isKept),
    value0: columns.value0.filter(isKept),
    value1: columns.value1.filter(isKept),
    value2: columns.value2.filter(isKept),
    value3: columns.value3.filter(isKept),
  };
};

/**
 * The record as far as it counts. What only names things counts whatever its time: instruments, books, and of an order the book that it
 * is for. Of good ticks none is older by venue time than one recorded before it of its kind and instrument (that one would be flagged
 * stale), so that the last one applied is the highest by venue time, then position, then index.
 */
const countedPart = (record: LogRecord, venueTimeUs: number): LogRecord | undefined => {
  switch (record.type) {
    case "LogOpened":
    case "InstrumentListed":
    case "BookOpened":
    case "HedgeDecided":
      return record;
    case "TicksRecorded": {
      const body = ticksUntil(record.body, venueTimeUs);
      return body === undefined ? undefined : { ...record, body };
    }
    case "TradeBooked":
    case "FillRecorded":
    case "SettlementPriced":
    case "InstrumentExpired":
    case "PositionSettled":
      return record.venueTimeUs <= venueTimeUs ? record : undefined;
    default:
      return undefined;
  }
};

/** The book that a counted record makes visible. */
const shownBy = (state: EngineState, record: LogRecord, venueTimeUs: number): string | undefined => {
  if (record.type === "BookOpened") return record.venueTimeUs <= venueTimeUs ? record.body.book : undefined;
  if (record.type === "TradeBooked") return record.body.book;
  return record.type === "FillRecorded" ? orderById(state, record.body.commandId)?.book : undefined;
};

const factsOf = (state: EngineState, name: string): BookFactsView => {
  const { book, positions, pnl } = bookView(state, name);
  const { currency, optionPnl, hedgePnl, settlement, fees, netPnl, cash, inQuote, unmarked } = pnl;
  return { book, positions, pnl: { currency, optionPnl, hedgePnl, settlement, fees, netPnl, cash, inQuote, unmarked } };
};

/** `venueTimeUs` may be Infinity: everything that the log knows. */
export const createFactsFold = (log: string, venueTimeUs: number): FactsFold => {
  // The engine's own state, to which nothing is valued: a fold without greeks.
  const state = initialState(log);
  const { facts } = state;
  const shown = new Set<string>();
  return {
    venueTimeUs,
    get position() {
      return facts.position;
    },
    fold: (record) => {
      if (record.log !== log || record.position !== facts.position + 1) {
        throw new EngineError("out_of_order", `log ${log}: a record of log ${record.log} at position ${record.position} after ${facts.position}`);
      }
      facts.position = record.position;
      facts.recordedTimeUs = record.recordedTimeUs;
      const counted = countedPart(record, venueTimeUs);
      if (counted === undefined) return;
      applyRecord(state, counted);
      const book = shownBy(state, counted, venueTimeUs);
      if (book !== undefined) shown.add(book);
    },
    books: () => [...state.books.keys].filter((name) => shown.has(name)).map((name) => factsOf(state, name)),
  };
};

export type FactsAt = Pick<FactsFold, "venueTimeUs" | "position"> & { readonly books: readonly BookFactsView[] };

/** The facts at a venue time by all of these records, which begin at a log's first. */
export const factsAt = (records: Iterable<LogRecord>, venueTimeUs: number): FactsAt => {
  let fold: FactsFold | undefined;
  for (const record of records) {
    fold ??= createFactsFold(record.log, venueTimeUs);
    fold.fold(record);
  }
  return { venueTimeUs, position: fold?.position ?? 0, books: fold?.books() ?? [] };
};
