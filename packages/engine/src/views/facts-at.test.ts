import { createHash } from "node:crypto";
import { tickFlags, tickKinds, type Instrument, type LogRecord } from "@finality/contracts";
import { decimal, formatDecimal, zero, type Decimal } from "@finality/domain";
import { describe, expect, test } from "vitest";
import { evolve } from "../fold/evolve.ts";
import { initialState, type EngineState } from "../state/engine-state.ts";
import { writeRandomLog } from "../testing/random-log.ts";
import { future, index, minute, option, quote, Scenario, second, spot, startUs } from "../testing/scenario.ts";
import { bookNames, bookView } from "./book-view.ts";
import { factsAt, type BookFactsView } from "./facts-at.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

const randomRecords = (seed: number): readonly LogRecord[] => {
  const scenario = new Scenario(sha256);
  writeRandomLog(scenario, seed, 80);
  return scenario.records;
};

const foldUntil = (records: readonly LogRecord[], isIn: (record: LogRecord) => boolean): EngineState => {
  const state = initialState("SPX");
  for (const record of records) if (isIn(record)) evolve(state, record);
  return state;
};

const viewsOf = (state: EngineState): readonly BookFactsView[] =>
  bookNames(state).map((name) => {
    const { book, positions, pnl } = bookView(state, name);
    const { currency, optionPnl, hedgePnl, settlement, fees, netPnl, cash, inQuote, unmarked } = pnl;
    return { book, positions, pnl: { currency, optionPnl, hedgePnl, settlement, fees, netPnl, cash, inQuote, unmarked } };
  });

describe("a log without late arrivals", () => {
  test.each(seeds)("at the end of time shows what the head shows, seed %i", (seed) => {
    const records = randomRecords(seed);
    const facts = factsAt(records, Infinity);
    expect(facts.position).toBe(records.length);
    expect(facts.books).toEqual(viewsOf(foldUntil(records, () => true)));
  });

  test.each(seeds)("at any venue time shows what was known then, seed %i", (seed) => {
    const records = randomRecords(seed);
    for (let at = 20; at < records.length; at += 37) {
      const timeUs = records[at]?.recordedTimeUs ?? 0;
      const then = foldUntil(records, ({ recordedTimeUs }) => recordedTimeUs <= timeUs);
      expect(factsAt(records, timeUs).books).toEqual(viewsOf(then));
    }
  });
});

// --- the twin: no fold, only searches through the records --------------------------------------------------------------------------------

type Change = { readonly book: string; readonly instrument: string; readonly cash: Decimal; readonly fee: Decimal; readonly quantity: Decimal | "closed" };

const instrumentsOf = (records: readonly LogRecord[]): ReadonlyMap<string, Instrument> =>
  new Map(records.flatMap((record) => (record.type === "InstrumentListed" ? [[record.body.instrument.instrument, record.body.instrument] as const] : [])));

const multiplierOf = (records: readonly LogRecord[], instrument: string): Decimal => decimal(instrumentsOf(records).get(instrument)?.multiplier ?? "0");

/** Trades, fills and settlements in the order in which they were recorded. */
const changesBy = (records: readonly LogRecord[], timeUs: number): readonly Change[] =>
  records.flatMap((record): readonly Change[] => {
    if (record.venueTimeUs > timeUs) return [];
    if (record.type === "PositionSettled") return [{ ...record.body, cash: decimal(record.body.cash), fee: zero, quantity: "closed" }];
    if (record.type !== "TradeBooked" && record.type !== "FillRecorded") return [];
    const { side, price, fee, instrument } = record.body;
    const quantity = side === "buy" ? decimal(record.body.quantity) : decimal(record.body.quantity).neg();
    const amounts = { instrument, quantity, fee: decimal(fee), cash: quantity.times(decimal(price)).times(multiplierOf(records, instrument)).neg() };
    if (record.type === "TradeBooked") return [{ book: record.body.book, ...amounts }];
    const decision = records[Number(record.body.commandId.split("-").at(-1)) - 1];
    return decision?.type === "HedgeDecided" ? [{ book: decision.body.book, ...amounts }] : [];
  });

type Seen = { readonly kind: string; readonly price: Decimal; readonly key: readonly [number, number, number] };

