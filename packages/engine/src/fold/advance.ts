import { decodeRecord, encodeRecord, type Decision, type DecisionRecord, type InputRecord, type LogRecord } from "@finality/contracts";
import { InvariantError, invariant } from "@finality/domain";
import type { BookState } from "../books/book-state.ts";
import { decide } from "../hedging/decide.ts";
import { semantics } from "../semantics.ts";
import { dueExpiries, dueSettlements } from "../settlement/timers.ts";
import { stateHash, type Sha256 } from "../state/state-hash.ts";
import type { EngineState } from "../state/engine-state.ts";
import { describeFailure, evolve } from "./evolve.ts";

const isDecision = (record: LogRecord, type: Decision["type"]): record is DecisionRecord => record.type === type;

/** Gives a decision its place behind the state's last record and folds it as everybody will read it: decode(encode(record)). */
const append = (state: EngineState, decision: Decision): DecisionRecord => {
  const { log, generation, position, recordedTimeUs } = state.facts;
  const place = { log, generation, position: position + 1, venueTimeUs: recordedTimeUs, recordedTimeUs };
  const record = decodeRecord({ ...place, ...encodeRecord(decision) });
  invariant(isDecision(record, decision.type), "a decision reads back as the type that was written");
  evolve(state, record);
  return record;
};

/** An exception in settling or deciding suspends the book by a record, once; a broken invariant stops the log (rule 10). */
const safely = ({ facts }: BookState, what: () => readonly Decision[]): readonly Decision[] => {
  try {
    return what();
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return facts.suspended ? [] : [{ type: "BookSuspended", body: { book: facts.book, error: describeFailure(error) } }];
  }
};

const isHashDue = ({ facts }: EngineState): boolean =>
  facts.opening !== null && Math.floor(facts.inputPosition / facts.opening.stateHashEvery) > facts.hashedMultiple;

/**
 * Folds one input and everything that is decided because of it: timers that are due (expiries, then settlements book by book), then
 * each book once in order of names, its decisions folded before the next book looks, then the state's hash where a multiple of
 * `stateHashEvery` was passed (rules 11, 13, 34). A decision causes no further decisions. Returns the decision records in their
 * order, right behind the input; the state stands behind the last of them. Changes the state in place.
 */
export const advance = (state: EngineState, input: InputRecord, sha256: Sha256): readonly DecisionRecord[] => {
  evolve(state, input);
  const records: DecisionRecord[] = [];
  const appendAll = (decisions: readonly Decision[]): void => {
    for (const decision of decisions) records.push(append(state, decision));
  };
  appendAll(dueExpiries(state));
  for (const book of state.books.values()) appendAll(safely(book, () => dueSettlements(state, book)));
  for (const book of state.books.values()) appendAll(safely(book, () => decide(state, book.facts.book)));
  if (isHashDue(state)) appendAll([{ type: "StateHashed", body: { hash: stateHash(state, sha256), semantics } }]);
  return records;
};
