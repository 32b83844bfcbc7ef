import { commandIdOf, type Fill, type HedgeDecided, type LogRecord, type SettlementPrice } from "@finality/contracts";
import { decimal, invariant, zero } from "@finality/domain";
import { newBookState, type BookState } from "../books/book-state.ts";
import { applyFill, bookTrade, noteOrderChange, settlePosition } from "../books/book-trading.ts";
import { startAtHedge } from "../books/exposure.ts";
import { emptyValuation } from "../books/valuation.ts";
import { intervalNumber } from "../hedging/band.ts";
import { applyTicks } from "../market/apply-ticks.ts";
import { expiryOf } from "../market/instrument-state.ts";
import { listInstrument, noteExpiry } from "../market/listing.ts";
import { isDone, noteReport } from "../orders/order.ts";
import { noteReconciliation } from "../reconciliation/reconcile.ts";
import { noteVenueFill } from "../reconciliation/venue-account.ts";
import { orderById, requireBook, requireInstrument, touch, type EngineState } from "../state/engine-state.ts";
import { contentOf } from "../state/content.ts";

const firstIntervalOf = (state: EngineState, policy: BookState["facts"]["policy"]): number =>
  policy.type === "fixed_interval" ? intervalNumber(state.facts.recordedTimeUs, policy.intervalMs) : 0;

const openOrder = (state: EngineState, record: LogRecord, body: HedgeDecided): void => {
  const book = requireBook(state, body.book);
  const commandId = commandIdOf(record);
  const index = state.orders.push({
    commandId,
    position: record.position,
    book: body.book,
    account: body.account,
    instrument: body.instrument,
    side: body.side,
    quantity: decimal(body.quantity),
    validUntilUs: body.validUntilUs,
    state: "decided",
    cumulative: zero,
    filled: zero,
    notional: zero,
    fees: zero,
  });
  state.orderIndexById.set(commandId, index);
  book.orders.push(index);
  const { facts } = book;
  facts.openOrders = [...facts.openOrders, index];
  facts.lastHedgeUs = record.recordedTimeUs;
  facts.lastHedge = commandId;
  facts.hedges += 1;
};

/** Holds every book of the account: something happened there that no book can own (rule 6). */
const holdAccount = (state: EngineState, account: string, subject: string): void => {
  for (const book of state.books.values()) {
    if (book.facts.account === account) book.facts.held ??= subject;
  }
};

/** The first hedge is done when its order is: from then on the book's exposure counts as hedged. */
const noteHedgeDone = (state: EngineState, commandId: string): void => {
  const order = orderById(state, commandId);
  if (order !== undefined && isDone(order) && order.filled.gt(zero)) startAtHedge(requireBook(state, order.book).facts.exposure);
};

const applyKnownFill = (state: EngineState, fill: Fill): void => {
  applyFill(state, fill);
  noteHedgeDone(state, fill.commandId);
};

const applyReport = (state: EngineState, record: LogRecord & { readonly type: "OrderReported" }): void => {
  const { body } = record;
  state.reports.add(body.reportId, contentOf(body));
  const order = orderById(state, body.commandId);
  if (order === undefined || order.account !== body.account) {
    holdAccount(state, body.account, body.reportId);
    return;
  }
  noteReport(order, body.state, body.cumulativeQuantity);
  noteOrderChange(state, requireBook(state, order.book), body.commandId);
  noteHedgeDone(state, body.commandId);
};

const applySettlementPrice = (state: EngineState, body: SettlementPrice): void => {
  const { definition, market, section } = requireInstrument(state, body.instrument);
  const expiryUs = expiryOf(definition);
  const marksOnly = definition.kind !== "option" && (expiryUs === undefined || expiryUs > state.facts.recordedTimeUs);
  if (marksOnly) market.settlementMark = body.price;
  else market.settlementPrice = body.price;
  touch(state, section);
};

const expire = (state: EngineState, name: string): void => {
  const instrument = requireInstrument(state, name);
  instrument.market.expired = true;
  touch(state, instrument.section);
  state.nextExpiryUs = Infinity;
  for (const other of state.instruments.values()) noteExpiry(state, other);
};