const later = (a: Seen, b: Seen): Seen => {
  const place = a.key.findIndex((value, at) => value !== b.key[at]);
  return place >= 0 && (a.key[place] ?? 0) > (b.key[place] ?? 0) ? a : b;
};

/** Highest venue time, then position, then index, of the good two-sided quotes; else of the marks; else of the trades. */
const markAt = (records: readonly LogRecord[], instrument: string, timeUs: number): Decimal | undefined => {
  const seen: Seen[] = [];
  for (const { type, body, position } of records) {
    if (type !== "TicksRecorded") continue;
    for (let tick = 0; tick < body.count; tick += 1) {
      const [atUs, one, other] = [body.venueTimeUs[tick] ?? 0, body.value0[tick] ?? NaN, body.value2[tick] ?? NaN];
      const kind = tickKinds[body.kind[tick] ?? 0] ?? "";
      if (body.instruments[body.instrument[tick] ?? 0] !== instrument || body.flags[tick] !== 0 || atUs > timeUs) continue;
      if (kind === "quote" && (Number.isNaN(one) || Number.isNaN(other))) continue;
      const price = kind === "quote" ? decimal(String(one)).plus(decimal(String(other))).div(2) : decimal(String(one));
      seen.push({ kind, price, key: [atUs, position, tick] });
    }
  }
  for (const kind of ["quote", "mark", "trade"]) {
    const [first, ...others] = seen.filter((each) => each.kind === kind);
    if (first !== undefined) return others.reduce(later, first).price;
  }
  return undefined;
};

/** Quantity, fees and mark of each book's instruments, and the book's net P&L. */
const bruteForce = (records: readonly LogRecord[], timeUs: number) => {
  const held = new Map<string, { quantity: Decimal; cash: Decimal; fees: Decimal }>();
  for (const { book, instrument, quantity, cash, fee } of changesBy(records, timeUs)) {
    const before = held.get(`${book} ${instrument}`) ?? { quantity: zero, cash: zero, fees: zero };
    held.set(`${book} ${instrument}`, { quantity: quantity === "closed" ? zero : before.quantity.plus(quantity), cash: before.cash.plus(cash), fees: before.fees.plus(fee) });
  }
  const books: Record<string, { positions: Record<string, unknown>; netPnl: Decimal }> = {};
  for (const [key, { quantity, cash, fees }] of held) {
    const [book = "", instrument = ""] = key.split(" ");
    const mark = markAt(records, instrument, timeUs);
    const shown = (books[book] ??= { positions: {}, netPnl: zero });
    shown.positions[instrument] = { quantity: formatDecimal(quantity), fees: formatDecimal(fees), markPrice: quantity.isZero() || mark === undefined ? null : formatDecimal(mark) };
    shown.netPnl = shown.netPnl.plus(cash).plus(mark === undefined ? zero : quantity.times(mark).times(multiplierOf(records, instrument))).minus(fees);
  }
  return Object.fromEntries(Object.entries(books).map(([book, { positions, netPnl }]) => [book, { positions, netPnl: formatDecimal(netPnl) }]));
};

const shownAs = (books: readonly BookFactsView[]) =>
  Object.fromEntries(
    books
      .filter(({ positions }) => positions.length > 0)
      .map(({ book, positions, pnl }) => [book, { positions: Object.fromEntries(positions.map(({ instrument, quantity, fees, markPrice }) => [instrument, { quantity, fees, markPrice }])), netPnl: pnl.netPnl }]),
  );

/** The same records, each execution up to ten minutes older by its venue than by us. */
const withLateArrivals = (records: readonly LogRecord[]): readonly LogRecord[] =>
  records.map((record) => (record.type === "TradeBooked" || record.type === "FillRecorded" ? { ...record, venueTimeUs: record.venueTimeUs - ((record.position * 7_919) % 600) * second } : record));

