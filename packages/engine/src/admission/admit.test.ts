import { createHash } from "node:crypto";
import { tickFlags, type TickColumns } from "@finality/contracts";
import { describe, expect, test } from "vitest";
import { initialState } from "../state/engine-state.ts";
import { bandPolicy, future, index, minute, option, quote, Scenario, second, standardBook, standardOpening, startUs } from "../testing/scenario.ts";
import { bookView } from "../views/book-view.ts";
import { admit } from "./admit.ts";
import type { Admission } from "./admission.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

const prepared = (opening: Parameters<typeof openedWith>[0] = {}): Scenario => openedWith(opening);
const openedWith = (opening: Partial<typeof standardOpening>): Scenario => {
  const scenario = new Scenario(sha256, opening);
  scenario.list(future(), option("call"), option("put"));
  scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs), quote("C3700", 49, 51, startUs));
  scenario.openBook({ policy: { ...bandPolicy, thresholdUp: 50 } });
  return scenario;
};
const reasonOf = (admission: Admission): string => (admission.kind === "dead_letter" ? admission.reason : admission.kind);
const flagsOf = (admission: Admission): readonly number[] => {
  if (admission.kind !== "record" || admission.input.type !== "TicksRecorded") throw new Error(`no ticks: ${JSON.stringify(admission)}`);
  const columns: TickColumns = admission.input.body;
  return [...columns.flags];
};
const ticksAt = (scenario: Scenario, atUs: number, ...ticks: readonly unknown[]): Admission => scenario.admit(atUs, "ticks", { ticks: [...ticks] });

describe("before a log is open", () => {
  test("everything waits but its opening, which names the semantics", () => {
    const state = initialState("SPX");
    const clock = { type: "clock", version: 1, log: "SPX", body: {} } as const;
    expect(admit(state, clock, startUs)).toEqual({ kind: "wait" });
    const opening = { type: "open_log", version: 1, log: "SPX", body: standardOpening } as const;
    expect(admit(state, opening, startUs)).toEqual({ kind: "record", venueTimeUs: startUs, input: { type: "LogOpened", body: { ...standardOpening, semantics: 2 } } });
  });

  test("a second opening is a duplicate, or a conflict", () => {
    const scenario = prepared();
    expect(reasonOf(scenario.admit(startUs, "open_log", standardOpening))).toBe("duplicate");
    expect(reasonOf(scenario.admit(startUs, "open_log", { ...standardOpening, farShare: 0.2 }))).toBe("control_conflict");
  });
});

describe("ticks", () => {
  const at = startUs + second;

  test("good ones are recorded, bad ones named with their places", () => {
    const scenario = prepared();
    const admission = ticksAt(scenario, at, { kind: "quote" }, index(3701, at), quote("NOBODY", 1, 2, at), { ...quote("FUT", 1, 2, at), bid: "0" });
    expect(admission).toMatchObject({ kind: "record", venueTimeUs: at, badTicks: { indices: [0, 2, 3], reason: "schema", detail: expect.stringContaining("Tick 0") } });
    expect(flagsOf(admission)).toEqual([0]);
  });

  test("a message of bad ticks only is a dead letter", () => {
    const scenario = prepared();
    expect(reasonOf(ticksAt(scenario, at, quote("NOBODY", 1, 2, at)))).toBe("unknown_instrument");
    expect(reasonOf(ticksAt(scenario, at, { ...index(3700, at), instrument: "FUT" }))).toBe("unknown_instrument");
    expect(reasonOf(ticksAt(scenario, at, { ...index(3700, at), price: "3700.1234567890123" }))).toBe("too_many_digits");
    expect(reasonOf(ticksAt(scenario, at, { ...index(3700, at), price: "-1" }))).not.toBe("record");
  });

  test("of the future are dead letters in a live log, and not judged in a data log (rule 33)", () => {
    const future = index(3700, at + 1_000_001);
    expect(reasonOf(ticksAt(prepared({ clock: "live" }), at, future))).toBe("future_dated");
    expect(reasonOf(ticksAt(prepared({ clock: "live" }), at, index(3700, at + 1_000_000)))).toBe("record");
    expect(reasonOf(ticksAt(prepared(), at, future))).toBe("record");
  });

  test.each([
    ["crossed", quote("FUT", 3701, 3700, at), tickFlags.crossed],
    ["locked", quote("FUT", 3700, 3700, at), 0],
    ["one-sided", { kind: "quote", instrument: "FUT", venueTimeUs: at, bid: "9000" }, 0],
    ["far", index(4071, at), tickFlags.far],
    ["near enough", index(4069, at), 0],
    ["stale: older than the last good one", index(3700, startUs - 1), tickFlags.stale],
    ["of the same venue time", index(3701, startUs), 0],
    ["crossed and stale", quote("FUT", 3701, 3700, startUs - 1), tickFlags.crossed | tickFlags.stale],
    ["far for an option: by a share of its strike", quote("C3700", 421, 423, at), tickFlags.far],
    ["doubled, for an option", quote("C3700", 99, 101, at), 0],
  ])("%s are recorded with their flags", (_what, tick, flags) => {
    expect(flagsOf(ticksAt(prepared(), at, tick))).toEqual([flags]);
  });

  test("late ones are flagged", () => {
    const scenario = prepared();
    const now = startUs + 5 * minute;
    expect(flagsOf(ticksAt(scenario, now, index(3700, now - 60 * second), index(3700, now - 60 * second - 1)))).toEqual([0, tickFlags.late | tickFlags.stale]);
  });

  test("of one message are judged one after the other", () => {
    const scenario = prepared();
    expect(flagsOf(ticksAt(scenario, at, index(3701, at), index(3702, at - 1), index(3703, at)))).toEqual([0, tickFlags.stale, 0]);
  });

  test("far ones that agree with each other are the market from the third on", () => {
    const scenario = prepared();
    expect(flagsOf(ticksAt(scenario, at, index(5000, at), index(5001, at), index(5002, at), index(5003, at)))).toEqual([tickFlags.far, tickFlags.far, 0, 0]);
    expect(flagsOf(ticksAt(scenario, at, index(5000, at), index(9000, at), index(5001, at), index(9001, at)))).toEqual([4, 4, 4, 4].map(() => tickFlags.far));
    expect(flagsOf(ticksAt(scenario, at, index(5000, at), index(5001, at), index(3700, at), index(5002, at)))).toEqual([tickFlags.far, tickFlags.far, 0, tickFlags.far]);
  });

  test("far ones of several messages count together", () => {
    const scenario = prepared();
    scenario.ticks(at, index(5000, at));
    expect(bookView(scenario.state, "scalper").greeks.spot).toBe(3700);
    scenario.ticks(at, index(5001, at));
    scenario.ticks(at, index(5002, at));
    expect(bookView(scenario.state, "scalper").greeks.spot).toBe(5002);
  });

  test("flagged ones are not priced on", () => {
    const scenario = prepared();
    scenario.ticks(at, index(4200, at), quote("FUT", 3702, 3701, at));
    expect(scenario.state.facts.index.price).toBe(3700);
    expect(scenario.state.instruments.get("FUT")?.market).toMatchObject({ bid: 3699.75, ask: 3700.25 });
  });

  test("judging changes no state", () => {
    const scenario = prepared();
    const before = JSON.stringify(scenario.state.facts);
    ticksAt(scenario, at, index(5000, at), index(3701, at));
    expect(JSON.stringify(scenario.state.facts)).toBe(before);
  });
});

