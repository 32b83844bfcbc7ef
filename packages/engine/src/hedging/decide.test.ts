import { createHash } from "node:crypto";
import type { DecisionRecord, HedgeDecided } from "@finality/contracts";
import { describe, expect, test } from "vitest";
import { future, index, minute, bandPolicy, option, quote, Scenario, second, spot, standardBook, startUs } from "../testing/scenario.ts";
import { bookView } from "../views/book-view.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

/** Decisions as `type reason subject`, or `HedgeDecided side quantity reason`. */
const said = (decisions: readonly DecisionRecord[]): readonly string[] =>
  decisions.map((decision) => {
    switch (decision.type) {
      case "HedgeDecided":
        return `${decision.type} ${decision.body.side} ${decision.body.quantity} ${decision.body.reason}`;
      case "HedgeRefused":
        return `${decision.type} ${decision.body.reason} ${String(decision.body.subject)}`;
      case "RefusalEnded":
        return `${decision.type} ${decision.body.reason}`;
      default:
        return decision.type;
    }
  });

const hedgeOf = (decisions: readonly DecisionRecord[]): HedgeDecided => {
  const hedge = decisions.find((decision) => decision.type === "HedgeDecided");
  if (hedge?.type !== "HedgeDecided") throw new Error(`no hedge in ${said(decisions).join(", ")}`);
  return hedge.body;
};

/** A log with a future quoted 3699.75 - 3700.25 and a book that is hedged with it. Each future of 50 is 50 of delta. */
const hedged = (change: Parameters<Scenario["openBook"]>[0] = {}): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(future(), spot);
  scenario.ticks(startUs, index(3700, startUs), quote("FUT", 3699.75, 3700.25, startUs));
  scenario.openBook(change);
  return scenario;
};
/** Gives the book a net delta: that many units of an instrument whose delta is one. */
const hold = (scenario: Scenario, delta: number, tradeId = `trade-${String(delta)}`): readonly DecisionRecord[] =>
  scenario.trade(tradeId, "SPOT", delta > 0 ? "buy" : "sell", String(Math.abs(delta)), "3700");

describe("a delta band", () => {
  test("leaves alone what is on its edge", () => {
    const scenario = hedged();
    expect(said(hold(scenario, 100))).toEqual([]);
    expect(said(hold(scenario, -200))).toEqual([]);
  });

  test("sells above it, down to the target, by whole lots toward zero", () => {
    const scenario = hedged();
    const hedge = hedgeOf(hold(scenario, 199));
    expect(hedge).toMatchObject({ side: "sell", quantity: "3", reason: "threshold_breach_up", netDelta: { low: 199, high: 199 } });
    expect(hedge).toMatchObject({ band: { lower: -100, upper: 100, target: 0 }, spot: 3700, expectedPrice: "3699.75", expectedCost: 3 * 50 * 0.25 });
    expect(hedge.validUntilUs).toBe(startUs + 5 * second);
  });

  test("buys below it", () => {
    expect(hedgeOf(hold(hedged(), -250))).toMatchObject({ side: "buy", quantity: "5", reason: "threshold_breach_down", expectedPrice: "3700.25" });
  });

  test("aims at its target, by its ratio", () => {
    const policy = { ...bandPolicy, deltaTarget: 50, hedgeRatio: 0.5 };
    expect(hedgeOf(hold(hedged({ policy }), 450))).toMatchObject({ side: "sell", quantity: "4" });
  });

  test("hedges a log's decision ids by place: the command id is the position", () => {
    const scenario = hedged();
    hold(scenario, 199);
    expect(bookView(scenario.state, "scalper").orders[0]?.commandId).toBe(`SPX-1-${String(scenario.records.length)}`);
  });
});

