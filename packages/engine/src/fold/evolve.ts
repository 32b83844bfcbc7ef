import { isDecisionType, type LogRecord } from "@finality/contracts";
import { InvariantError } from "@finality/domain";
import type { BookState } from "../books/book-state.ts";
import { elapse, observe } from "../books/exposure.ts";
import { valueBook } from "../books/value-book.ts";
import { emptyValuation } from "../books/valuation.ts";
import { EngineError } from "../errors.ts";
import { intervalNumber } from "../hedging/band.ts";
import { refreshMarket } from "../market/strike-vol.ts";
import { logSection, touch, type EngineState } from "../state/engine-state.ts";
import { applyRecord } from "./apply-record.ts";

/** A generation changes by the record that says so, and by nothing else (rule 9). */
const isOfGeneration = ({ facts }: EngineState, record: LogRecord): boolean =>
  record.type === "LogOpened" || record.generation === (record.type === "GenerationRaised" ? record.body.generation : facts.generation);

const requireNext = (state: EngineState, record: LogRecord): void => {
  const { facts } = state;
  const wrong = (what: string): EngineError => new EngineError("out_of_order", `log ${facts.log}: ${what} at position ${record.position} after ${facts.position}`);
  if (record.log !== facts.log) throw wrong(`a record of log ${record.log}`);
  if (record.position !== facts.position + 1) throw wrong("a record");
  if (record.recordedTimeUs < facts.recordedTimeUs) throw wrong(`recorded time ${record.recordedTimeUs} below ${facts.recordedTimeUs}`);
  if (!isOfGeneration(state, record)) throw wrong(`generation ${record.generation} instead of ${facts.generation}`);
  if ((record.type === "LogOpened") !== (record.position === 1)) throw wrong(`a ${record.type}`);
};

/** Before an input: what held since the last one is counted, and checks that passed without a refusal are done. */
const closeLastMoment = (state: EngineState, recordedTimeUs: number): void => {
  const lastTimeUs = state.facts.recordedTimeUs;
  for (const { facts } of state.books.values()) {
    const { valuation, policy } = facts;
    if (valuation.heldDelta !== null && !valuation.finished) elapse(facts.exposure, valuation.heldDelta, recordedTimeUs - lastTimeUs);
    if (policy.type === "fixed_interval" && facts.refusal === null) {
      facts.checkedInterval = Math.max(facts.checkedInterval, intervalNumber(lastTimeUs, policy.intervalMs));
    }
  }
};

const maxErrorLength = 300;

/** One line about an exception; the same in every replay, because pure code throws the same. */
export const describeFailure = (error: unknown): string => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, maxErrorLength).toWellFormed();
};

/** An exception suspends this book alone; a broken invariant of the fold itself stops the log (rule 10). */
const revalue = (state: EngineState, book: BookState): void => {
  const { facts } = book;
  touch(state, book.section);
  if (facts.suspended) return;
  try {
    facts.valuation = valueBook(state, book);
    if (facts.valuation.heldDelta !== null && !facts.valuation.finished) observe(facts.exposure, facts.valuation.heldDelta);
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    facts.valuation = emptyValuation;
    facts.failure = describeFailure(error);
  }
};

const revalueAll = (state: EngineState): void => {
  for (const book of state.books.values()) revalue(state, book);
};

/**
 * Applies one record, input or decision, and revalues: after an input market and every book, after a decision its book. Changes
 * the state in place. Throws EngineError `out_of_order` when the record is not the next one (a gap is an error, never skipped).
 */
export const evolve = (state: EngineState, record: LogRecord): void => {
  requireNext(state, record);
  const { facts } = state;
  const isInput = !isDecisionType(record.type);
  if (isInput) closeLastMoment(state, record.recordedTimeUs);
  facts.position = record.position;
  facts.recordedTimeUs = record.recordedTimeUs;
  if (isInput) facts.inputPosition = record.position;
  touch(state, logSection);
  applyRecord(state, record);
  if (isInput) {
    refreshMarket(state);
    revalueAll(state);
  } else if ("book" in record.body) {
    const book = state.books.get(record.body.book);
    if (book !== undefined) revalue(state, book);
  }
};
