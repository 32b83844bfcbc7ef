import { createHash } from "node:crypto";
import type { DecisionRecord } from "@finality/contracts";
import { describe, expect, test } from "vitest";
import { bandPolicy, future, index, minute, option, quote, Scenario, second, spot, startUs } from "../testing/scenario.ts";
import { bookView } from "../views/book-view.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const expiryUs = startUs + 60 * minute;
const typesOf = (decisions: readonly DecisionRecord[]): readonly string[] => decisions.map(({ type, body }) => `${type} ${"instrument" in body ? body.instrument : ""}`.trim());

/** Long 10 straddles of 3700 bought at the asks, hedged by 5 futures sold; index at 3707. */
const held = (): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(future(), option("call", "3700", { expiryUs }), option("put", "3700", { expiryUs }));
  scenario.openBook({ policy: { ...bandPolicy, thresholdUp: 120, thresholdDown: -120 } });
  scenario.ticks(startUs, index(3707, startUs), quote("FUT", 3706.75, 3707.25, startUs), quote("C3700", 11.8, 12, startUs), quote("P3700", 4.8, 5, startUs));
  scenario.send(startUs, "halt", { haltId: "h" });
  scenario.trade("c", "C3700", "buy", "10", "12", { fee: "6.5" });
  scenario.trade("p", "P3700", "buy", "10", "5", { fee: "6.5" });
  scenario.send(startUs, "resume", { haltId: "r" });
  const order = bookView(scenario.state, "scalper").orders[0];
  scenario.report(order?.commandId ?? "", "accepted", "0");
  scenario.fill(order?.commandId ?? "", { side: "sell", quantity: order?.quantity ?? "", cumulativeQuantity: order?.quantity ?? "", price: "3706.75", fee: "2.55" });
  scenario.report(order?.commandId ?? "", "filled", order?.quantity ?? "");
  return scenario;
};

describe("expiry (rule 13)", () => {
  test("is recorded once, at the first input at or after its time, sorted by name", () => {
    const scenario = held();
    expect(typesOf(scenario.ticks(expiryUs - second, index(3701, expiryUs - second)))).not.toContain("InstrumentExpired C3700");
    const decisions = scenario.send(expiryUs + minute, "clock", {});
    expect(typesOf(decisions).slice(0, 2)).toEqual(["InstrumentExpired C3700", "InstrumentExpired P3700"]);
    expect(typesOf(scenario.send(expiryUs + 2 * minute, "clock", {}))).toEqual([]);
  });

  test("of a later series does not repeat an earlier one", () => {
    const scenario = held();
    scenario.list(option("call", "3650", { expiryUs: expiryUs + minute }));
    expect(typesOf(scenario.send(expiryUs, "clock", {})).slice(0, 2)).toEqual(["InstrumentExpired C3700", "InstrumentExpired P3700"]);
    expect(typesOf(scenario.send(expiryUs + minute, "clock", {}))).toEqual(["InstrumentExpired C3650"]);
  });

  test("at its very instant", () => {
    expect(typesOf(held().send(expiryUs, "clock", {}))).toContain("InstrumentExpired C3700");
  });

  test("ends the hedging of the book: what is left of the hedge is not traded", () => {
    const scenario = held();
    const at = expiryUs + second;
    const decisions = scenario.ticks(at, index(3800, at), quote("FUT", 3799.75, 3800.25, at));
    expect(decisions.map(({ type }) => type)).not.toContain("HedgeDecided");
    expect(bookView(scenario.state, "scalper")).toMatchObject({ hedges: 1, greeks: { netDelta: { low: -250, high: -250 } } });
  });

  test("of one series does not end the hedging of another", () => {
    const scenario = held();
    scenario.list(option("call", "3650", { expiryUs: expiryUs + 600 * minute }));
    const at = expiryUs + second;
    scenario.ticks(at, index(3700, at), quote("FUT", 3699.75, 3700.25, at), quote("C3650", 54, 55, at));
    expect(scenario.trade("new", "C3650", "buy", "10", "55").map(({ type }) => type)).toContain("HedgeDecided");
  });
});

