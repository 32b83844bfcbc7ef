import { createHash } from "node:crypto";
import { isDecisionRecord, isInputRecord, type DecisionRecord, type InputRecord, type LogRecord } from "@finality/contracts";
import { assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../hedging/decide.ts";
import { initialState, type EngineState } from "../state/engine-state.ts";
import { restoreState, serializeState } from "../state/snapshot.ts";
import { stateHash } from "../state/state-hash.ts";
import { writeRandomLog } from "../testing/random-log.ts";
import { bandPolicy, future, index, option, quote, Scenario, second, spot, standardBook, startUs } from "../testing/scenario.ts";
import { bookView } from "../views/book-view.ts";
import { advance } from "./advance.ts";
import { evolve } from "./evolve.ts";
import { verifyStep, type Difference } from "./verify.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const hashOf = (state: EngineState): string => stateHash(state, sha256);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const randomLog = (seed: number, steps = 60, bookOrder?: readonly number[]): Scenario => {
  const scenario = new Scenario(sha256, { stateHashEvery: 50 });
  writeRandomLog(scenario, seed, steps, bookOrder);
  return scenario;
};

const foldAll = (records: readonly LogRecord[]): EngineState => {
  const state = initialState("SPX");
  for (const record of records) evolve(state, record);
  return state;
};

/** Inputs with the decisions that stand behind them. */
const steps = (records: readonly LogRecord[]): readonly { readonly input: InputRecord; readonly decisions: readonly DecisionRecord[] }[] => {
  const found: { input: InputRecord; decisions: DecisionRecord[] }[] = [];
  for (const record of records) {
    if (isInputRecord(record)) found.push({ input: record, decisions: [] });
    else if (isDecisionRecord(record)) found.at(-1)?.decisions.push(record);
  }
  return found;
};

const verify = (records: readonly LogRecord[]): Difference | undefined => {
  const state = initialState("SPX");
  for (const step of steps(records)) {
    const difference = verifyStep(state, step, sha256);
    if (difference !== undefined) return difference;
  }
  return undefined;
};

const seeds = integer({ min: 1, max: 1_000_000 });

describe("the random log", () => {
  test("holds what the laws are to be tried on", () => {
    const types = new Set<string>();
    const volSources = new Set<string | null>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const { records, state } = randomLog(seed);
      for (const { type } of records) types.add(type);
      for (const { vol, volSource } of state.strikes.values()) if (vol !== null) volSources.add(volSource);
      if (state.instruments.get("FAR")?.market.basis !== null) volSources.add("a basis");
    }
    expect([...volSources].sort()).toEqual(["a basis", "mark", "quote"]);
    expect([...types].sort()).toEqual([
      "BookOpened", "BookReleased", "FillRecorded", "Halted", "HedgeDecided", "HedgeRefused", "InstrumentExpired", "InstrumentListed", "LogOpened",
      "OrderReported", "PositionSettled", "RefusalEnded", "Resumed", "SettlementPriced", "StateHashed", "TicksRecorded", "TradeBooked", "UnexpectedFillRecorded",
    ]);
  });
});