const applyDecision = (state: EngineState, record: LogRecord): boolean => {
  switch (record.type) {
    case "HedgeDecided":
      openOrder(state, record, record.body);
      return true;
    case "HedgeRefused":
      requireBook(state, record.body.book).facts.refusal = { reason: record.body.reason, subject: record.body.subject ?? null };
      return true;
    case "RefusalEnded":
      requireBook(state, record.body.book).facts.refusal = null;
      return true;
    case "InstrumentExpired":
      expire(state, record.body.instrument);
      return true;
    case "PositionSettled":
      settlePosition(state, record.body);
      return true;
    case "BookSuspended": {
      const { facts } = requireBook(state, record.body.book);
      facts.suspended = true;
      facts.failure = record.body.error;
      facts.valuation = emptyValuation;
      return true;
    }
    case "StateHashed":
      state.facts.hashedMultiple = Math.floor(state.facts.inputPosition / (state.facts.opening?.stateHashEvery ?? Infinity));
      return true;
    default:
      return false;
  }
};

const applyControl = (state: EngineState, record: LogRecord): boolean => {
  const { facts } = state;
  switch (record.type) {
    case "LogOpened": {
      const { semantics, ...opening } = record.body;
      facts.opening = opening;
      facts.generation = record.generation;
      facts.semantics = semantics;
      return true;
    }
    case "WriterStarted":
      facts.semantics = record.body.semantics;
      return true;
    case "GenerationRaised":
      facts.generation = record.body.generation;
      return true;
    case "InstrumentListed":
      listInstrument(state, record.body.instrument);
      return true;
    case "BookOpened":
      state.books.set(record.body.book, newBookState(record.body, firstIntervalOf(state, record.body.policy)));
      return true;
    case "PolicySet": {
      const book = requireBook(state, record.body.book).facts;
      book.policy = record.body.policy;
      book.checkedInterval = firstIntervalOf(state, record.body.policy);
      return true;
    }
    case "LimitsSet":
      requireBook(state, record.body.book).facts.limits = record.body.limits;
      return true;
    case "Halted":
    case "Resumed": {
      const { haltId, book } = record.body;
      const inForce = record.type === "Halted" ? haltId : null;
      if (book === undefined) facts.halted = inForce;
      else requireBook(state, book).facts.halted = inForce;
      state.halts.add(haltId, contentOf({ ...record.body, type: record.type }));
      return true;
    }
    case "BookReleased":
      Object.assign(requireBook(state, record.body.book).facts, { held: null, suspended: false, failure: null });
      return true;
    default:
      return false;
  }
};

const applyFact = (state: EngineState, record: LogRecord): boolean => {
  switch (record.type) {
    case "TicksRecorded":
      applyTicks(state, record.body);
      return true;
    case "ClockTicked":
    case "MessageSkipped":
      return true;
    case "TradeBooked":
      state.trades.add(record.body.tradeId, contentOf(record.body));
      bookTrade(state, record.body);
      return true;
    case "FillRecorded":
      state.fills.add(record.body.fillId, contentOf(record.body));
      noteVenueFill(state, record.body);
      applyKnownFill(state, record.body);
      return true;
    case "UnexpectedFillRecorded":
      state.fills.add(record.body.fill.fillId, contentOf(record.body.fill));
      noteVenueFill(state, record.body.fill);
      holdAccount(state, record.body.fill.account, record.body.fill.fillId);
      return true;
    case "PositionMismatchRecorded":
      noteReconciliation(state, { account: record.body.account, differences: record.body.differences });
      holdAccount(state, record.body.account, record.body.snapshotId);
      return true;
    case "PositionsReconciled":
      noteReconciliation(state, { account: record.body.account, differences: [] });
      return true;
    case "OrderReported":
      applyReport(state, record);
      return true;
    case "SettlementPriced":
      applySettlementPrice(state, record.body);
      return true;
    default:
      return false;
  }
};

/** Changes the state by what one record says; no revaluation. */
export const applyRecord = (state: EngineState, record: LogRecord): void => {
  const applied = applyFact(state, record) || applyDecision(state, record) || applyControl(state, record);
  invariant(applied, `every record type has its effect, ${record.type} too`);
};
