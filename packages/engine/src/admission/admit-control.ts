import type { BookDefinition, BookLimits, HedgePolicy, Input, Instrument, LogOpening, SettlementPrice } from "@finality/contracts";
import { contentOf, sameContent } from "../state/content.ts";
import type { EngineState } from "../state/engine-state.ts";
import { semantics } from "../semantics.ts";
import { deadLetter, duplicate, record, type Admission } from "./admission.ts";

const conflict = (detail: string): Admission => deadLetter("control_conflict", detail);

export const admitOpening = (state: EngineState, opening: LogOpening, recordedTimeUs: number): Admission => {
  const opened = state.facts.opening;
  if (opened === null) return record({ type: "LogOpened", body: { ...opening, semantics } }, recordedTimeUs);
  return sameContent(opened, opening) ? duplicate : conflict(`Log ${state.facts.log} is already open with other terms.`);
};

export const admitListing = (state: EngineState, instrument: Instrument, recordedTimeUs: number): Admission => {
  const name = instrument.instrument;
  const listed = state.instruments.get(name)?.definition;
  if (listed !== undefined) return sameContent(listed, instrument) ? duplicate : conflict(`Instrument ${name} is already listed with other terms.`);
  if (instrument.underlying !== state.facts.log) return conflict(`Instrument ${name} belongs to log ${instrument.underlying}, not to ${state.facts.log}.`);
  if (instrument.kind === "spot" && instrument.settlement === "inverse") return conflict(`Instrument ${name} is spot and cannot be inverse.`);
  return record({ type: "InstrumentListed", body: { instrument } }, recordedTimeUs);
};

export const admitBook = (state: EngineState, book: BookDefinition, recordedTimeUs: number): Admission => {
  const open = state.books.get(book.book);
  // Policy and limits may have been set anew since: the opening is compared with the opening.
  if (open !== undefined) return sameContent(open.facts.openedAs, book) ? duplicate : conflict(`Book ${book.book} is already open with other terms.`);
  const hedge = state.instruments.get(book.hedgeInstrument);
  if (hedge === undefined) return conflict(`Book ${book.book} hedges with ${book.hedgeInstrument}, which is not listed.`);
  if (hedge.definition.kind === "option") return conflict(`Book ${book.book} hedges with ${book.hedgeInstrument}, which is an option.`);
  return record({ type: "BookOpened", body: book }, recordedTimeUs);
};

/** A change of an open book, recorded unless nothing changes. */
const admitChange = (state: EngineState, change: { readonly book: string; readonly unchanged: (state: EngineState) => boolean; readonly input: Input }, recordedTimeUs: number): Admission => {
  if (!state.books.has(change.book)) return conflict(`Book ${change.book} is not open.`);
  return change.unchanged(state) ? duplicate : record(change.input, recordedTimeUs);
};

export const admitPolicy = (state: EngineState, body: { readonly book: string; readonly policy: HedgePolicy }, recordedTimeUs: number): Admission =>
  admitChange(
    state,
    { book: body.book, unchanged: ({ books }) => sameContent(books.get(body.book)?.facts.policy, body.policy), input: { type: "PolicySet", body } },
    recordedTimeUs,
  );

export const admitLimits = (state: EngineState, body: { readonly book: string; readonly limits: BookLimits }, recordedTimeUs: number): Admission =>
  admitChange(
    state,
    { book: body.book, unchanged: ({ books }) => sameContent(books.get(body.book)?.facts.limits, body.limits), input: { type: "LimitsSet", body } },
    recordedTimeUs,
  );

/** A release is recorded also when nothing holds the book: it is somebody's word. */
export const admitRelease = (state: EngineState, book: string, recordedTimeUs: number): Admission =>
  admitChange(state, { book, unchanged: () => false, input: { type: "BookReleased", body: { book } } }, recordedTimeUs);

/** Halts and resumes have ids of their own: each is one row of the executor's insert-only table (rule 22). */
export const admitHalt = (state: EngineState, halt: Extract<Input, { readonly type: "Halted" | "Resumed" }>, recordedTimeUs: number): Admission => {
  const { haltId, book } = halt.body;
  const known = state.halts.contentOf(haltId);
  if (known !== undefined) return known === contentOf({ ...halt.body, type: halt.type }) ? duplicate : conflict(`The halt id ${haltId} is recorded with other content: ${known}.`);
  if (book !== undefined && !state.books.has(book)) return conflict(`Book ${book} is not open.`);
  return record(halt, recordedTimeUs);
};

/** A settlement price is said once; the mark that it gives a living future may change. */
export const admitSettlementPrice = (state: EngineState, body: SettlementPrice): Admission => {
  const instrument = state.instruments.get(body.instrument);
  if (instrument === undefined) return conflict(`A settlement price is for ${body.instrument}, which is not listed.`);
  const { settlementPrice, settlementMark } = instrument.market;
  if (settlementPrice !== null) {
    return settlementPrice === body.price ? duplicate : conflict(`${body.instrument} is already settled at ${settlementPrice}, not ${body.price}.`);
  }
  if (settlementMark === body.price) return duplicate;
  return record({ type: "SettlementPriced", body }, body.venueTimeUs);
};