describe("the fold", () => {
  test("of the recorded log alone is the writer's state, to the byte", () => {
    assert(
      property(seeds, (seed) => {
        const { state, records } = randomLog(seed, 40);
        expect(textOf(serializeState(foldAll(records)))).toBe(textOf(serializeState(state)));
      }),
      { numRuns: 15 },
    );
  });

  test("from a snapshot at any place gives the straight fold's bytes and decisions (rule 28)", () => {
    for (const seed of [1, 7]) {
      const { records, state: end } = randomLog(seed, 40);
      const expected = textOf(serializeState(end));
      for (let place = 1; place < records.length; place += 1) {
        const restored = restoreState(serializeState(foldAll(records.slice(0, place))));
        for (const record of records.slice(place)) evolve(restored, record);
        expect(textOf(serializeState(restored))).toBe(expected);
        expect(hashOf(restored)).toBe(hashOf(end));
      }
    }
  });

  test("from a snapshot shows what the straight fold shows", () => {
    const { state } = randomLog(9);
    const restored = restoreState(serializeState(state));
    for (const book of state.books.keys) expect(bookView(restored, book)).toEqual(bookView(state, book));
    expect([...state.books.keys].flatMap((book) => bookView(restored, book).orders).length).toBeGreaterThan(3);
  });

  test("takes a new generation from the record that raises it, and numbers decisions by it", () => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), spot);
    const { log, position } = scenario.state.facts;
    const place = { log, position: position + 1, venueTimeUs: startUs, recordedTimeUs: startUs };
    scenario.fold({ ...place, generation: 2, type: "GenerationRaised", body: { generation: 2, reason: "restored" } });
    scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs));
    scenario.openBook();
    scenario.trade("t", "SPOT", "buy", "300", "3700");
    expect(bookView(scenario.state, "scalper").orders[0]?.commandId).toBe(`SPX-2-${String(scenario.records.length)}`);
  });

  test("from a snapshot decides what the straight fold decided", () => {
    const { records } = randomLog(3, 60);
    const all = steps(records);
    for (let place = 1; place < all.length; place += 7) {
      const before = all.slice(0, place).flatMap(({ input, decisions }) => [input, ...decisions]);
      const restored = restoreState(serializeState(foldAll(before)));
      for (const { input, decisions } of all.slice(place)) expect(advance(restored, input, sha256)).toEqual(decisions);
    }
  });

  test("does not depend on the order in which books were opened", () => {
    assert(
      property(seeds, (seed) => {
        const [one, other] = [randomLog(seed, 40, [0, 1, 2, 3]), randomLog(seed, 40, [3, 1, 0, 2])];
        expect(hashOf(one.state)).toBe(hashOf(other.state));
        expect(one.records.filter(isDecisionRecord)).toEqual(other.records.filter(isDecisionRecord));
      }),
      { numRuns: 10 },
    );
  });

  test.each([
    ["a gap", (record: LogRecord) => ({ ...record, position: record.position + 1 })],
    ["a repetition", (record: LogRecord) => ({ ...record, position: record.position - 1 })],
    ["time that falls", (record: LogRecord) => ({ ...record, recordedTimeUs: 1 })],
    ["a generation that nothing raised", (record: LogRecord) => ({ ...record, generation: 2 })],
    ["another log's record", (record: LogRecord) => ({ ...record, log: "NDX" })],
  ])("refuses %s", (_what, change) => {
    const { records } = randomLog(1, 3);
    const state = foldAll(records.slice(0, 10));
    const next = records[10];
    if (next === undefined) throw new Error("the log has eleven records");
    expect(() => evolve(state, change(next))).toThrow("log SPX:");
    evolve(state, next);
    expect(state.facts.position).toBe(11);
  });
});

describe("rule 11: decisions", () => {
  test("are read only: deciding twice says the same and changes nothing", () => {
    const { state } = randomLog(5);
    const before = textOf(serializeState(state));
    for (const book of state.books.keys) expect(decide(state, book)).toEqual(decide(state, book));
    expect(textOf(serializeState(state))).toBe(before);
  });

  test("stand right behind their input, one book after the other, and cause no others", () => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), spot);
    scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs));
    for (const book of ["b", "a"]) scenario.openBook({ book });
    for (const book of ["b", "a"]) {
      scenario.send(startUs, "set_policy", { book, policy: { ...bandPolicy, thresholdUp: 10_000 } });
      scenario.trade(`trade-${book}`, "SPOT", "buy", "300", "3700", { book });
      scenario.send(startUs, "halt", { haltId: `halt-${book}`, book });
      scenario.send(startUs, "set_policy", { book, policy: bandPolicy });
    }
    const position = scenario.records.length;
    const said = scenario.send(startUs, "set_policy", { book: "a", policy: { ...bandPolicy, deltaTarget: 10 } });
    expect(said).toEqual([]);
    scenario.send(startUs, "resume", { haltId: "r-b", book: "b" });
    const decisions = scenario.send(startUs, "resume", { haltId: "r-a", book: "a" });
    expect(decisions.map(({ type, body }) => `${type} ${"book" in body ? body.book : ""}`)).toEqual(["RefusalEnded a", "HedgeDecided a", "HedgeRefused b"]);
    expect(decisions.map((decision) => decision.position)).toEqual([1, 2, 3].map((step) => position + 4 + step + 1));
  });

  test("that are recorded are facts: a fold applies one that it would not take today", () => {
    const { records } = randomLog(2);
    const place = records.findIndex(({ type }) => type === "HedgeDecided");
    const changed = records.map((record, at) => (at === place && record.type === "HedgeDecided" ? { ...record, body: { ...record.body, quantity: "1" } } : record));
    const { book } = (records[place] as Extract<LogRecord, { readonly type: "HedgeDecided" }>).body;
    const orders = bookView(foldAll(changed.slice(0, place + 1)), book).orders;
    expect(orders.at(-1)).toMatchObject({ position: place + 1, quantity: "1" });
  });
});

