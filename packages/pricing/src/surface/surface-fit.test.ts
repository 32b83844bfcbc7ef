import { describe, expect, test } from "vitest";
import chain from "../../reference/quotes/goog-2015-12-24.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { impliedVol } from "../implied-vol/implied-vol.ts";
import { forwardFromParity } from "./forward-from-parity.ts";
import type { SmileQuote } from "./smile-quotes.ts";
import { surfaceArbitrage, volAt } from "./surface.ts";
import { fitSurface, type ExpiryQuotes, type SurfaceFit } from "./surface-fit.ts";
import { sviTotalVariance, sviVol, type SviRaw } from "./svi.ts";

const quotesOf = (svi: SviRaw, yearsToExpiry: number, width = 0.01, reach = 0.6): readonly SmileQuote[] =>
  Array.from({ length: 25 }, (_, i) => {
    const logMoneyness = reach * (i / 12 - 1);
    const vol = sviVol(svi, { logMoneyness, yearsToExpiry });
    return { logMoneyness, bidVol: vol - 0.5 * width, askVol: vol + 0.5 * width };
  });

const expectNoCrossing = ({ surface }: SurfaceFit): void => {
  if (surface === undefined) throw new Error("Expected a surface");
  expect(surfaceArbitrage(surface)).toEqual([]);
  for (const [i, later] of surface.slices.entries()) {
    const earlier = surface.slices[i - 1];
    for (let k = -5; earlier !== undefined && k <= 5; k += 0.005) {
      expect(sviTotalVariance(later.svi, k)).toBeGreaterThanOrEqual(sviTotalVariance(earlier.svi, k));
    }
  }
};

const near: SviRaw = { a: 0.005, b: 0.06, rho: -0.3, m: 0, sigma: 0.1 };

describe("slices that cross", () => {
  // 0.004 of total variance too low near the money.
  const far: SviRaw = { a: 0.0035, b: 0.1, rho: -0.3, m: 0, sigma: 0.05 };

  test("are moved apart, the place named, the wide quotes more than the tight ones", () => {
    const expiries = [
      { yearsToExpiry: 0.2, forward: 100, quotes: quotesOf(near, 0.2, 0.002) },
      { yearsToExpiry: 0.1, forward: 100, quotes: quotesOf(far, 0.1, 0.04) },
    ];
    const fit = fitSurface(expiries);
    expectNoCrossing(fit);
    const [wide, tight] = fit.expiries.map((expiry) => expiry.fit);
    if (wide?.kind !== "fitted" || tight?.kind !== "fitted") throw new Error("Expected two fits");
    expect(tight.repairs.map(({ condition }) => condition)).toContain("calendar");
    expect(wide.error.rmsVolPoints).toBeGreaterThan(5 * tight.error.rmsVolPoints);
    expect(fit.surface?.slices.map(({ yearsToExpiry }) => yearsToExpiry)).toEqual([0.1, 0.2]);
  });

  test("are left alone where they do not: each is its own best fit", () => {
    const higher = { ...far, a: 0.02 };
    const fit = fitSurface([
      { yearsToExpiry: 0.1, forward: 100, quotes: quotesOf(near, 0.1) },
      { yearsToExpiry: 0.3, forward: 100, quotes: quotesOf(higher, 0.3) },
    ]);
    expectNoCrossing(fit);
    for (const { fit: slice } of fit.expiries) expect(slice).toMatchObject({ kind: "fitted", repairs: [] });
    for (const logMoneyness of [-0.4, 0, 0.4]) {
      expect(fit.surface === undefined ? NaN : volAt(fit.surface, { logMoneyness, yearsToExpiry: 0.3 })).toBeCloseTo(sviVol(higher, { logMoneyness, yearsToExpiry: 0.3 }), 8);
    }
  });

  test("far beyond the quotes are kept apart there too", () => {
    const flatter = { a: 0.03, b: 0.03, rho: -0.3, m: 0, sigma: 0.1 };
    const fit = fitSurface([
      { yearsToExpiry: 0.1, forward: 100, quotes: quotesOf(near, 0.1, 0.01, 0.3) },
      { yearsToExpiry: 0.3, forward: 100, quotes: quotesOf(flatter, 0.3, 0.01, 0.3) },
    ]);
    expectNoCrossing(fit);
  });
});

test("an expiry without enough quotes is named and left out", () => {
  const fit = fitSurface([
    { yearsToExpiry: 0.1, forward: 100, quotes: quotesOf(near, 0.1) },
    { yearsToExpiry: 0.05, forward: 100, quotes: quotesOf(near, 0.05).slice(0, 4) },
  ]);
  expect(fit.surface?.slices).toHaveLength(1);
  expect(fit.expiries[0]).toEqual({ yearsToExpiry: 0.05, fit: { kind: "refused", reason: "too_few_quotes", placesUsable: 4, quotesLeftOut: 0 } });
  expect(fitSurface([{ yearsToExpiry: 0.05, forward: 100, quotes: [] }]).surface).toBeUndefined();
});

describe("the GOOG chain of 2015-12-24", () => {
  const expiryOf = (rows: readonly ReferenceRow[]): ExpiryQuotes => {
    const yearsToExpiry = rows[0]?.number("yearsToExpiry") ?? NaN;
    const pairs = rows.map((row) => ({
      strike: row.number("strike"),
      callBid: row.number("callBid"),
      callAsk: row.number("callAsk"),
      putBid: row.number("putBid"),
      putAsk: row.number("putAsk"),
    }));
    const estimate = forwardFromParity({ pairs, settlement: "quote", discount: 1 });
    if (estimate.kind !== "forward") throw new Error("Expected a forward");
    const { forward } = estimate;
    const quotes = pairs.map(({ strike, callBid, callAsk, putBid, putAsk }) => {
      const putCall = strike >= forward ? ("call" as const) : ("put" as const);
      const volOf = (price: number): number => {
        const result = impliedVol({ forward, strike, yearsToExpiry, price, putCall });
        return result.kind === "vol" ? result.vol : NaN;
      };
      return { logMoneyness: Math.log(strike / forward), bidVol: volOf(putCall === "call" ? callBid : putBid), askVol: volOf(putCall === "call" ? callAsk : putAsk) };
    });
    return { yearsToExpiry, forward, quotes };
  };
  const rows = referenceRows(chain);
  const expiries = [...new Set(rows.map((row) => row.text("expiry")))].map((expiry) => expiryOf(rows.filter((row) => row.text("expiry") === expiry)));
  const fit = fitSurface(expiries);

  test("has forwards a little above the stock's 750.59, rising with expiry", () => {
    const [one = NaN, two = NaN, three = NaN] = expiries.map(({ forward }) => forward);
    expect(one).toBeGreaterThan(750.4);
    expect(three).toBeLessThan(753);
    expect(two).toBeGreaterThan(one);
    expect(three).toBeGreaterThan(two);
  });

  test("is met within its bids and asks, to a tenth of their width", () => {
    for (const expiry of fit.expiries) {
      if (expiry.fit.kind !== "fitted") throw new Error("Expected a fit");
      expect(expiry.fit.error.quotesWithinBidAsk).toBe(expiry.fit.error.quotesUsed);
      expect(expiry.fit.error.rmsWidths).toBeLessThan(0.1);
      expect(expiry.fit.error.rmsVolPoints).toBeLessThan(0.2);
    }
  });

  test("gives a surface free of arbitrage", () => {
    expect(fit.surface?.slices).toHaveLength(3);
    expectNoCrossing(fit);
  });
});