describe("a log with late arrivals", () => {
  test.each(seeds)("shows what a search through its records finds, seed %i", (seed) => {
    const records = withLateArrivals(randomRecords(seed));
    // Flagged ticks are there and do not count.
    expect(records.some(({ type, body }) => type === "TicksRecorded" && body.flags.some((flags) => flags === (tickFlags.late | tickFlags.stale)))).toBe(true);
    const times = records.filter((_record, at) => at % 41 === 0).flatMap(({ venueTimeUs }) => [venueTimeUs, venueTimeUs - 1]);
    let compared = 0;
    for (const timeUs of [...times, Infinity]) {
      // A position without any mark counts at its average cost, which the twin does not know.
      const facts = factsAt(records, timeUs);
      const marked = facts.books.filter(({ pnl }) => pnl.unmarked.length === 0);
      const expected = bruteForce(records, timeUs);
      expect(shownAs(marked)).toEqual(Object.fromEntries(Object.entries(expected).filter(([book]) => marked.some((each) => each.book === book))));
      compared += marked.filter(({ positions }) => positions.length > 0).length;
    }
    expect(compared).toBeGreaterThan(20);
  });
});

/** One lot of spot at 3,700 in a book opened at the start, the price known a second later. */
const held = (): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(spot, future(), option("call"));
  scenario.openBook({ hedgeInstrument: "SPOT", policy: { type: "none" } });
  scenario.ticks(startUs + second, index(3_700, startUs + second), quote("SPOT", 3_699, 3_701, startUs + second));
  scenario.trade("t1", "SPOT", "buy", "1", "3700");
  return scenario;
};

const quantityAt = (scenario: Scenario, timeUs: number, book = "scalper"): string | undefined => factsAt(scenario.records, timeUs).books.find((each) => each.book === book)?.positions[0]?.quantity;

describe("one moment", () => {
  test("holds an execution by its venue's time, not by when we heard of it", () => {
    const scenario = held();
    scenario.ticks(startUs + 10 * minute, quote("SPOT", 3_709, 3_711, startUs + 10 * minute));
    scenario.trade("late", "SPOT", "buy", "2", "3700", { venueTimeUs: startUs + minute });
    scenario.trade("early", "SPOT", "buy", "4", "3700", { venueTimeUs: startUs + 20 * minute });
    expect([0, second, minute - 1, minute, 20 * minute - 1, 20 * minute].map((afterUs) => quantityAt(scenario, startUs + afterUs))).toEqual([undefined, "1", "1", "3", "3", "7"]);
    // Marked by the quote of that time.
    expect(factsAt(scenario.records, startUs + minute).books[0]).toMatchObject({ positions: [{ markPrice: "3700" }], pnl: { netPnl: "0", cash: "-11100" } });
    expect(factsAt(scenario.records, startUs + 10 * minute).books[0]).toMatchObject({ positions: [{ markPrice: "3710" }], pnl: { netPnl: "30" } });
  });

  test("shows a book from its opening on, and before it where something was executed for it", () => {
    const scenario = held();
    scenario.ticks(startUs + minute, quote("SPOT", 3_699, 3_701, startUs + minute));
    scenario.openBook({ book: "later", hedgeInstrument: "SPOT", policy: { type: "none" } });
    const namesAt = (timeUs: number): readonly string[] => factsAt(scenario.records, timeUs).books.map(({ book }) => book);
    expect([startUs - 1, startUs, startUs + minute].map(namesAt)).toEqual([[], ["scalper"], ["later", "scalper"]]);
    scenario.trade("before", "SPOT", "sell", "5", "3700", { book: "later", venueTimeUs: startUs + 30 * second });
    expect(quantityAt(scenario, startUs + 30 * second, "later")).toBe("-5");
    expect(namesAt(startUs + 29 * second)).toEqual(["scalper"]);
  });

  test("does not count ticks that were flagged, nor the part of a record that had not happened", () => {
    const scenario = held();
    scenario.ticks(startUs + minute, quote("SPOT", 3_719, 3_721, startUs + minute), quote("SPOT", 3_709, 3_711, startUs + 30 * second), quote("SPOT", 3_729, 3_731, startUs + minute + second / 2));
    const markAfter = (afterUs: number) => factsAt(scenario.records, startUs + afterUs).books[0]?.positions[0]?.markPrice;
    expect([59 * second, minute, minute + second].map(markAfter)).toEqual(["3700", "3720", "3730"]);
  });

  test("is asked of a whole log", () => {
    const { records } = held();
    expect(() => factsAt(records.slice(1), Infinity)).toThrow("position 2 after 0");
    expect(() => factsAt(records.filter(({ position }) => position !== 3), Infinity)).toThrow("position 4 after 2");
    expect(factsAt([], 5)).toEqual({ venueTimeUs: 5, position: 0, books: [] });
  });
});
