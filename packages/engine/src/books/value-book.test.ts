import { createHash } from "node:crypto";
import { blackGreeks } from "@finality/pricing";
import { yearsToExpiry } from "@finality/domain";
import { describe, expect, test } from "vitest";
import { bandPolicy, day, future, index, minute, option, quote, Scenario, second, standardBook, startUs } from "../testing/scenario.ts";
import { bookView, type GreeksView } from "../views/book-view.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const quiet = { policy: { ...bandPolicy, thresholdUp: 1e9, thresholdDown: -1e9 } };
const expiryUs = startUs + 2 * day;

/** Long 10 calls and 10 puts of strike 3700 and short 4 futures, index at 3690. */
const straddle = (): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(future(), option("call"), option("put"));
  scenario.openBook(quiet);
  scenario.ticks(startUs, index(3690, startUs), quote("FUT", 3689.75, 3690.25, startUs), quote("C3700", 28.8, 29.2, startUs), quote("P3700", 38.7, 39.5, startUs));
  scenario.trade("c", "C3700", "buy", "10", "29.2");
  scenario.trade("p", "P3700", "buy", "10", "39.5");
  scenario.trade("f", "FUT", "sell", "4", "3689.75");
  return scenario;
};
const greeksOf = (scenario: Scenario): GreeksView => bookView(scenario.state, "scalper").greeks;
const volOf = (scenario: Scenario): number => scenario.state.strikes.values()[0]?.vol ?? NaN;

/** Value of the straddle by plain pricing, in currency. */
const valueAt = (forward: number, vol: number, atUs: number): number =>
  (["call", "put"] as const).reduce((sum, putCall) => sum + 1000 * blackGreeks({ forward, strike: 3700, yearsToExpiry: yearsToExpiry(atUs, expiryUs), vol, rate: 0, putCall }).price, 0);

describe("greeks of a book", () => {
  test("take the vol of the out-of-the-money side for both legs", () => {
    const scenario = straddle();
    const vol = volOf(scenario);
    // Index 3690 is below the strike: the call's mid is the time value.
    expect(1000 * blackGreeks({ forward: 3690, strike: 3700, yearsToExpiry: yearsToExpiry(startUs, expiryUs), vol, rate: 0, putCall: "call" }).price).toBeCloseTo(29_000, 6);
    scenario.ticks(startUs + second, index(3710, startUs + second), quote("C3700", 50, 60, startUs + second), quote("P3700", 28, 30, startUs + second));
    const years = yearsToExpiry(startUs + second, expiryUs);
    expect(blackGreeks({ forward: 3710, strike: 3700, yearsToExpiry: years, vol: volOf(scenario), rate: 0, putCall: "put" }).price).toBeCloseTo(29, 9);
  });

  test("are the slopes of its value by bumped revaluation", () => {
    const scenario = straddle();
    const greeks = greeksOf(scenario);
    const vol = volOf(scenario);
    const value = (forward: number, bumpedVol = vol, atUs = startUs): number => valueAt(forward, bumpedVol, atUs);
    const [up, down] = [value(3690.01), value(3689.99)];
    expect(greeks.optionDelta).toBeCloseTo((up - down) / 0.02, 3);
    expect(greeks.hedgeDelta).toBe(-200);
    expect(greeks.netDelta?.low).toBe((greeks.optionDelta ?? NaN) - 200);
    expect(greeks.gamma).toBeCloseTo((value(3691) - 2 * value(3690) + value(3689)) / 1, 2);
    expect(greeks.vegaPerVolPoint).toBeCloseTo((value(3690, vol + 0.00005) - value(3690, vol - 0.00005)) / 0.01, 2);
    const step = 10 * second;
    const perDay = ((value(3690, vol, startUs + step) - value(3690, vol, startUs)) * day) / step;
    expect((greeks.thetaPerDay ?? NaN) / perDay).toBeCloseTo(1, 3);
    expect(greeks).toMatchObject({ spot: 3690, condition: { kind: "ok" } });
  });

  test("follow the index between quotes at the vol last solved", () => {
    const scenario = straddle();
    const vol = volOf(scenario);
    scenario.ticks(startUs + second, index(3695, startUs + second));
    expect(volOf(scenario)).toBe(vol);
    const delta = (["call", "put"] as const).reduce(
      (sum, putCall) => sum + 1000 * blackGreeks({ forward: 3695, strike: 3700, yearsToExpiry: yearsToExpiry(startUs + second, expiryUs), vol, rate: 0, putCall }).delta,
      0,
    );
    expect(greeksOf(scenario).optionDelta).toBe(delta);
  });

  test("keep the last vol, and name why, when a price has none", () => {
    const scenario = straddle();
    const vol = volOf(scenario);
    scenario.ticks(startUs + second, quote("C3700", 0.01, 7_500, startUs + second));
    const [strike] = scenario.state.strikes.values();
    // The quote is far from the last one and not priced on; a third that agrees is.
    expect(strike).toMatchObject({ vol, unsolved: null });
    for (const tick of [2, 3]) scenario.ticks(startUs + tick * second, quote("C3700", 0.01, 7_500, startUs + tick * second));
    expect(strike).toMatchObject({ vol, unsolved: "above_maximum", volTimeUs: startUs });
    scenario.ticks(startUs + 2 * minute + 1, index(3690, startUs + 2 * minute + 1));
    expect(greeksOf(scenario).condition).toEqual({ kind: "stale_vol", subject: "C3700" });
  });

  test("of an expired option are zero, its mark stays until the settlement", () => {
    const scenario = straddle();
    scenario.ticks(expiryUs, index(3705, expiryUs), quote("C3700", 5, 5.2, expiryUs));
    expect(greeksOf(scenario)).toMatchObject({ optionDelta: 0, gamma: 0, thetaPerDay: 0, netDelta: { low: -200, high: -200 } });
    expect(greeksOf(scenario).condition).toEqual({ kind: "awaiting_settlement", subject: "C3700" });
    expect(bookView(scenario.state, "scalper").positions.find(({ instrument }) => instrument === "C3700")).toMatchObject({ status: "awaiting_settlement", markPrice: "5.1" });
  });

  test("do not depend on the order of trades", () => {
    const one = straddle();
    const other = new Scenario(sha256);
    other.list(option("put"), option("call"), future());
    other.openBook(quiet);
    other.ticks(startUs, quote("P3700", 38.7, 39.5, startUs), quote("C3700", 28.8, 29.2, startUs), quote("FUT", 3689.75, 3690.25, startUs), index(3690, startUs));
    other.trade("f", "FUT", "sell", "4", "3689.75");
    other.trade("p", "P3700", "buy", "10", "39.5");
    other.trade("c", "C3700", "buy", "10", "29.2");
    expect(greeksOf(other)).toEqual(greeksOf(one));
  });
});

