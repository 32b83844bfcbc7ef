import { canonicalJson, decodeJson, type Fill, type Instrument } from "@finality/contracts";
import { decimal, type Position } from "@finality/domain";
import { newBookState, type BookFacts, type BookState } from "../books/book-state.ts";
import { EngineError } from "../errors.ts";
import { noteExpiry } from "../market/listing.ts";
import { newInstrumentState, type InstrumentMarket } from "../market/instrument-state.ts";
import type { SmileState } from "../market/smile-state.ts";
import type { ParityState, StrikeState } from "../market/strike-state.ts";
import type { Order } from "../orders/order.ts";
import type { Reconciliation } from "../reconciliation/reconciliation.ts";
import { noteVenueFill } from "../reconciliation/venue-account.ts";
import { semantics } from "../semantics.ts";
import { assembleState, type EngineState, type LogFacts } from "./engine-state.ts";
import type { KnownId } from "./known-ids.ts";
import { sectionsOf } from "./sections.ts";

const format = 1;

/** The whole state as RFC 8785 bytes: equal states are equal bytes. Throws ContractsError `not_json_value` where a NaN reached the state. */
export const serializeState = (state: EngineState): Uint8Array => {
  const sections = [...sectionsOf(state)].map(({ name, value }): readonly [string, unknown] => [name, value()]);
  return canonicalJson({ format, semantics, sections });
};

// What follows reads back exactly what `sectionsOf` wrote. A snapshot is ours, checked by its hash before it is used; the casts name
// the shapes that were written.

type WrittenAmounts<Key extends string> = { readonly [Name in Key]: string };
type WrittenPosition = WrittenAmounts<keyof Position> & { readonly settled: boolean };
type WrittenBook = {
  readonly facts: BookFacts;
  readonly openingCost: string;
  readonly positions: readonly { readonly instrument: string; readonly held: WrittenPosition }[];
};
type WrittenOrder = Omit<Order, "quantity" | "cumulative" | "filled" | "notional" | "fees"> &
  WrittenAmounts<"quantity" | "cumulative" | "filled" | "notional" | "fees">;
type WrittenInstrument = { readonly definition: Instrument; readonly market: InstrumentMarket };
type Written = readonly (readonly [name: string, value: unknown])[];

const readOrder = (written: WrittenOrder): Order => ({
  ...written,
  quantity: decimal(written.quantity),
  cumulative: decimal(written.cumulative),
  filled: decimal(written.filled),
  notional: decimal(written.notional),
  fees: decimal(written.fees),
});

const readPosition = (written: WrittenPosition): Position => ({
  quantity: decimal(written.quantity),
  openCost: decimal(written.openCost),
  tradeCash: decimal(written.tradeCash),
  settlementCash: decimal(written.settlementCash),
  fees: decimal(written.fees),
});

const named = <Value>(sections: Written, kind: string): Value[] =>
  sections.filter(([name]) => name.startsWith(`${kind}/`)).map(([, value]) => value as Value);

const paged = <Item>(sections: Written, kind: string): Item[] => named<readonly Item[]>(sections, kind).flat();

const readBook = (state: EngineState, written: WrittenBook): BookState => {
  const { facts } = written;
  const book = newBookState(facts.openedAs, facts.checkedInterval);
  Object.assign(book.facts, facts);
  book.openingCost = decimal(written.openingCost);
  for (const { instrument, held } of written.positions) {
    const position = readPosition(held);
    const multiplier = state.instruments.get(instrument)?.terms.multiplier;
    if (multiplier === undefined) throw new EngineError("bad_snapshot", `the snapshot's book ${facts.book} holds ${instrument}, which it does not list`);
    book.positions.set(instrument, { position, settled: held.settled, contracts: position.quantity.times(multiplier).toNumber() });
  }
  return book;
};

const readSections = (bytes: Uint8Array): Written => {
  const document = decodeJson(bytes) as { readonly format?: unknown; readonly semantics?: unknown; readonly sections?: unknown } | null;
  if (document?.format !== format || document.semantics !== semantics || !Array.isArray(document.sections)) {
    const found = `format ${String(document?.format)}, semantics ${String(document?.semantics)}`;
    throw new EngineError("bad_snapshot", `a snapshot of format ${format}, semantics ${semantics} was expected, got ${found}`);
  }
  return document.sections as Written;
};

/** The state that `serializeState` wrote. Throws EngineError `bad_snapshot` for other semantics or formats (rule 31), ContractsError `not_json`. */
export const restoreState = (bytes: Uint8Array): EngineState => {
  const sections = readSections(bytes);
  const facts = sections.find(([name]) => name === "log")?.[1] as LogFacts | undefined;
  if (facts === undefined) throw new EngineError("bad_snapshot", "the snapshot has no section log");
  const state = assembleState(facts, {
    orders: paged<WrittenOrder>(sections, "order").map(readOrder),
    fills: paged<KnownId>(sections, "fill"),
    reports: paged<KnownId>(sections, "report"),
    trades: paged<KnownId>(sections, "trade"),
    halts: paged<KnownId>(sections, "halt"),
  });
  for (const { definition, market } of named<WrittenInstrument>(sections, "instrument")) {
    const instrument = newInstrumentState(definition, market);
    state.instruments.set(definition.instrument, instrument);
    noteExpiry(state, instrument);
  }
  for (const strike of named<StrikeState>(sections, "strike")) state.strikes.set(strike.key, strike);
  for (const parity of named<ParityState>(sections, "parity")) state.parities.set(parity.key, parity);
  for (const smile of named<SmileState>(sections, "smile")) state.smiles.set(smile.key, smile);
  for (const strike of state.strikes.values()) {
    const parity = strike.parityKey === null ? undefined : state.parities.get(strike.parityKey);
    if (strike.watched) state.watchedStrikes.set(strike.key, strike);
    if (strike.watched && parity !== undefined) state.watchedParities.set(parity.key, parity);
  }
  for (const book of named<WrittenBook>(sections, "book")) state.books.set(book.facts.book, readBook(state, book));
  for (const reconciliation of named<Reconciliation>(sections, "reconciliation")) state.reconciliations.set(reconciliation.account, reconciliation);
  for (const [, content] of state.fills.entries.items) noteVenueFill(state, JSON.parse(content) as Fill);
  for (const [index, order] of state.orders.items.entries()) state.books.get(order.book)?.orders.push(index);
  return state;
};
