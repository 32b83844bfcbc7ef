import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bandPolicy, future, index, mark, minute, option, quote, Scenario, second, spot, startUs, tradeTick } from "../testing/scenario.ts";
import { bookView } from "../views/book-view.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const quiet = { policy: { ...bandPolicy, thresholdUp: 1e9, thresholdDown: -1e9 } };

/** A book that holds one call whose forward is the future's; the call's vol is known and never old. */
const house = (): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(spot, future(), option("call", "3700", { forward: { source: "future", instrument: "FUT" } }));
  scenario.openBook({ ...quiet, hedgeInstrument: "SPOT" });
  scenario.trade("c", "C3700", "buy", "1", "51");
  return scenario;
};

const forwardUsed = (scenario: Scenario): number | undefined => scenario.state.books.get("scalper")?.facts.valuation.vols[0]?.forward;
const conditionOf = (scenario: Scenario) => bookView(scenario.state, "scalper").greeks.condition;

describe("the forward of a future without quotes", () => {
  test("is its last trade's or mark's basis, whichever is newer, carried on the index", () => {
    const scenario = house();
    const at = startUs + second;
    scenario.ticks(at, index(3700, at), tradeTick("FUT", 3720, at), mark("C3700", 50, at));
    expect(forwardUsed(scenario)).toBe(3720);
    scenario.ticks(at + second, index(3710, at + second));
    expect(forwardUsed(scenario)).toBe(3730);
    scenario.ticks(at + 2 * second, mark("FUT", 3725, at + 2 * second));
    expect(forwardUsed(scenario)).toBe(3725);
    scenario.ticks(at + 3 * second, tradeTick("FUT", 3735, at + 3 * second), index(3715, at + 3 * second));
    // The trade came before the new index: 25 above the 3710 that was known then.
    expect(forwardUsed(scenario)).toBe(3740);
  });

  test("needs an index that was known at the trade, and names the future until then", () => {
    const scenario = house();
    const at = startUs + second;
    scenario.ticks(at, tradeTick("FUT", 3720, at), index(3700, at), mark("C3700", 50, at));
    expect(forwardUsed(scenario)).toBeUndefined();
    expect(conditionOf(scenario)).toEqual({ kind: "stale_price", subject: "FUT" });
    // The mark of the option waits for the forward.
    scenario.ticks(at + second, tradeTick("FUT", 3721, at + second));
    expect(forwardUsed(scenario)).toBe(3721);
    expect(scenario.state.strikes.values()[0]).toMatchObject({ volTimeUs: at, volSource: "mark" });
  });

  test("is as old as the index, and after an hour as the basis", () => {
    const scenario = house();
    scenario.ticks(startUs, index(3700, startUs), tradeTick("FUT", 3720, startUs));
    for (const [minutes, condition] of [
      [59, { kind: "ok", subject: null }],
      [60, { kind: "ok", subject: null }],
      [61, { kind: "stale_price", subject: "FUT" }],
    ] as const) {
      const at = startUs + minutes * minute;
      scenario.ticks(at, index(3700, at), mark("C3700", 50, at));
      expect(conditionOf(scenario)).toEqual(condition);
    }
    const at = startUs + 62 * minute;
    scenario.ticks(at, tradeTick("FUT", 3715, at), mark("C3700", 50, at));
    expect(conditionOf(scenario).kind).toBe("ok");
    scenario.ticks(at + 3 * minute, mark("C3700", 50, at + 3 * minute));
    // The index is three minutes old, two are allowed.
    expect(conditionOf(scenario)).toEqual({ kind: "stale_price", subject: "FUT" });
  });

  test("is its mid from its first two-sided quote on", () => {
    const scenario = house();
    const at = startUs + second;
    scenario.ticks(at, index(3700, at), tradeTick("FUT", 3720, at), quote("FUT", 3721, 3723, at), mark("C3700", 50, at));
    expect(forwardUsed(scenario)).toBe(3722);
    scenario.ticks(at + second, index(3710, at + second), tradeTick("FUT", 3730, at + second));
    expect(forwardUsed(scenario)).toBe(3722);
  });
});