describe("the forward", () => {
  const parityOption = (putCall: "put" | "call", strike: string) => option(putCall, strike, { forward: { source: "parity" } });

  test("by parity is the basis of the pair nearest the money, carried on the index", () => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), ...["3700", "3800"].flatMap((strike) => [parityOption("call", strike), parityOption("put", strike)]));
    scenario.openBook(quiet);
    const at = startUs;
    scenario.ticks(
      at, index(3730, at), quote("C3700", 49, 51, at), quote("P3700", 21, 22, at), quote("C3800", 9, 11, at), quote("P3800", 90, 91, at),
    );
    scenario.trade("c", "C3800", "buy", "1", "10");
    // 3700 + 50 - 21.5 = 3728.5: basis -1.5.
    expect(scenario.state.books.get("scalper")?.facts.valuation.vols).toMatchObject([{ instrument: "C3800", forward: 3728.5 }]);
    scenario.ticks(at + second / 2, index(3740, at + second / 2));
    // Still of one moment: 3728.5 again; a second later the basis is carried.
    expect(scenario.state.books.get("scalper")?.facts.valuation.vols[0]?.forward).toBe(3728.5);
    scenario.ticks(at + 10 * second, index(3745, at + 10 * second));
    expect(scenario.state.books.get("scalper")?.facts.valuation.vols[0]?.forward).toBe(3745 - 11.5);
  });

  test("by parity goes stale with its basis", () => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), parityOption("call", "3700"), parityOption("put", "3700"));
    scenario.openBook(quiet);
    scenario.ticks(startUs, index(3730, startUs), quote("C3700", 49, 51, startUs), quote("P3700", 21, 22, startUs));
    scenario.trade("c", "C3700", "buy", "1", "10");
    const later = startUs + 3 * minute;
    scenario.ticks(later, index(3730, later), quote("P3700", 21, 22, later));
    expect(greeksOf(scenario).condition).toEqual({ kind: "stale_price", subject: "SPX" });
  });

  test("by a future is that future's mid", () => {
    const scenario = new Scenario(sha256);
    scenario.list(future(), { ...option("call"), forward: { source: "future", instrument: "FUT" } } as never);
    scenario.openBook(quiet);
    scenario.ticks(startUs, quote("FUT", 3699, 3702, startUs), quote("C3700", 49, 51, startUs));
    scenario.trade("c", "C3700", "buy", "1", "51");
    expect(scenario.state.books.get("scalper")?.facts.valuation.vols).toMatchObject([{ forward: 3700.5 }]);
    expect(greeksOf(scenario).spot).toBe(3700.5);
  });
});

describe("inverse instruments", () => {
  test("count coins per point of quote currency, priced in coin", () => {
    const scenario = new Scenario(sha256);
    const inverse = { currency: "BTC", settlement: "inverse", multiplier: "1", lotSize: "1" } as const;
    scenario.list(
      { kind: "perpetual", instrument: "PERP", underlying: "SPX", tickSize: "0.5", ...inverse, multiplier: "10" },
      { ...option("call", "40000"), ...inverse },
    );
    scenario.openBook({ hedgeInstrument: "PERP", policy: { ...bandPolicy, thresholdUp: 1, thresholdDown: -1 }, limits: { ...standardBook.limits, maxOrderQuantity: "100000", maxHedgePosition: "100000" } });
    scenario.ticks(startUs, index(40_000, startUs), quote("PERP", 39_990, 40_010, startUs), { kind: "quote", instrument: "C40000", venueTimeUs: startUs, bid: "0.0195", ask: "0.0205" });
    const decisions = scenario.trade("c", "C40000", "buy", "10", "0.0205");
    const vol = volOf(scenario);
    const greeks = blackGreeks({ forward: 40_000, strike: 40_000, yearsToExpiry: yearsToExpiry(startUs, expiryUs), vol, rate: 0, putCall: "call" });
    expect(greeks.price).toBeCloseTo(800, 8);
    expect(greeksOf(scenario).optionDelta).toBeCloseTo(10 * greeks.delta, 12);
    const hedge = decisions.find(({ type }) => type === "HedgeDecided");
    // Delta of about 5 coins is about 5 × 40,000 / 10 contracts.
    expect(hedge?.body).toMatchObject({ side: "sell", quantity: String(Math.floor((10 * greeks.delta * 40_000) / 10)) });
  });
});