describe("rule 12: one record is one moment of knowledge", () => {
  test("ticks of one record are decided on once, on the last state", () => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), option("call"));
    scenario.openBook();
    scenario.ticks(startUs, index(3600, startUs), quote("FUT", 3599.75, 3600.25, startUs), quote("C3700", 9, 11, startUs));
    scenario.send(startUs, "set_policy", { book: "scalper", policy: { ...bandPolicy, thresholdUp: 100_000 } });
    scenario.trade("t", "C3700", "buy", "10", "11");
    scenario.send(startUs, "set_policy", { book: "scalper", policy: { ...bandPolicy, thresholdUp: 400 } });
    // In between the call's delta is above the band; where the record ends it is not.
    expect(scenario.ticks(startUs + second, index(3760, startUs + second), index(3600, startUs + second))).toEqual([]);
    expect(scenario.ticks(startUs + 2 * second, index(3760, startUs + 2 * second))).toHaveLength(1);
  });
});

describe("rule 34: StateHashed", () => {
  test("follows the decisions of the first input at or past each multiple, and of no other", () => {
    const { records } = randomLog(4, 400);
    const lastInputAt = (positionMax: number): number => records.slice(0, positionMax).findLast(isInputRecord)?.position ?? 0;
    const multipleAt = (position: number): number => Math.floor(position / 50);
    const due = records.filter((record) => isInputRecord(record) && multipleAt(record.position) > multipleAt(lastInputAt(record.position - 1)));
    expect(due.some(({ position }) => position % 50 > 0)).toBe(true);
    const hashed = records.filter(({ type }) => type === "StateHashed");
    expect(hashed.map(({ position }) => lastInputAt(position))).toEqual(due.map(({ position }) => position));
    for (const { position } of hashed) expect(records.slice(position, position + 1).every(isInputRecord)).toBe(true);
  });

  test("is the hash of the state before it, for every follower", () => {
    const { records } = randomLog(4, 80);
    for (const record of records) {
      if (record.type === "StateHashed") expect(record.body.hash).toBe(hashOf(foldAll(records.slice(0, record.position - 1))));
    }
  });

  test("sees every section: a change anywhere is another hash", () => {
    const { state } = randomLog(6);
    const hash = hashOf(state);
    const order = state.orders.items[0];
    if (order === undefined) throw new Error("the log has an order");
    order.cumulative = order.cumulative.plus(order.quantity);
    expect(hashOf(state)).toBe(hash);
    state.orders.changed(0);
    expect(hashOf(state)).not.toBe(hash);
  });

  test("refuses a NaN in the state (rule 27)", () => {
    const { state } = randomLog(6);
    state.facts.index = { price: NaN, timeUs: 1 };
    state.dirty.add("log");
    expect(() => hashOf(state)).toThrow("/index/price is NaN");
  });
});

describe("a snapshot", () => {
  test("of other semantics or format is not used", () => {
    const bytes = textOf(serializeState(randomLog(1, 3).state));
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(() => restoreState(encode(bytes.replace(/"semantics":2\}$/, '"semantics":1}')))).toThrow("got format 1, semantics 1");
    expect(() => restoreState(encode("{}"))).toThrow("a snapshot of format 1");
    expect(() => restoreState(encode("nonsense"))).toThrow("Not JSON");
  });
});

describe("verification", () => {
  test("agrees with what was recorded", () => {
    expect(verify(randomLog(8).records)).toBeUndefined();
  });

  test("names position, field and both values of a changed decision", () => {
    const { records } = randomLog(8);
    const at = records.findIndex(({ type }) => type === "HedgeDecided");
    const original = records[at];
    if (original?.type !== "HedgeDecided") throw new Error("the log has a hedge");
    const changed = records.map((record, place) => (place === at ? { ...original, body: { ...original.body, band: { ...original.body.band, upper: 99 } } } : record));
    const body = { ...original.body, band: { ...original.body.band, upper: 99 } };
    expect(verify(changed)).toMatchObject({ position: at + 1, field: "/body/band/upper", recorded: 99, recomputed: original.body.band.upper, recordedDecision: { body }, recomputedDecision: { body: original.body } });
  });

  test("names a decision that is missing or too many", () => {
    const { records } = randomLog(8);
    const at = records.findIndex(({ type }) => type === "HedgeRefused" || type === "HedgeDecided");
    const missing = records.filter((_, place) => place !== at);
    expect(verify(missing)?.position).toBe(at + 1);
    const double = records.slice(0, at + 1);
    const last = double.at(-1);
    if (last === undefined || isInputRecord(last)) throw new Error("a decision is last");
    expect(verify([...double, { ...last, position: at + 2 }])).toMatchObject({ position: at + 2, field: "", recomputed: undefined });
  });

  test("notices a changed input by what follows from it", () => {
    const { records } = randomLog(8);
    const at = records.findIndex(({ type }) => type === "TradeBooked");
    const original = records[at];
    if (original?.type !== "TradeBooked") throw new Error("the log has a trade");
    const changed = records.map((record, place) => (place === at ? { ...original, body: { ...original.body, quantity: "77" } } : record));
    expect(verify(changed)).toMatchObject({ field: expect.any(String) });
  });
});