describe("rule 14: net delta is an interval while orders are in flight", () => {
  const inFlight = (): { readonly scenario: Scenario; readonly commandId: string } => {
    const scenario = hedged();
    hold(scenario, 300);
    return { scenario, commandId: bookView(scenario.state, "scalper").orders[0]?.commandId ?? "" };
  };

  test("an unfilled order counts as best and worst case", () => {
    const { scenario } = inFlight();
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: 0, high: 300 });
  });

  test("an interval that reaches into the band is refused, naming the order, once", () => {
    const { scenario, commandId } = inFlight();
    expect(said(scenario.send(startUs + second, "clock", {}))).toEqual([`HedgeRefused in_flight ${commandId}`]);
    expect(said(scenario.send(startUs + 2 * second, "clock", {}))).toEqual([]);
  });

  test("an unknown outcome stays an interval", () => {
    const { scenario, commandId } = inFlight();
    scenario.report(commandId, "unknown", "0");
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: 0, high: 300 });
  });

  test("an interval wholly outside on one side is hedged, by its end nearest the target", () => {
    const { scenario } = inFlight();
    expect(hedgeOf(hold(scenario, 201))).toMatchObject({ side: "sell", quantity: "4", netDelta: { low: 201, high: 501 } });
  });

  test("an interval over the whole band is refused, whichever side is worse", () => {
    const { scenario } = inFlight();
    expect(said(hold(scenario, -150))).toEqual([expect.stringMatching(/^HedgeRefused in_flight/)]);
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: -150, high: 150 });
  });

  test("the fill ends the interval and the refusal", () => {
    const { scenario, commandId } = inFlight();
    scenario.send(startUs + second, "clock", {});
    expect(said(scenario.fill(commandId, { side: "sell", quantity: "6", cumulativeQuantity: "6" }))).toEqual(["RefusalEnded in_flight"]);
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: 0, high: 0 });
  });

  test.each(["rejected", "expired", "cancelled"] as const)("an order that is %s leaves its remainder to be hedged anew", (end) => {
    const { scenario, commandId } = inFlight();
    expect(said(scenario.report(commandId, end, "0"))).toEqual(["HedgeDecided sell 6 threshold_breach_up"]);
  });
});

describe("rule 15: cumulative quantity ahead of the fills", () => {
  test("counts as certain delta until they arrive: a cancelled order read before its fills is not hedged again", () => {
    const scenario = hedged();
    hold(scenario, 300);
    const commandId = bookView(scenario.state, "scalper").orders[0]?.commandId ?? "";
    expect(said(scenario.report(commandId, "cancelled", "4"))).toEqual([]);
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: 100, high: 100 });
    expect(said(scenario.fill(commandId, { side: "sell", quantity: "1", cumulativeQuantity: "1" }))).toEqual([]);
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: 100, high: 100 });
    scenario.fill(commandId, { side: "sell", quantity: "3", cumulativeQuantity: "4" });
    expect(bookView(scenario.state, "scalper")).toMatchObject({ greeks: { netDelta: { low: 100, high: 100 } }, hedges: 1 });
    expect(scenario.state.books.get("scalper")?.facts.openOrders).toEqual([]);
  });

  test("a fill names what earlier fills did", () => {
    const scenario = hedged();
    hold(scenario, 300);
    const commandId = bookView(scenario.state, "scalper").orders[0]?.commandId ?? "";
    scenario.fill(commandId, { side: "sell", quantity: "2", cumulativeQuantity: "6" });
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: 0, high: 0 });
    expect(bookView(scenario.state, "scalper").positions).toContainEqual(expect.objectContaining({ instrument: "FUT", quantity: "-2" }));
  });

  test("states are monotone: a late accepted re-opens nothing", () => {
    const scenario = hedged({ policy: { ...bandPolicy, cooldownMs: 60_000 } });
    hold(scenario, 300);
    const commandId = bookView(scenario.state, "scalper").orders[0]?.commandId ?? "";
    scenario.report(commandId, "cancelled", "2");
    scenario.report(commandId, "accepted", "0");
    expect(bookView(scenario.state, "scalper").orders[0]).toMatchObject({ state: "cancelled", cumulativeQuantity: "2" });
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: 200, high: 200 });
  });

  test("the first end counts, a larger cumulative quantity does too", () => {
    const scenario = hedged({ policy: { ...bandPolicy, cooldownMs: 60_000 } });
    hold(scenario, 300);
    const commandId = bookView(scenario.state, "scalper").orders[0]?.commandId ?? "";
    scenario.report(commandId, "cancelled", "2");
    scenario.report(commandId, "filled", "6");
    expect(bookView(scenario.state, "scalper").orders[0]).toMatchObject({ state: "cancelled", cumulativeQuantity: "6" });
    expect(bookView(scenario.state, "scalper").greeks.netDelta).toEqual({ low: 0, high: 0 });
  });
});

