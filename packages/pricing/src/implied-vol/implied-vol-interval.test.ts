import { describe, expect, test } from "vitest";
import { impliedVol } from "./implied-vol.ts";
import { impliedVolInterval, type ImpliedVolInterval, type ImpliedVolIntervalInput } from "./implied-vol-interval.ts";

const call: ImpliedVolIntervalInput = { forward: 100, strike: 80, yearsToExpiry: 0.5, putCall: "call" };

const volAt = (price: number): number => {
  const result = impliedVol({ ...call, price });
  if (result.kind !== "vol") throw new Error(`Expected a volatility, got ${result.kind}`);
  return result.vol;
};

test("both sides quoted: the volatilities of bid and ask", () => {
  const interval = impliedVolInterval({ ...call, bid: 21, ask: 22 });
  expect(interval).toEqual({ kind: "interval", low: { vol: volAt(21), reason: "quoted" }, high: { vol: volAt(22), reason: "quoted" } });
  expect(volAt(21)).toBeLessThan(volAt(22));
});

test("one price on both sides is one volatility", () => {
  const bound = { vol: volAt(21), reason: "quoted" };
  expect(impliedVolInterval({ ...call, bid: 21, ask: 21 })).toEqual({ kind: "interval", low: bound, high: bound });
});

describe("open ends", () => {
  const low = { vol: volAt(21), reason: "quoted" };
  const high = { vol: volAt(21), reason: "quoted" };

  test.each([
    ["no bid", { ask: 21 }, { low: { vol: 0, reason: "no_quote" }, high }],
    ["no ask", { bid: 21 }, { low, high: { vol: Infinity, reason: "no_quote" } }],
    ["no quote at all", {}, { low: { vol: 0, reason: "no_quote" }, high: { vol: Infinity, reason: "no_quote" } }],
    ["a bid below the intrinsic value", { bid: 19, ask: 21 }, { low: { vol: 0, reason: "below_intrinsic" }, high }],
    ["a bid of nothing, out of the money", { strike: 120, bid: 0 }, { low: { vol: 0, reason: "quoted" }, high: { vol: Infinity, reason: "no_quote" } }],
    ["a bid at the intrinsic value", { bid: 20, ask: 21 }, { low: { vol: 0, reason: "quoted" }, high }],
    ["an ask at the maximum", { bid: 21, ask: 100 }, { low, high: { vol: Infinity, reason: "above_maximum" } }],
    [
      "an ask above the intrinsic value at expiry",
      { yearsToExpiry: 0, bid: 19, ask: 21 },
      { low: { vol: 0, reason: "below_intrinsic" }, high: { vol: Infinity, reason: "expired" } },
    ],
  ] as const)("%s", (_, quotes, expected) => {
    expect(impliedVolInterval({ ...call, ...quotes })).toEqual({ kind: "interval", ...expected });
  });
});

test.each([
  ["the bid above the ask", { bid: 22, ask: 21 }, "crossed"],
  ["an ask below the intrinsic value", { bid: 18, ask: 19 }, "below_intrinsic"],
  ["a bid at the maximum", { bid: 100, ask: 101 }, "above_maximum"],
  ["a time value bid at expiry", { yearsToExpiry: 0, bid: 21, ask: 22 }, "no_solution"],
] as const)("no volatility: %s", (_, quotes, kind: ImpliedVolInterval["kind"]) => {
  expect(impliedVolInterval({ ...call, ...quotes })).toEqual({ kind });
});

test("refuses quotes that are no prices", () => {
  expect(() => impliedVolInterval({ ...call, bid: -1 })).toThrow("bid must be >= 0, got -1");
  expect(() => impliedVolInterval({ ...call, ask: NaN })).toThrow("ask must be >= 0, got NaN");
  expect(() => impliedVolInterval({ ...call, forward: 0 })).toThrow("forward must be finite and > 0, got 0");
});