describe("settlement", () => {
  test("pays each book's positions once the price is known, and leaves the hedge at its mark", () => {
    const scenario = held();
    const hedge = bookView(scenario.state, "scalper").orders[0]?.quantity ?? "";
    scenario.send(expiryUs, "clock", {});
    const at = expiryUs + minute;
    const decisions = [
      ...scenario.send(at, "settlement_price", { instrument: "C3700", price: "3700.65", venueTimeUs: at }),
      ...scenario.send(at, "settlement_price", { instrument: "P3700", price: "3700.65", venueTimeUs: at }),
      ...scenario.send(at, "settlement_price", { instrument: "FUT", price: "3700.65", venueTimeUs: at }),
    ];
    expect(decisions.map(({ type, body }) => ({ type, body }))).toEqual([
      { type: "PositionSettled", body: { book: "scalper", instrument: "C3700", quantity: "10", price: "3700.65", cash: "650" } },
      { type: "PositionSettled", body: { book: "scalper", instrument: "P3700", quantity: "10", price: "3700.65", cash: "0" } },
    ]);
    const view = bookView(scenario.state, "scalper");
    const hedgePnl = Number(hedge) * 50 * (3706.75 - 3700.65);
    expect(view.pnl).toMatchObject({
      currency: "USD",
      openingCost: "200",
      optionPnl: "-17000",
      settlement: "650",
      fees: "15.55",
      hedgePnl: String(Math.round(hedgePnl)),
      netPnl: String(Math.round((-17_000 + 650 + hedgePnl - 15.55) * 100) / 100),
      cash: "-16365.55",
      unmarked: [],
    });
    expect(view.positions).toMatchObject([
      { instrument: "C3700", quantity: "0", averagePrice: null, markPrice: null, realizedPnl: "-11350", unrealizedPnl: "0", settlementCash: "650", fees: "6.5", status: "settled" },
      { instrument: "FUT", quantity: `-${hedge}`, averagePrice: "3706.75", markPrice: "3700.65", realizedPnl: "0", settlementCash: "0", status: "open" },
      { instrument: "P3700", quantity: "0", realizedPnl: "-5000", settlementCash: "0", status: "settled" },
    ]);
  });

  test("waits for the expiry when the price is known before it", () => {
    const scenario = held();
    expect(scenario.send(startUs + second, "settlement_price", { instrument: "C3700", price: "3705", venueTimeUs: startUs })).toEqual([]);
    expect(typesOf(scenario.send(expiryUs, "clock", {}))).toEqual(["InstrumentExpired C3700", "InstrumentExpired P3700", "PositionSettled C3700"]);
  });

  test("settles a trade that is booked late, too", () => {
    const scenario = held();
    scenario.send(expiryUs, "clock", {});
    scenario.send(expiryUs, "settlement_price", { instrument: "C3700", price: "3705", venueTimeUs: expiryUs });
    expect(scenario.trade("late", "C3700", "sell", "2", "12").at(0)?.body).toMatchObject({ instrument: "C3700", quantity: "-2", cash: "-1000" });
  });

  test("of a future closes it at the price", () => {
    const scenario = new Scenario(sha256);
    scenario.list({ ...future(expiryUs), instrument: "NEAR" }, future());
    scenario.openBook({ policy: { type: "none" } });
    scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs), quote("NEAR", 3699, 3701, startUs));
    scenario.trade("n", "NEAR", "buy", "2", "3701");
    scenario.send(expiryUs, "clock", {});
    const decisions = scenario.send(expiryUs + second, "settlement_price", { instrument: "NEAR", price: "3710.5", venueTimeUs: expiryUs });
    expect(decisions.map(({ body }) => body)).toEqual([{ book: "scalper", instrument: "NEAR", quantity: "2", price: "3710.5", cash: "950" }]);
    expect(bookView(scenario.state, "scalper")).toMatchObject({
      pnl: { hedgePnl: "950", settlement: "0", cash: "950", openingCost: "100" },
      positions: [{ instrument: "NEAR", quantity: "0", realizedPnl: "950", status: "settled" }],
    });
  });

  test("marks a living future until a newer quote, and is not its settlement", () => {
    const scenario = held();
    scenario.send(startUs, "settlement_price", { instrument: "FUT", price: "3650.1", venueTimeUs: startUs });
    const mark = (): string | null | undefined => bookView(scenario.state, "scalper").positions.find(({ instrument }) => instrument === "FUT")?.markPrice;
    expect(mark()).toBe("3650.1");
    scenario.ticks(startUs + second, quote("FUT", 3706.75, 3707.25, startUs + second));
    expect(mark()).toBe("3707");
  });
});

