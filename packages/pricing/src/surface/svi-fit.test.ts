import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blackGreeks } from "../european/black.ts";
import { PricingError } from "../errors.ts";
import type { SmileQuote } from "./smile-quotes.ts";
import { sviPoint, sviVol, type SviRaw } from "./svi.ts";
import { sviButterfly } from "./svi-butterfly.ts";
import { jumpWingsOfRaw, rawOfJumpWings } from "./svi-conversions.ts";
import { fitSvi, type SviFit } from "./svi-fit.ts";

const places = (count: number, from: number, to: number): readonly number[] => Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

/** Quotes of a smile: `error` moves the middle of each, in vol. */
const quotesOf = (svi: SviRaw, yearsToExpiry: number, at: readonly number[], width: number, error: (i: number) => number = () => 0): readonly SmileQuote[] =>
  at.map((logMoneyness, i) => {
    const vol = sviVol(svi, { logMoneyness, yearsToExpiry }) + error(i);
    return { logMoneyness, bidVol: vol - 0.5 * width, askVol: vol + 0.5 * width };
  });

const fitted = (fit: SviFit): SviFit & { kind: "fitted" } => {
  if (fit.kind !== "fitted") throw new Error(`Expected a fit, got ${fit.reason}`);
  return fit;
};

const anySmile = fc.record({
  a: fc.double({ min: 0.001, max: 0.05, noNaN: true }),
  b: fc.double({ min: 0.03, max: 0.4, noNaN: true }),
  rho: fc.double({ min: -0.8, max: 0.8, noNaN: true }),
  m: fc.double({ min: -0.2, max: 0.2, noNaN: true }),
  sigma: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
});

/** What a fit's promise is worth: call prices on a fine grid must be convex in the strike. */
const expectConvexPrices = (svi: SviRaw, yearsToExpiry: number): void => {
  const step = 0.004;
  const priceAt = (strike: number): number =>
    blackGreeks({ forward: 1, strike, yearsToExpiry, vol: sviVol(svi, { logMoneyness: Math.log(strike), yearsToExpiry }), rate: 0, putCall: "call" }).price;
  let before = priceAt(step);
  let here = priceAt(2 * step);
  for (let i = 3; i <= 1500; i += 1) {
    const after = priceAt(i * step);
    expect(before - 2 * here + after).toBeGreaterThanOrEqual(-3e-15);
    before = here;
    here = after;
  }
};

