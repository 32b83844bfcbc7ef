import { createHash } from "node:crypto";
import { blackGreeks } from "@finality/pricing";
import { expect, test } from "vitest";
import { bookView } from "../views/book-view.ts";
import { smileViews } from "../views/smile-view.ts";
import { restoreState, serializeState } from "../state/snapshot.ts";
import { index, minute, option, quote, Scenario, second, spot, startUs } from "../testing/scenario.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const strikes = [3500, 3550, 3600, 3650, 3700, 3750, 3800];
const volOf = (strike: number): number => 0.4 + 0.3 * Math.abs(strike / 3700 - 1);

/** Quotes of a whole smile, out of the money, a point of vol wide. */
const quotes = (atUs: number, listed: readonly number[]) =>
  listed.map((strike) => {
    const putCall = strike >= 3700 ? "call" : "put";
    const at = (vol: number): number => blackGreeks({ forward: 3700, strike, yearsToExpiry: (startUs + 2 * 86_400 * second - atUs) / 1e6 / 31_536_000, vol, rate: 0, putCall }).price;
    return quote(`${putCall === "call" ? "C" : "P"}${String(strike)}`, at(volOf(strike) - 0.005), at(volOf(strike) + 0.005), atUs);
  });

const house = (listed: readonly number[]): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(spot, ...listed.flatMap((strike) => [option("call", String(strike)), option("put", String(strike))]));
  scenario.openBook({ hedgeInstrument: "SPOT", policy: { type: "none" } });
  return scenario;
};

test("the smile of an expiry that a book holds is fitted from all of its quotes, a minute apart", () => {
  const scenario = house(strikes);
  scenario.ticks(startUs, index(3700, startUs), ...quotes(startUs, strikes));
  expect(smileViews(scenario.state)).toEqual([]);
  scenario.trade("t", "C3700", "buy", "1", "30");
  const [smile] = smileViews(scenario.state);
  expect(smile).toMatchObject({ refused: null, fitted: { forward: 3700, quotesUsed: 7, quotesLeftOut: 0, timeUs: startUs } });
  expect(smile?.fitted?.rmsVolPoints).toBeLessThan(0.5);
  expect(smile?.strikes).toMatchObject([{ strike: 3700 }]);
  scenario.ticks(startUs + 59 * second, index(3701, startUs + 59 * second));
  expect(smileViews(scenario.state)[0]?.fitted?.timeUs).toBe(startUs);
  scenario.ticks(startUs + minute, index(3702, startUs + minute));
  expect(smileViews(scenario.state)[0]?.fitted).toMatchObject({ timeUs: startUs + minute, forward: 3702 });
});

test("too few strikes or quotes are named, and the last smile stays with its time", () => {
  const few = house([3650, 3700]);
  few.ticks(startUs, index(3700, startUs), ...quotes(startUs, [3650, 3700]));
  few.trade("t", "C3700", "buy", "1", "30");
  expect(smileViews(few.state)).toMatchObject([{ fitted: null, refused: "too_few_strikes" }]);
  const stale = house(strikes);
  stale.ticks(startUs, index(3700, startUs), ...quotes(startUs, strikes));
  stale.trade("t", "C3700", "buy", "1", "30");
  const later = startUs + 10 * minute;
  stale.ticks(later, index(3700, later));
  expect(smileViews(stale.state)).toMatchObject([{ fitted: { timeUs: startUs }, refused: "too_few_quotes" }]);
});

test("smiles are part of the state: restored they are the same bytes", () => {
  const scenario = house(strikes);
  scenario.ticks(startUs, index(3700, startUs), ...quotes(startUs, strikes));
  scenario.trade("t", "C3700", "buy", "1", "30");
  const bytes = serializeState(scenario.state);
  expect(serializeState(restoreState(bytes))).toEqual(bytes);
  expect(new TextDecoder().decode(bytes)).toContain('"rmsVolPoints"');
});

test("a book's higher greeks are those of its options, at the vols it is valued with", () => {
  const scenario = house(strikes);
  scenario.ticks(startUs, index(3700, startUs), ...quotes(startUs, strikes));
  scenario.trade("t", "C3700", "buy", "2", "30");
  scenario.trade("u", "P3700", "buy", "2", "30");
  const { higher, gamma } = bookView(scenario.state, "scalper").greeks;
  expect(gamma).toBeGreaterThan(0);
  // Of a straddle at the money: the vol of vega is small, gamma falls away on both sides, and time takes gamma's place.
  expect(higher?.zomma).toBeLessThan(0);
  expect(higher?.colorPerYear).toBeGreaterThan(0);
  expect(higher?.premiumAdjustedDelta).toBeNull();
});