describe("fills", () => {
  const hedged = (): { readonly scenario: Scenario; readonly commandId: string } => {
    const scenario = prepared();
    scenario.trade("c", "C3700", "buy", "10", "51");
    return { scenario, commandId: bookView(scenario.state, "scalper").orders[0]?.commandId ?? "" };
  };

  test("of an order are recorded once; the same again is a duplicate, the id with other content a dead letter", () => {
    const { scenario, commandId } = hedged();
    const fill = scenario.newFill(commandId, { side: "sell", quantity: "1", cumulativeQuantity: "1" });
    expect(scenario.admit(startUs, "fill", fill)).toEqual({ kind: "record", input: { type: "FillRecorded", body: fill }, venueTimeUs: startUs });
    scenario.send(startUs, "fill", fill);
    expect(reasonOf(scenario.admit(startUs, "fill", Object.fromEntries(Object.entries(fill).reverse()) as never))).toBe("duplicate");
    expect(reasonOf(scenario.admit(startUs, "fill", { ...fill, price: "3701" }))).toBe("fill_id_reused");
  });

  test.each([
    ["of an unknown order", { commandId: "SPX-1-999" }, "unknown_order"],
    ["of another instrument than its order's", { instrument: "C3700" }, "unknown_order"],
    ["of another side than its order's", { side: "buy" }, "unknown_order"],
    ["of another account than its order's", { account: "paper-2" }, "unknown_order"],
    ["of an unknown instrument", { instrument: "NOBODY" }, "unknown_instrument"],
  ] as const)("%s are recorded as unexpected and stay known", (_what, change, unexpected) => {
    const { scenario, commandId } = hedged();
    const fill = { ...scenario.newFill(commandId, { side: "sell", quantity: "1", cumulativeQuantity: "1" }), ...change };
    expect(scenario.admit(startUs, "fill", fill)).toMatchObject({ kind: "record", input: { type: "UnexpectedFillRecorded", body: { unexpected } } });
    const positions = bookView(scenario.state, "scalper").positions;
    scenario.send(startUs, "fill", fill);
    expect(bookView(scenario.state, "scalper").positions).toEqual(positions);
    expect(reasonOf(scenario.admit(startUs, "fill", fill))).toBe("duplicate");
    expect(reasonOf(scenario.admit(startUs, "fill", { ...fill, fee: "1" }))).toBe("fill_id_reused");
  });
});

describe("order reports", () => {
  test("are recorded once by their id", () => {
    const scenario = prepared();
    const report = { reportId: "r", account: "paper-9", commandId: "SPX-1-9", sequence: 1, state: "accepted", cumulativeQuantity: "0", venueTimeUs: startUs } as const;
    scenario.send(startUs, "order_report", report);
    expect(reasonOf(scenario.admit(startUs, "order_report", report))).toBe("duplicate");
    expect(reasonOf(scenario.admit(startUs, "order_report", { ...report, state: "rejected" }))).toBe("control_conflict");
  });
});