describe("rule 10: an exception in valuing or deciding", () => {
  const bad = (): Scenario => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), spot);
    // Parsing refuses a strike below zero; a record that says so is a fault on purpose.
    scenario.record(startUs, { type: "InstrumentListed", body: { instrument: { ...option("call"), strike: "-1", instrument: "BAD" } as never } });
    scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs), quote("BAD", 9, 11, startUs));
    scenario.openBook();
    scenario.openBook({ book: "sound" });
    return scenario;
  };

  test("in valuing suspends this book by a record, and no other", () => {
    const scenario = bad();
    const [strike] = scenario.state.strikes.values();
    if (strike === undefined) throw new Error("the log has a strike");
    Object.assign(strike, { vol: 0.2, volTimeUs: startUs });
    expect(scenario.trade("t", "BAD", "buy", "1", "10").map(({ type, body }) => ({ type, body }))).toEqual([
      { type: "BookSuspended", body: { book: "scalper", error: "PricingError: strike must be finite and >= 0, got -1" } },
    ]);
    const decisions = scenario.trade("u", "SPOT", "buy", "300", "3700", { book: "sound" });
    expect(decisions.map(({ type, body }) => `${type} ${"book" in body ? body.book : ""}`)).toEqual(["HedgeRefused scalper", "HedgeDecided sound"]);
    expect(bookView(scenario.state, "scalper")).toMatchObject({ status: "suspended", refusal: "suspended", greeks: { netDelta: null } });
    expect(bookView(scenario.state, "scalper").positions).toMatchObject([{ instrument: "BAD", quantity: "1" }]);
  });

  test("and a release tries again", () => {
    const scenario = bad();
    const [strike] = scenario.state.strikes.values();
    if (strike === undefined) throw new Error("the log has a strike");
    Object.assign(strike, { vol: 0.2, volTimeUs: startUs });
    scenario.trade("t", "BAD", "buy", "1", "10");
    scenario.trade("u", "BAD", "sell", "1", "10");
    expect(scenario.send(startUs, "release_book", { book: "scalper" }).map(({ type }) => type)).toEqual(["RefusalEnded"]);
    expect(bookView(scenario.state, "scalper").status).toBe("trading");
  });

  test("in settling suspends it once, and the log goes on", () => {
    const scenario = new Scenario(sha256);
    const at = startUs + second;
    scenario.record(startUs, { type: "InstrumentListed", body: { instrument: { ...option("put"), settlement: "inverse", instrument: "BAD", expiryUs: at } as never } });
    scenario.list(future());
    scenario.openBook({ policy: { type: "none" } });
    scenario.trade("t", "BAD", "buy", "1", "10");
    scenario.send(at, "clock", {});
    const suspended = scenario.record(at, { type: "SettlementPriced", body: { instrument: "BAD", price: "0", venueTimeUs: at } });
    expect(suspended.map(({ body }) => body)).toEqual([
      { book: "scalper", error: expect.stringContaining("DomainError: cannot divide") },
      { book: "scalper", reason: "suspended", subject: "scalper", netDelta: null, band: null },
    ]);
    scenario.send(at, "clock", {});
    expect(scenario.send(at, "clock", {})).toEqual([]);
  });

  test("in deciding suspends it too", () => {
    const scenario = new Scenario(sha256);
    scenario.record(startUs, { type: "InstrumentListed", body: { instrument: { ...future(), lotSize: "0" } } });
    scenario.list(spot);
    scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs));
    scenario.openBook({ ...standardBook });
    expect(scenario.trade("t", "SPOT", "buy", "300", "3700").map(({ type, body }) => ({ type, body }))).toEqual([
      { type: "BookSuspended", body: { book: "scalper", error: "DomainError: a lot must be > 0, got 0" } },
    ]);
  });
});
