import { createHash } from "node:crypto";
import { blackGreeks } from "@finality/pricing";
import { yearsToExpiry } from "@finality/domain";
import { describe, expect, test } from "vitest";
import { bandPolicy, day, index, inverseOption, inversePerpetual, mark, option, quote, Scenario, second, spot, startUs } from "../testing/scenario.ts";
import type { StrikeState } from "./strike-state.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const quiet = { policy: { ...bandPolicy, thresholdUp: 1e9, thresholdDown: -1e9 } };
const expiryUs = startUs + 2 * day;

/** Index at 3690; a book that holds the call and put of strike 3700 without any price of them. */
const unpriced = (): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(spot, option("call"), option("put"));
  scenario.openBook({ ...quiet, hedgeInstrument: "SPOT" });
  scenario.ticks(startUs, index(3690, startUs));
  scenario.trade("c", "C3700", "buy", "10", "29");
  scenario.trade("p", "P3700", "buy", "10", "39");
  return scenario;
};

const strikeOf = (scenario: Scenario): StrikeState => {
  const [strike] = scenario.state.strikes.values();
  if (strike === undefined) throw new Error("the log has a strike");
  return strike;
};

/** Black-76 price of a leg of strike 3700 at the strike's vol. */
const priceOf = (scenario: Scenario, putCall: "put" | "call", forward: number, atUs: number): number =>
  blackGreeks({ forward, strike: 3700, yearsToExpiry: yearsToExpiry(atUs, expiryUs), vol: strikeOf(scenario).vol ?? NaN, rate: 0, putCall }).price;

describe("the vol of a strike", () => {
  test("comes from the out-of-the-money leg's mark where nothing is quoted", () => {
    const scenario = unpriced();
    expect(strikeOf(scenario)).toMatchObject({ vol: null, volSource: null });
    const at = startUs + second;
    scenario.ticks(at, mark("C3700", 29, at), mark("P3700", 45, at));
    expect(strikeOf(scenario)).toMatchObject({ volTimeUs: at, volSource: "mark", unsolved: null });
    expect(priceOf(scenario, "call", 3690, at)).toBeCloseTo(29, 9);
  });

  test("is the one that a mark carries, as it is", () => {
    const scenario = unpriced();
    scenario.ticks(startUs + second, mark("C3700", 29, startUs + second, "0.1234"));
    expect(strikeOf(scenario)).toMatchObject({ vol: 0.1234, volSource: "mark" });
    // The next mark carries none: its price is inverted, and the old vol is not kept.
    scenario.ticks(startUs + 2 * second, mark("C3700", 30, startUs + 2 * second));
    expect(priceOf(scenario, "call", 3690, startUs + 2 * second)).toBeCloseTo(30, 9);
  });

  test("is of the newer of quote and mark, and of the quote when they come together", () => {
    const scenario = unpriced();
    const [one, two, three] = [startUs + second, startUs + 2 * second, startUs + 3 * second];
    scenario.ticks(one, mark("C3700", 31, one), quote("C3700", 28, 30, one));
    expect(strikeOf(scenario)).toMatchObject({ volSource: "quote", volTimeUs: one });
    expect(priceOf(scenario, "call", 3690, one)).toBeCloseTo(29, 9);
    scenario.ticks(two, mark("C3700", 31, two));
    expect(strikeOf(scenario)).toMatchObject({ volSource: "mark", volTimeUs: two });
    scenario.ticks(three, quote("C3700", 28, 30, three));
    expect(strikeOf(scenario)).toMatchObject({ volSource: "quote", volTimeUs: three });
  });

  test("comes from the other leg only where the out-of-the-money leg never had a price", () => {
    const scenario = unpriced();
    const at = startUs + second;
    scenario.ticks(at, mark("P3700", 40, at));
    expect(strikeOf(scenario)).toMatchObject({ volTimeUs: at, volSource: "mark" });
    expect(priceOf(scenario, "put", 3690, at)).toBeCloseTo(40, 9);
    const later = at + second;
    scenario.ticks(later, mark("C3700", 29, later));
    const { vol } = strikeOf(scenario);
    scenario.ticks(later + second, mark("P3700", 60, later + second));
    expect(strikeOf(scenario)).toMatchObject({ vol, volTimeUs: later });
  });

  test("stays, with its time and source, when a mark has none, and the reason is named", () => {
    const scenario = unpriced();
    scenario.ticks(startUs + second, quote("C3700", 28, 30, startUs + second));
    const { vol } = strikeOf(scenario);
    for (const tick of [2, 3, 4]) scenario.ticks(startUs + tick * second, mark("C3700", tick === 2 ? 29 : 3800, startUs + tick * second));
    // The first far mark is not priced on; it takes three that agree.
    expect(strikeOf(scenario)).toMatchObject({ volSource: "mark", volTimeUs: startUs + 2 * second, unsolved: null });
    scenario.ticks(startUs + 5 * second, mark("C3700", 3800, startUs + 5 * second));
    expect(strikeOf(scenario)).toMatchObject({ volSource: "mark", volTimeUs: startUs + 2 * second, unsolved: "above_maximum" });
    expect(strikeOf(scenario).vol).not.toBe(vol);
  });

  test("of a coin-settled strike inverts the mark in coin times the forward", () => {
    const scenario = new Scenario(sha256);
    scenario.list(inversePerpetual, inverseOption("call", "40000"));
    scenario.openBook({ ...quiet, hedgeInstrument: "PERP" });
    scenario.ticks(startUs, index(39_900, startUs), { kind: "mark", instrument: "C40000", venueTimeUs: startUs, price: "0.0195" });
    scenario.trade("c", "C40000", "buy", "1", "0.02");
    const { vol } = strikeOf(scenario);
    const { price } = blackGreeks({ forward: 39_900, strike: 40_000, yearsToExpiry: yearsToExpiry(startUs, expiryUs), vol: vol ?? NaN, rate: 0, putCall: "call" });
    expect(price / 39_900).toBeCloseTo(0.0195, 12);
  });
});