describe("what stands against a hedge", () => {
  test("cooldown since the last decision, naming it; it ends with the next hedge", () => {
    const scenario = hedged({ policy: { ...bandPolicy, cooldownMs: 10_000 } });
    hold(scenario, 300);
    const commandId = bookView(scenario.state, "scalper").orders[0]?.commandId ?? "";
    scenario.fill(commandId, { side: "sell", quantity: "6", cumulativeQuantity: "6" });
    expect(said(hold(scenario, 200))).toEqual([`HedgeRefused cooldown ${commandId}`]);
    expect(said(scenario.send(startUs + 9_999_999, "clock", {}))).toEqual([]);
    expect(said(scenario.send(startUs + 10_000_000, "clock", {}))).toEqual(["RefusalEnded cooldown", "HedgeDecided sell 4 threshold_breach_up"]);
  });

  test("a stale quote of the hedge instrument", () => {
    const scenario = hedged();
    scenario.ticks(startUs + 3 * minute, index(3700, startUs + 3 * minute));
    expect(said(hold(scenario, 300))).toEqual(["HedgeRefused stale_price FUT"]);
    const fresh = startUs + 3 * minute;
    expect(said(scenario.ticks(fresh, quote("FUT", 3699.75, 3700.25, fresh)))).toEqual(["RefusalEnded stale_price", "HedgeDecided sell 6 threshold_breach_up"]);
  });

  test("a one-sided quote of the hedge instrument", () => {
    const scenario = hedged();
    scenario.ticks(startUs, { kind: "quote", instrument: "FUT", venueTimeUs: startUs, bid: "3699.75" });
    expect(said(hold(scenario, 300))).toEqual(["HedgeRefused stale_price FUT"]);
  });

  test("less than a lot", () => {
    const scenario = hedged({ policy: { ...bandPolicy, thresholdUp: 10 } });
    expect(said(hold(scenario, 49))).toEqual(["HedgeRefused too_small FUT"]);
  });

  test("an order above the limit", () => {
    const scenario = hedged({ limits: { ...standardBook.limits, maxOrderQuantity: "5" } });
    expect(said(hold(scenario, 300))).toEqual(["HedgeRefused limit maxOrderQuantity"]);
    expect(said(scenario.send(startUs, "set_limits", { book: "scalper", limits: standardBook.limits }))).toEqual([
      "RefusalEnded limit",
      "HedgeDecided sell 6 threshold_breach_up",
    ]);
  });

  test("a hedge position above the limit, open orders included", () => {
    const scenario = hedged({ limits: { ...standardBook.limits, maxHedgePosition: "8" } });
    hold(scenario, 300);
    expect(said(hold(scenario, 201))).toEqual(["HedgeRefused limit maxHedgePosition"]);
  });

  test("an order that shrinks a position beyond the limit is let through", () => {
    const scenario = hedged();
    hold(scenario, 300);
    const commandId = bookView(scenario.state, "scalper").orders[0]?.commandId ?? "";
    scenario.fill(commandId, { side: "sell", quantity: "6", cumulativeQuantity: "6" });
    scenario.send(startUs, "set_limits", { book: "scalper", limits: { ...standardBook.limits, maxHedgePosition: "1" } });
    expect(said(hold(scenario, -200))).toEqual(["HedgeDecided buy 4 threshold_breach_down"]);
  });

  test.each([
    ["the log", undefined],
    ["the book", "scalper"],
  ])("a halt of %s, until it is resumed", (_what, book) => {
    const scenario = hedged();
    const scope = book === undefined ? {} : { book };
    scenario.send(startUs, "halt", { haltId: "halt-1", ...scope });
    expect(said(hold(scenario, 300))).toEqual(["HedgeRefused halted halt-1"]);
    expect(bookView(scenario.state, "scalper").status).toBe("halted");
    expect(said(scenario.send(startUs, "resume", { haltId: "resume-1", ...scope }))).toEqual(["RefusalEnded halted", "HedgeDecided sell 6 threshold_breach_up"]);
  });

  test("a halt of another book does not", () => {
    const scenario = hedged();
    scenario.openBook({ book: "other" });
    scenario.send(startUs, "halt", { haltId: "halt-1", book: "other" });
    expect(said(hold(scenario, 300))).toEqual(["HedgeDecided sell 6 threshold_breach_up"]);
  });

  test("a hold by an unexpected fill, for every book of the account, until each is released", () => {
    const scenario = hedged();
    scenario.openBook({ book: "sister" });
    scenario.openBook({ book: "stranger", account: "paper-2" });
    scenario.fill("SPX-1-999", { side: "buy", quantity: "1", cumulativeQuantity: "1", fillId: "odd" });
    expect(["scalper", "sister", "stranger"].map((book) => bookView(scenario.state, book).status)).toEqual(["held", "held", "trading"]);
    expect(said(hold(scenario, 300))).toEqual(["HedgeRefused held odd"]);
    expect(said(scenario.send(startUs, "release_book", { book: "scalper" }))).toEqual(["RefusalEnded held", "HedgeDecided sell 6 threshold_breach_up"]);
    expect(bookView(scenario.state, "sister").status).toBe("held");
  });

  test("a report of an order that the log does not know holds the account too", () => {
    const scenario = hedged();
    scenario.report("SPX-1-999", "accepted", "0", { reportId: "odd" });
    expect(said(hold(scenario, 300))).toEqual(["HedgeRefused held odd"]);
  });
});

