import type { BookDefinition, BookLimits, HedgePolicy, RefusalReason } from "@finality/contracts";
import { zero, type Decimal, type Position } from "@finality/domain";
import { SortedMap } from "../state/sorted-map.ts";
import { newExposure, type Exposure } from "./exposure.ts";
import { emptyValuation, type Valuation } from "./valuation.ts";

type Refusal = { readonly reason: RefusalReason; readonly subject: string | null };

/** What a book is and knows, apart from its exact amounts. Plain data: hashed and stored as it is. */
export type BookFacts = {
  readonly book: string;
  readonly account: string;
  readonly hedgeInstrument: string;
  /** As `BookOpened` said it; policy and limits may have been set since. */
  readonly openedAs: BookDefinition;
  policy: HedgePolicy;
  limits: BookLimits;
  /** Id of the halt in force on this book alone. */
  halted: string | null;
  /** The unexpected fill or report that holds it. */
  held: string | null;
  suspended: boolean;
  /** Why valuing failed, until it is recorded and the book released. */
  failure: string | null;
  /** The refusal that is recorded and has not ended. */
  refusal: Refusal | null;
  /** Recorded time and command id of the last hedge decision. */
  lastHedgeUs: number | null;
  lastHedge: string | null;
  hedges: number;
  /** Of a fixed interval: number of the last interval whose check is done. */
  checkedInterval: number;
  /** Booked trades in instruments without any mark: their half-spread is not in the opening cost. */
  tradesWithoutMark: number;
  exposure: Exposure;
  valuation: Valuation;
  /** Indices of orders of which something may still come, ascending. */
  openOrders: number[];
};

export type BookPosition = {
  position: Position;
  /** Model value of quantity × multiplier. */
  contracts: number;
  settled: boolean;
};

export type BookState = {
  readonly facts: BookFacts;
  readonly section: string;
  /** By instrument. */
  readonly positions: SortedMap<BookPosition>;
  /** Half-spreads paid on booked trades, settlement currency. */
  openingCost: Decimal;
  /** Indices of all its orders; derived, rebuilt on restoring. */
  readonly orders: number[];
};

const bookSection = (book: string): string => `book/${book}`;

/** `checkedInterval`: of a fixed-interval policy, the number of the interval that it is opened in. */
export const newBookState = (definition: BookDefinition, checkedInterval: number): BookState => ({
  facts: {
    ...definition,
    openedAs: definition,
    checkedInterval,
    halted: null,
    held: null,
    suspended: false,
    failure: null,
    refusal: null,
    lastHedgeUs: null,
    lastHedge: null,
    hedges: 0,
    tradesWithoutMark: 0,
    exposure: newExposure(),
    valuation: emptyValuation,
    openOrders: [],
  },
  section: bookSection(definition.book),
  positions: new SortedMap(),
  openingCost: zero,
  orders: [],
});