describe("profit and loss", () => {
  test("sums exactly: net is option + hedge + settlement - fees, positions add up to it", () => {
    const scenario = held();
    const at = startUs + 30 * minute;
    scenario.ticks(at, index(3720.33, at), quote("FUT", 3720.1, 3720.6, at), quote("C3700", 21.35, 21.7, at), quote("P3700", 1.1, 1.25, at));
    const { pnl, positions } = bookView(scenario.state, "scalper");
    const sum = (pick: (position: (typeof positions)[number]) => string | null): number => positions.reduce((total, position) => total + Number(pick(position)), 0);
    expect(Number(pnl.netPnl)).toBeCloseTo(sum(({ realizedPnl }) => realizedPnl) + sum(({ unrealizedPnl }) => unrealizedPnl) - sum(({ fees }) => fees), 9);
    // 10 × 100 × ((21.525 - 12) + (1.175 - 5)).
    expect(pnl.optionPnl).toBe("5700");
  });

  test("marks at the last two-sided quote and ignores what is flagged or one-sided", () => {
    const scenario = held();
    const at = startUs + second;
    scenario.ticks(at, quote("C3700", 13, 12.5, at), { kind: "quote", instrument: "P3700", venueTimeUs: at, bid: "7" });
    expect(bookView(scenario.state, "scalper").positions.map(({ markPrice }) => markPrice)).toEqual(["11.9", "3707", "4.9"]);
  });

  test("names positions that were never marked and trades that no opening cost covers", () => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), spot);
    scenario.openBook({ policy: { type: "none" } });
    scenario.trade("s", "SPOT", "buy", "3", "100");
    expect(bookView(scenario.state, "scalper").pnl).toMatchObject({ unmarked: ["SPOT"], tradesWithoutMark: 1, openingCost: "0", hedgePnl: "0", cash: "-300" });
  });
});

describe("exposure", () => {
  const spotBook = (policy: Parameters<Scenario["openBook"]>[0]): Scenario => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), spot);
    scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs));
    scenario.openBook(policy);
    return scenario;
  };
  const exposureOf = (scenario: Scenario): readonly number[] => {
    const { maxAbsNetDelta, meanAbsNetDelta } = bookView(scenario.state, "scalper").pnl;
    return [maxAbsNetDelta, meanAbsNetDelta];
  };

  test("of a book that never hedges counts from its first trade, in recorded time", () => {
    const scenario = spotBook({ policy: { type: "none" } });
    scenario.send(startUs + 10 * second, "clock", {});
    expect(exposureOf(scenario)).toEqual([0, 0]);
    scenario.trade("a", "SPOT", "buy", "100", "3700");
    scenario.send(startUs + 20 * second, "clock", {});
    scenario.trade("b", "SPOT", "sell", "400", "3700");
    scenario.send(startUs + 50 * second, "clock", {});
    expect(exposureOf(scenario)).toEqual([300, (100 * 10 + 300 * 30) / 40]);
  });

  test("of a hedged book counts anew once the first hedge is done", () => {
    const scenario = spotBook({});
    scenario.trade("a", "SPOT", "buy", "620", "3700");
    scenario.send(startUs + 10 * second, "clock", {});
    expect(exposureOf(scenario)).toEqual([620, 620]);
    const { commandId = "" } = bookView(scenario.state, "scalper").orders[0] ?? {};
    scenario.fill(commandId, { side: "sell", quantity: "5", cumulativeQuantity: "5" });
    expect(exposureOf(scenario)).toEqual([620, 620]);
    scenario.fill(commandId, { side: "sell", quantity: "7", cumulativeQuantity: "12" });
    expect(exposureOf(scenario)).toEqual([20, 0]);
    scenario.send(startUs + 30 * second, "clock", {});
    expect(exposureOf(scenario)).toEqual([20, 20]);
    scenario.trade("b", "SPOT", "buy", "130", "3700");
    const next = bookView(scenario.state, "scalper").orders[1];
    scenario.fill(next?.commandId ?? "", { side: "sell", quantity: "3", cumulativeQuantity: "3" });
    scenario.send(startUs + 50 * second, "clock", {});
    expect(exposureOf(scenario)).toEqual([150, (20 * 20 + 0 * 20) / 40]);
  });

  test("stops when the last option has expired", () => {
    const scenario = held();
    scenario.ticks(expiryUs - second, index(3707, expiryUs - second));
    scenario.send(expiryUs, "clock", {});
    const before = exposureOf(scenario);
    scenario.ticks(expiryUs + 60 * minute, index(3900, expiryUs + 60 * minute));
    expect(exposureOf(scenario)).toEqual(before);
  });
});