describe("exact quotes of a smile without arbitrage", () => {
  test("law: the fit finds its parameters", () => {
    fc.assert(
      fc.property(anySmile, fc.double({ min: 0.02, max: 1, noNaN: true }), (svi, yearsToExpiry) => {
        fc.pre(sviButterfly(svi).smallestDensityFactor.value > 1e-3);
        const fit = fitted(fitSvi({ quotes: quotesOf(svi, yearsToExpiry, places(30, -0.8, 0.8), 0.01), yearsToExpiry }));
        expect(fit.repairs).toEqual([]);
        for (const name of ["a", "b", "rho", "m", "sigma"] as const) expect(Math.abs(fit.svi[name] - svi[name])).toBeLessThanOrEqual(1e-8);
        expect(fit.error.maxVolPoints).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 100 },
    );
  });

  test("also from the fewest quotes that can tell", () => {
    const svi = { a: 0.01, b: 0.2, rho: -0.3, m: 0.02, sigma: 0.15 };
    const fit = fitted(fitSvi({ quotes: quotesOf(svi, 0.2, places(5, -0.5, 0.4), 0.01), yearsToExpiry: 0.2 }));
    for (const name of ["a", "b", "rho", "m", "sigma"] as const) expect(Math.abs(fit.svi[name] - svi[name])).toBeLessThanOrEqual(1e-8);
  });
});

test("law: whatever the quotes, a fitted smile has no butterfly by its own check nor by a fine grid of prices", () => {
  const anyQuotes = fc.record({
    svi: anySmile,
    yearsToExpiry: fc.double({ min: 0.005, max: 1.5, noNaN: true }),
    errors: fc.array(fc.double({ min: -0.05, max: 0.05, noNaN: true }), { minLength: 12, maxLength: 12 }),
    reach: fc.double({ min: 0.05, max: 0.8, noNaN: true }),
  });
  fc.assert(
    fc.property(anyQuotes, ({ svi, yearsToExpiry, errors, reach }) => {
      const quotes = quotesOf({ ...svi, a: svi.a + 0.01 }, yearsToExpiry, places(12, -reach, reach), 0.02, (i) => errors[i] ?? NaN);
      const fit = fitSvi({ quotes, yearsToExpiry });
      if (fit.kind === "refused") {
        expect(fit.reason).toBe("arbitrage");
        return;
      }
      const check = sviButterfly(fit.svi);
      expect(check.free).toBe(true);
      expectConvexPrices(fit.svi, yearsToExpiry);
    }),
    { numRuns: 60 },
  );
});

test("a smile with butterfly arbitrage is repaired, its place named, and stays near its quotes", () => {
  const vogt: SviRaw = { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 };
  const quotes = quotesOf(vogt, 1, places(40, -1.2, 1.2), 0.01);
  const fit = fitted(fitSvi({ quotes, yearsToExpiry: 1 }));
  expect(fit.repairs).toHaveLength(1);
  expect(fit.repairs[0]?.condition).toBe("butterfly");
  expect(fit.repairs[0]?.logMoneyness).toBeCloseTo(sviButterfly(vogt).smallestDensityFactor.logMoneyness, 4);
  expect(fit.repairs[0]?.value).toBeCloseTo(sviButterfly(vogt).smallestDensityFactor.value, 6);
  expect(sviButterfly(fit.svi).free).toBe(true);
  // Gatheral and Jacquier's own best repair of this smile keeps its at-the-money vol, skew and put wing and pays more elsewhere.
  const theirs = rawOfJumpWings({ ...jumpWingsOfRaw(vogt, 1), callWing: 0.8564763, smallestVariance: 0.0116249 }, 1);
  const errors = quotes.map(({ logMoneyness, bidVol, askVol }) => sviVol(theirs, { logMoneyness, yearsToExpiry: 1 }) - 0.5 * (bidVol + askVol));
  expect(sviButterfly(theirs).free).toBe(true);
  expect(fit.error.rmsVolPoints).toBeGreaterThan(0.01);
  expect(fit.error.rmsVolPoints).toBeLessThan(50 * Math.sqrt(errors.reduce((sum, x) => sum + x * x, 0) / errors.length));
  // The condition is bound, not overdone: g all but touches 0.
  expect(sviButterfly(fit.svi).smallestDensityFactor.value).toBeLessThan(1e-3);
});

test("the error of a fit is that of its quotes, in vol points and in their widths, the worst one named", () => {
  const svi = { a: 0.02, b: 0.2, rho: -0.3, m: 0, sigma: 0.2 };
  const yearsToExpiry = 0.5;
  const wrong = 7;
  const quotes = [
    { logMoneyness: 0.1, bidVol: NaN, askVol: 0.5 },
    ...quotesOf(svi, yearsToExpiry, places(21, -0.6, 0.6), 0.01, (i) => (i === wrong ? 0.02 : 0)),
    { logMoneyness: 0.1, bidVol: 0.5, askVol: 0.4 },
  ];
  const { svi: found, error } = fitted(fitSvi({ quotes, yearsToExpiry }));
  const errors = quotes.slice(1, -1).map(({ logMoneyness, bidVol, askVol }) => sviVol(found, { logMoneyness, yearsToExpiry }) - 0.5 * (bidVol + askVol));
  const rms = Math.sqrt(errors.reduce((sum, x) => sum + x * x, 0) / errors.length);
  expect(error.quotesUsed).toBe(21);
  expect(error.quotesLeftOut).toBe(2);
  expect(error.rmsVolPoints).toBeCloseTo(100 * rms, 10);
  expect(error.rmsWidths).toBeCloseTo(rms / 0.01, 10);
  expect(error.maxVolPoints).toBeCloseTo(100 * Math.max(...errors.map(Math.abs)), 10);
  expect(error.worst.index).toBe(wrong + 1);
  expect(error.worst.errorVolPoints).toBeCloseTo(100 * (errors[wrong] ?? NaN), 10);
  expect(error.quotesWithinBidAsk).toBe(20);
});

test("wide quotes count for less than tight ones", () => {
  const svi = { a: 0.02, b: 0.2, rho: -0.3, m: 0, sigma: 0.2 };
  const tight = quotesOf(svi, 0.5, places(15, -0.5, 0.5), 0.004);
  const wide = quotesOf(svi, 0.5, places(15, -0.5, 0.5), 0.2, () => 0.05);
  const fit = fitted(fitSvi({ quotes: [...tight, ...wide], yearsToExpiry: 0.5 }));
  for (const { logMoneyness, bidVol, askVol } of tight) {
    const vol = sviVol(fit.svi, { logMoneyness, yearsToExpiry: 0.5 });
    expect(vol).toBeGreaterThan(bidVol);
    expect(vol).toBeLessThan(askVol);
  }
});

test("the fit is stationary: no small change of a parameter fits better", () => {
  const svi = { a: 0.02, b: 0.2, rho: -0.3, m: 0, sigma: 0.2 };
  const quotes = quotesOf(svi, 0.5, places(25, -0.6, 0.6), 0.01, (i) => 0.004 * Math.sin(5 * i));
  const cost = (at: SviRaw): number =>
    quotes.reduce((sum, { logMoneyness, bidVol, askVol }) => sum + (sviVol(at, { logMoneyness, yearsToExpiry: 0.5 }) - 0.5 * (bidVol + askVol)) ** 2, 0);
  const found = fitted(fitSvi({ quotes, yearsToExpiry: 0.5 })).svi;
  const best = cost(found);
  for (const name of ["a", "b", "rho", "m", "sigma"] as const) {
    for (const step of [-1e-4, 1e-4]) expect(cost({ ...found, [name]: found[name] + step })).toBeGreaterThan(best);
  }
});

test("refuses with the reason", () => {
  const quote = { logMoneyness: 0, bidVol: 0.4, askVol: 0.5 };
  expect(fitSvi({ quotes: [], yearsToExpiry: 1 })).toEqual({ kind: "refused", reason: "too_few_quotes", placesUsable: 0, quotesLeftOut: 0 });
  expect(fitSvi({ quotes: [...Array.from({ length: 9 }, () => quote), { ...quote, bidVol: 0 }], yearsToExpiry: 1 })).toEqual({
    kind: "refused",
    reason: "too_few_quotes",
    placesUsable: 1,
    quotesLeftOut: 1,
  });
  expect(() => fitSvi({ quotes: [], yearsToExpiry: 0 })).toThrow(PricingError);
});

test("a flat smile is fitted flat", () => {
  const quotes = places(11, -0.3, 0.3).map((logMoneyness) => ({ logMoneyness, bidVol: 0.49, askVol: 0.51 }));
  const { svi, error } = fitted(fitSvi({ quotes, yearsToExpiry: 0.1 }));
  expect(error.maxVolPoints).toBeLessThan(1e-6);
  expect(sviPoint(svi, 0).totalVariance).toBeCloseTo(0.025, 9);
});