describe("rule 16: a refusal is recorded when its reason changes, and when it ends", () => {
  test("one reason follows another without an end between them", () => {
    const scenario = hedged({ policy: { ...bandPolicy, thresholdUp: 10 } });
    expect(said(hold(scenario, 49))).toEqual(["HedgeRefused too_small FUT"]);
    expect(said(scenario.send(startUs, "halt", { haltId: "h", book: "scalper" }))).toEqual(["HedgeRefused halted h"]);
    expect(said(scenario.send(startUs + second, "clock", {}))).toEqual([]);
    expect(said(hold(scenario, -45))).toEqual(["RefusalEnded halted"]);
  });
});

describe("rule 17: policies are level-triggered", () => {
  test("after silence the first fresh record decides once, and nothing late is made up", () => {
    const scenario = hedged();
    hold(scenario, 90);
    const later = startUs + 600 * minute;
    const decisions = scenario.ticks(later, index(3700, later), quote("FUT", 3699.75, 3700.25, later));
    expect(said(decisions)).toEqual([]);
    expect(said(hold(scenario, 60))).toEqual(["HedgeDecided sell 3 threshold_breach_up"]);
  });
});

describe("rule 18: a missing or stale price or vol is a stated condition", () => {
  const straddled = (): Scenario => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), option("call"), option("put"));
    scenario.openBook();
    return scenario;
  };

  test("an option without any market holds the hedging and is no zero", () => {
    const scenario = straddled();
    expect(said(scenario.trade("t", "C3700", "buy", "10", "50"))).toEqual(["HedgeRefused stale_price SPX"]);
    expect(bookView(scenario.state, "scalper").greeks).toMatchObject({ optionDelta: null, netDelta: null, gamma: null, condition: { kind: "stale_price", subject: "SPX" } });
    expect(said(scenario.ticks(startUs, index(3700, startUs)))).toEqual(["HedgeRefused stale_vol C3700"]);
    expect(said(scenario.ticks(startUs, quote("FUT", 3699.75, 3700.25, startUs), quote("C3700", 49, 51, startUs)))).toEqual([
      "RefusalEnded stale_vol",
      "HedgeDecided sell 10 threshold_breach_up",
    ]);
  });

  test("an index or a vol that has become too old holds it too, and is valued as last known", () => {
    const scenario = straddled();
    scenario.ticks(startUs, index(3600, startUs), quote("FUT", 3599.75, 3600.25, startUs), quote("C3700", 9, 11, startUs));
    scenario.trade("t", "C3700", "buy", "1", "11");
    const later = startUs + 3 * minute;
    expect(said(scenario.send(later, "clock", {}))).toEqual(["HedgeRefused stale_price SPX"]);
    expect(bookView(scenario.state, "scalper").greeks.optionDelta).toBeGreaterThan(1);
    expect(said(scenario.ticks(later, index(3600, later)))).toEqual(["HedgeRefused stale_vol C3700"]);
  });
});

