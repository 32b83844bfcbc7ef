import type { LogOpening } from "@finality/contracts";
import { EngineError } from "../errors.ts";
import type { BookState } from "../books/book-state.ts";
import type { InstrumentState } from "../market/instrument-state.ts";
import type { SmileState } from "../market/smile-state.ts";
import type { IndexMarket, ParityState, StrikeState } from "../market/strike-state.ts";
import { newTickReference, type TickReference } from "../market/tick-judgement.ts";
import type { Order } from "../orders/order.ts";
import type { Reconciliation, VenueAccount } from "../reconciliation/reconciliation.ts";
import { KnownIds, type KnownId } from "./known-ids.ts";
import { PagedList } from "./paged-list.ts";
import { SortedMap } from "./sorted-map.ts";

/** What stands at the head of a log's state. Plain data. */
export type LogFacts = {
  readonly log: string;
  generation: number;
  /** Position of the last record applied; 0 before the first. */
  position: number;
  recordedTimeUs: number;
  /** Position and time of the last input: decisions behind it share its time. */
  inputPosition: number;
  /** Null before `LogOpened`. */
  opening: LogOpening | null;
  semantics: number;
  /** Id of the halt in force on the whole log. */
  halted: string | null;
  /** Whole multiples of `stateHashEvery` that a `StateHashed` has answered. */
  hashedMultiple: number;
  index: IndexMarket;
  indexReference: TickReference;
};

/**
 * Everything that the engine knows of one log: a function of its records alone. The fold changes it in place; whoever keeps one
 * owns it. Sections named in `dirty` changed since their hash in `sectionHashes` was taken; both are no part of the state.
 */
export type EngineState = {
  readonly facts: LogFacts;
  readonly instruments: SortedMap<InstrumentState>;
  readonly strikes: SortedMap<StrikeState>;
  readonly parities: SortedMap<ParityState>;
  /** By expiry, settlement and forward. */
  readonly smiles: SortedMap<SmileState>;
  /** Those in which a book has or had a position, and the parities of these; derived. */
  readonly watchedStrikes: SortedMap<StrikeState>;
  readonly watchedParities: SortedMap<ParityState>;
  readonly books: SortedMap<BookState>;
  readonly orders: PagedList<Order>;
  readonly orderIndexById: Map<string, number>;
  readonly fills: KnownIds;
  readonly reports: KnownIds;
  readonly trades: KnownIds;
  readonly halts: KnownIds;
  /** By account; no entry before its first mismatch with the venue. */
  readonly reconciliations: SortedMap<Reconciliation>;
  /** By account; derived from the fills. */
  readonly venueAccounts: Map<string, VenueAccount>;
  readonly dirty: Set<string>;
  readonly sectionHashes: SortedMap<string>;
  /** Earliest expiry of an instrument that has not been recorded as expired; derived. */
  nextExpiryUs: number;
};

export type StateLists = {
  readonly orders: Order[];
  readonly fills: KnownId[];
  readonly reports: KnownId[];
  readonly trades: KnownId[];
  readonly halts: KnownId[];
};

export const logSection = "log";

/** A state with the given head and lists; the maps are empty. */
export const assembleState = (facts: LogFacts, lists: StateLists): EngineState => {
  const dirty = new Set<string>([logSection]);
  const touch = (section: string): void => void dirty.add(section);
  const known = (name: string, items: KnownId[]): KnownIds => new KnownIds(new PagedList(name, touch, items));
  return {
    facts,
    instruments: new SortedMap(),
    strikes: new SortedMap(),
    parities: new SortedMap(),
    smiles: new SortedMap(),
    watchedStrikes: new SortedMap(),
    watchedParities: new SortedMap(),
    books: new SortedMap(),
    orders: new PagedList("order", touch, lists.orders),
    orderIndexById: new Map(lists.orders.map((order, index) => [order.commandId, index])),
    fills: known("fill", lists.fills),
    reports: known("report", lists.reports),
    trades: known("trade", lists.trades),
    halts: known("halt", lists.halts),
    reconciliations: new SortedMap(),
    venueAccounts: new Map(),
    dirty,
    sectionHashes: new SortedMap(),
    nextExpiryUs: Infinity,
  };
};

/** The state of a log before its first record. `log` is the underlying's name. */
export const initialState = (log: string): EngineState =>
  assembleState(
    {
      log,
      generation: 1,
      position: 0,
      recordedTimeUs: 0,
      inputPosition: 0,
      opening: null,
      semantics: 0,
      halted: null,
      hashedMultiple: 0,
      index: { price: null, timeUs: null },
      indexReference: newTickReference(),
    },
    { orders: [], fills: [], reports: [], trades: [], halts: [] },
  );

/** Throws EngineError `unknown_reference`: admission records nothing that names what is not there. */
export const requireInstrument = (state: EngineState, name: string): InstrumentState => {
  const instrument = state.instruments.get(name);
  if (instrument === undefined) throw new EngineError("unknown_reference", `log ${state.facts.log} lists no instrument ${name}`);
  return instrument;
};

/** Throws EngineError `unknown_reference`. */
export const requireBook = (state: EngineState, name: string): BookState => {
  const book = state.books.get(name);
  if (book === undefined) throw new EngineError("unknown_reference", `log ${state.facts.log} has no book ${name}`);
  return book;
};

export const orderById = (state: EngineState, commandId: string): Order | undefined => {
  const index = state.orderIndexById.get(commandId);
  return index === undefined ? undefined : state.orders.items[index];
};

/** The state's section changed: it is hashed anew. */
export const touch = (state: EngineState, section: string): void => void state.dirty.add(section);
