import { decodeRecord, encodeRecord, type Decision, type DecisionRecord, type LogRecord } from "@finality/contracts";
import { compareNames, InvariantError, invariant } from "@finality/domain";
import type { BookState } from "../books/book-state.ts";
import { decide } from "../hedging/decide.ts";
import { semantics } from "../semantics.ts";
import { dueExpiries, dueSettlements } from "../settlement/timers.ts";
import { stateHash, type Sha256 } from "../state/state-hash.ts";
import type { EngineState } from "../state/engine-state.ts";
import { describeFailure } from "./evolve.ts";

/** What is decided behind an input, in this order; within one of them book by book. */
const stages = { expiry: 0, settlement: 1, hedging: 2, hash: 3 } as const;
type Stage = keyof typeof stages;

/** A place in the order of decisions behind one input. `book` is empty where the decision is no book's. */
export type Turn = { readonly stage: Stage; readonly book: string };

const stageOf: Readonly<Record<Decision["type"], Stage>> = {
  InstrumentExpired: "expiry",
  PositionSettled: "settlement",
  HedgeDecided: "hedging",
  HedgeRefused: "hedging",
  RefusalEnded: "hedging",
  // Also where settling fails: the decision alone does not tell.
  BookSuspended: "hedging",
  StateHashed: "hash",
};

/** Whose turn a decision was. */
export const turnOf = ({ type, body }: Decision): Turn => ({ stage: stageOf[type], book: "book" in body ? body.book : "" });

/** Below 0 when `a` comes before `b`. */
export const compareTurns = (a: Turn, b: Turn): number => stages[a.stage] - stages[b.stage] || compareNames(a.book, b.book);

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

/** Is told each turn's decisions and folds what counts as decided before it returns; false ends the turns. */
export type Taker = (stage: Stage, book: string, decisions: readonly Decision[]) => boolean;

/**
 * Gives everybody behind an input his turn: timers that are due (expiries, then settlements book by book), then each book once in order of
 * names, then the state's hash where a multiple of `stateHashEvery` was passed (rules 11, 13, 34). Reads only; each turn sees the state
 * that `take` left.
 */
export const takeTurns = (state: EngineState, sha256: Sha256, take: Taker): void => {
  if (!take("expiry", "", dueExpiries(state))) return;
  for (const book of state.books.values()) if (!take("settlement", book.facts.book, safely(book, () => dueSettlements(state, book)))) return;
  for (const book of state.books.values()) if (!take("hedging", book.facts.book, safely(book, () => decide(state, book.facts.book)))) return;
  take("hash", "", isHashDue(state) ? [{ type: "StateHashed", body: { hash: stateHash(state, sha256), semantics } }] : []);
};

const isDecision = (record: LogRecord, type: Decision["type"]): record is DecisionRecord => record.type === type;

/** A decision at a place of the state's log and moment, as everybody will read it: decode(encode(record)). */
export const recordOf = ({ facts }: EngineState, position: number, decision: Decision): DecisionRecord => {
  const { log, generation, recordedTimeUs } = facts;
  const record = decodeRecord({ log, generation, position, venueTimeUs: recordedTimeUs, recordedTimeUs, ...encodeRecord(decision) });
  invariant(isDecision(record, decision.type), "a decision reads back as the type that was written");
  return record;
};