describe("a fixed interval", () => {
  const policy = { type: "fixed_interval", deltaTarget: 0, hedgeRatio: 1, cooldownMs: 0, validityMs: 5_000, intervalMs: 600_000 } as const;
  const quoted = (scenario: Scenario, atUs: number): readonly DecisionRecord[] => scenario.ticks(atUs, index(3700, atUs), quote("FUT", 3699.75, 3700.25, atUs));

  test("hedges at the first record of each interval, and not between", () => {
    const scenario = hedged({ policy });
    expect(said(hold(scenario, 120))).toEqual([]);
    expect(said(quoted(scenario, startUs + 9 * minute))).toEqual([]);
    const decisions = quoted(scenario, startUs + 10 * minute);
    expect(said(decisions)).toEqual(["HedgeDecided sell 2 interval_elapsed"]);
    expect(hedgeOf(decisions).band).toEqual({ lower: -50, upper: 50, target: 0 });
    scenario.fill(bookView(scenario.state, "scalper").orders[0]?.commandId ?? "", { side: "sell", quantity: "2", cumulativeQuantity: "2" });
    expect(said(hold(scenario, 500))).toEqual([]);
    expect(said(quoted(scenario, startUs + 20 * minute))).toEqual(["HedgeDecided sell 10 interval_elapsed"]);
  });

  test("trades one whole lot, and no less", () => {
    const exactly = hedged({ policy });
    hold(exactly, 50);
    expect(said(quoted(exactly, startUs + 10 * minute))).toEqual(["HedgeDecided sell 1 interval_elapsed"]);
    const less = hedged({ policy });
    hold(less, 49);
    expect(said(quoted(less, startUs + 10 * minute))).toEqual([]);
  });

  test("fires once after missed intervals", () => {
    const scenario = hedged({ policy });
    hold(scenario, 120);
    expect(said(quoted(scenario, startUs + 65 * minute))).toEqual(["HedgeDecided sell 2 interval_elapsed"]);
    scenario.report(bookView(scenario.state, "scalper").orders[0]?.commandId ?? "", "rejected", "0");
    expect(said(quoted(scenario, startUs + 66 * minute))).toEqual([]);
    expect(said(quoted(scenario, startUs + 70 * minute))).toEqual(["HedgeDecided sell 2 interval_elapsed"]);
  });

  test("a check that was refused stays due", () => {
    const scenario = hedged({ policy });
    hold(scenario, 120);
    expect(said(scenario.send(startUs + 10 * minute, "clock", {}))).toEqual(["HedgeRefused stale_price FUT"]);
    expect(said(quoted(scenario, startUs + 11 * minute))).toEqual(["RefusalEnded stale_price", "HedgeDecided sell 2 interval_elapsed"]);
  });

  test("a check inside one lot is done and does not come back within the interval", () => {
    const scenario = hedged({ policy });
    hold(scenario, 20);
    expect(said(quoted(scenario, startUs + 10 * minute))).toEqual([]);
    expect(said(hold(scenario, 300))).toEqual([]);
  });
});

describe("no policy", () => {
  test("values and decides nothing", () => {
    const scenario = hedged({ policy: { type: "none" } });
    expect(said(hold(scenario, 5_000))).toEqual([]);
    expect(bookView(scenario.state, "scalper").greeks).toMatchObject({ netDelta: { low: 5_000, high: 5_000 }, band: null });
  });
});