describe("booked trades", () => {
  const trade = { tradeId: "t", book: "scalper", instrument: "C3700", side: "buy", quantity: "1", price: "51", fee: "0", venueTimeUs: startUs } as const;

  test("are recorded once by their id", () => {
    const scenario = prepared();
    scenario.send(startUs, "book_trade", trade);
    expect(reasonOf(scenario.admit(startUs, "book_trade", trade))).toBe("duplicate");
    expect(reasonOf(scenario.admit(startUs, "book_trade", { ...trade, quantity: "2" }))).toBe("trade_id_reused");
  });

  test.each([{ book: "nobody" }, { instrument: "NOBODY" }])("that name what is not there (%j) are conflicts", (change) => {
    expect(reasonOf(prepared().admit(startUs, "book_trade", { ...trade, ...change }))).toBe("control_conflict");
  });

  test("in another currency than the book's are conflicts", () => {
    const scenario = prepared();
    scenario.list({ kind: "spot", instrument: "COIN", underlying: "SPX", currency: "BTC", settlement: "linear", multiplier: "1", tickSize: "1", lotSize: "1" });
    expect(reasonOf(scenario.admit(startUs, "book_trade", { ...trade, instrument: "COIN" }))).toBe("control_conflict");
  });
});

describe("control", () => {
  const policy = { ...bandPolicy, thresholdUp: 77 };

  test.each([
    ["list_instrument", { instrument: future() }, "duplicate"],
    ["list_instrument", { instrument: { ...future(), multiplier: "1" } }, "control_conflict"],
    ["list_instrument", { instrument: { ...future(), instrument: "NEW" } }, "record"],
    ["list_instrument", { instrument: { ...future(), instrument: "NEW", underlying: "NDX" } }, "control_conflict"],
    ["open_book", { ...standardBook, policy: { ...bandPolicy, thresholdUp: 50 } }, "duplicate"],
    ["open_book", { ...standardBook, account: "paper-2" }, "control_conflict"],
    ["open_book", { ...standardBook, book: "new", hedgeInstrument: "NOBODY" }, "control_conflict"],
    ["open_book", { ...standardBook, book: "new", hedgeInstrument: "C3700" }, "control_conflict"],
    ["open_book", { ...standardBook, book: "new" }, "record"],
    ["set_policy", { book: "scalper", policy }, "record"],
    ["set_policy", { book: "scalper", policy: { ...bandPolicy, thresholdUp: 50 } }, "duplicate"],
    ["set_policy", { book: "nobody", policy }, "control_conflict"],
    ["set_limits", { book: "scalper", limits: standardBook.limits }, "duplicate"],
    ["set_limits", { book: "nobody", limits: standardBook.limits }, "control_conflict"],
    ["release_book", { book: "scalper" }, "record"],
    ["release_book", { book: "nobody" }, "control_conflict"],
    ["halt", { haltId: "h" }, "record"],
    ["halt", { haltId: "h", book: "nobody" }, "control_conflict"],
    ["settlement_price", { instrument: "C3700", price: "3700", venueTimeUs: startUs }, "record"],
    ["settlement_price", { instrument: "NOBODY", price: "3700", venueTimeUs: startUs }, "control_conflict"],
    ["clock", {}, "record"],
  ] as const)("%s %j is a %s", (type, body, expected) => {
    expect(reasonOf(prepared().admit(startUs, type, body as never))).toBe(expected);
  });

  test("a book's opening that is told again after its policy changed is still a duplicate", () => {
    const scenario = prepared();
    scenario.send(startUs, "set_policy", { book: "scalper", policy });
    expect(reasonOf(scenario.admit(startUs, "open_book", { ...standardBook, policy: { ...bandPolicy, thresholdUp: 50 } }))).toBe("duplicate");
  });

  test("a halt's id is used once", () => {
    const scenario = prepared();
    scenario.send(startUs, "halt", { haltId: "h" });
    expect(reasonOf(scenario.admit(startUs, "halt", { haltId: "h" }))).toBe("duplicate");
    expect(reasonOf(scenario.admit(startUs, "resume", { haltId: "h" }))).toBe("control_conflict");
    expect(reasonOf(scenario.admit(startUs, "halt", { haltId: "h", book: "scalper" }))).toBe("control_conflict");
  });

  test("a settlement price is said once; a living future's may change", () => {
    const scenario = prepared();
    for (const instrument of ["C3700", "FUT"]) scenario.send(startUs, "settlement_price", { instrument, price: "3700", venueTimeUs: startUs });
    const again = (instrument: string, price: string): string => reasonOf(scenario.admit(startUs, "settlement_price", { instrument, price, venueTimeUs: startUs }));
    expect([again("C3700", "3700"), again("C3700", "3701"), again("FUT", "3700"), again("FUT", "3701")]).toEqual(["duplicate", "control_conflict", "duplicate", "record"]);
  });
});
