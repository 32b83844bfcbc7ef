import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inverseOptionGreeks } from "../coin-settled/inverse-option.ts";
import { blackGreeks } from "../european/black.ts";
import { forwardFromParity, type ForwardEstimate, type ParityPair } from "./forward-from-parity.ts";

const forward = 61_234.5;
const strikes = Array.from({ length: 15 }, (_, i) => 50_000 + 1500 * i);
const vol = 0.6;
const yearsToExpiry = 0.2;

/** Exact prices, each with the bid–ask width that `width` says. */
const pairsOf = (settlement: "quote" | "coin", rate: number, width: (strike: number) => number): readonly ParityPair[] =>
  strikes.map((strike) => {
    const price = (putCall: "put" | "call"): number =>
      settlement === "coin"
        ? inverseOptionGreeks({ forward, strike, yearsToExpiry, vol, putCall }).coinPrice
        : blackGreeks({ forward, strike, yearsToExpiry, vol, rate, putCall }).price;
    const half = 0.5 * width(strike);
    return { strike, callBid: price("call") - half, callAsk: price("call") + half, putBid: price("put") - half, putAsk: price("put") + half };
  });

const found = (estimate: ForwardEstimate): ForwardEstimate & { kind: "forward" } => {
  if (estimate.kind !== "forward") throw new Error(`Expected a forward, got ${estimate.reason}`);
  return estimate;
};

describe("exact prices give the forward", () => {
  test("and the discount, of options that settle in quote currency", () => {
    const estimate = found(forwardFromParity({ pairs: pairsOf("quote", 0.04, () => 20), settlement: "quote" }));
    expect(Math.abs(estimate.forward / forward - 1)).toBeLessThanOrEqual(1e-12);
    expect(Math.abs(estimate.discount / Math.exp(-0.04 * yearsToExpiry) - 1)).toBeLessThanOrEqual(1e-12);
    expect(estimate.used).toHaveLength(15);
  });

  test("with a discount that is known", () => {
    const discount = Math.exp(-0.04 * yearsToExpiry);
    const estimate = found(forwardFromParity({ pairs: pairsOf("quote", 0.04, () => 20), settlement: "quote", discount }));
    expect(Math.abs(estimate.forward / forward - 1)).toBeLessThanOrEqual(1e-12);
    expect(estimate.discount).toBeCloseTo(discount, 15);
  });

  test.each([undefined, 1])("of options that settle in coin, with a discount of %s", (discount) => {
    const pairs = pairsOf("coin", 0, () => 0.0005);
    const estimate = found(forwardFromParity(discount === undefined ? { pairs, settlement: "coin" } : { pairs, settlement: "coin", discount }));
    expect(Math.abs(estimate.forward / forward - 1)).toBeLessThanOrEqual(1e-12);
    expect(Math.abs(estimate.discount - 1)).toBeLessThanOrEqual(1e-12);
  });
});

test("law: with prices anywhere within bid and ask the true forward lies in the interval, and mostly within three standard errors", () => {
  const places = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 30, maxLength: 30 });
  let within = 0;
  let runs = 0;
  fc.assert(
    fc.property(places, fc.constantFrom("quote" as const, "coin" as const), (shifts, settlement) => {
      const width = settlement === "coin" ? 0.0005 : 30;
      const pairs = pairsOf(settlement, 0, () => width).map((pair, i) => {
        const call = 0.25 * width * (shifts[2 * i] ?? NaN);
        const put = 0.25 * width * (shifts[2 * i + 1] ?? NaN);
        return { ...pair, callBid: pair.callBid + call, callAsk: pair.callAsk + call, putBid: pair.putBid + put, putAsk: pair.putAsk + put };
      });
      const estimate = found(forwardFromParity({ pairs, settlement, discount: 1 }));
      expect(estimate.forwardLow).toBeLessThanOrEqual(forward);
      expect(estimate.forwardHigh).toBeGreaterThanOrEqual(forward);
      expect(estimate.refused).toEqual([]);
      runs += 1;
      if (Math.abs(estimate.forward - forward) <= 3 * estimate.standardError) within += 1;
    }),
  );
  expect(within / runs).toBeGreaterThan(0.95);
});

test("pairs that are wrong or not quoted are refused by name and do not move the forward", () => {
  const pairs = pairsOf("quote", 0, () => 20).map((pair, i) => {
    if (i === 2) return { ...pair, callBid: pair.callBid + 900, callAsk: pair.callAsk + 900 };
    if (i === 9) return { ...pair, putBid: pair.putBid - 400, putAsk: pair.putAsk - 400 };
    if (i === 4) return { ...pair, callBid: NaN };
    if (i === 5) return { ...pair, putBid: 0 };
    return i === 6 ? { ...pair, putBid: pair.putAsk + 1 } : pair;
  });
  for (const discount of [undefined, 1]) {
    const estimate = found(forwardFromParity(discount === undefined ? { pairs, settlement: "quote" } : { pairs, settlement: "quote", discount }));
    expect(Math.abs(estimate.forward / forward - 1)).toBeLessThanOrEqual(1e-12);
    expect(estimate.refused).toEqual([
      { index: 2, reason: "off_the_line" },
      { index: 4, reason: "not_quoted" },
      { index: 5, reason: "not_quoted" },
      { index: 6, reason: "not_quoted" },
      { index: 9, reason: "off_the_line" },
    ]);
    expect(estimate.used).toHaveLength(10);
  }
});

test("tight pairs count for more than wide ones", () => {
  const pairs = pairsOf("quote", 0, (strike) => (strike < 60_000 ? 4 : 400)).map((pair, i) => {
    const shift = pair.strike < 60_000 ? 0 : 60 * (i % 2 === 0 ? 1 : 0.9);
    return { ...pair, callBid: pair.callBid + shift, callAsk: pair.callAsk + shift };
  });
  const estimate = found(forwardFromParity({ pairs, settlement: "quote", discount: 1 }));
  expect(Math.abs(estimate.forward - forward)).toBeLessThan(0.1);
});

test("refuses with the reason", () => {
  const pairs = pairsOf("quote", 0, () => 20);
  expect(forwardFromParity({ pairs: [], settlement: "quote", discount: 1 })).toEqual({ kind: "refused", reason: "too_few_pairs", refused: [] });
  expect(forwardFromParity({ pairs: pairs.slice(0, 2), settlement: "quote" })).toMatchObject({ kind: "refused", reason: "too_few_pairs" });
  const swapped = pairs.map(({ strike, callBid, callAsk, putBid, putAsk }) => ({ strike, callBid: putBid, callAsk: putAsk, putBid: callBid, putAsk: callAsk }));
  expect(forwardFromParity({ pairs: swapped, settlement: "quote" })).toMatchObject({ kind: "refused", reason: "no_forward" });
  expect(() => forwardFromParity({ pairs, settlement: "quote", discount: 0 })).toThrow("discount must be finite and > 0, got 0");
});
