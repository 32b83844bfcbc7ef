import { describe, expect, test } from "vitest";
import { ssviConditions, ssviTotalVariance, type Ssvi } from "./ssvi.ts";
import { fitSsvi, type SsviFit } from "./ssvi-fit.ts";
import type { SmileQuote } from "./smile-quotes.ts";

const years = [0.02, 0.1, 0.3, 0.8];
const thetas = [0.004, 0.02, 0.055, 0.13];

const quotesOf = (ssvi: Ssvi, expiry: number, error: (i: number) => number = () => 0): readonly SmileQuote[] =>
  Array.from({ length: 15 }, (_, i) => {
    const logMoneyness = (-0.7 + 0.1 * i) * Math.sqrt(years[expiry] ?? NaN);
    const vol = Math.sqrt(ssviTotalVariance(ssvi, thetas[expiry] ?? NaN, logMoneyness) / (years[expiry] ?? NaN)) + error(i);
    return { logMoneyness, bidVol: vol - 0.005, askVol: vol + 0.005 };
  });

const expiriesOf = (ssvi: Ssvi, error?: (i: number) => number) => years.map((yearsToExpiry, i) => ({ yearsToExpiry, quotes: quotesOf(ssvi, i, error) }));

const fitted = (fit: SsviFit): SsviFit & { kind: "fitted" } => {
  if (fit.kind !== "fitted") throw new Error(`Expected a fit, got ${fit.reason}`);
  return fit;
};

const smiles: readonly Ssvi[] = [
  { rho: -0.4, shape: { kind: "power_law", eta: 0.8, gamma: 0.4 } },
  { rho: 0.1, shape: { kind: "power_law", eta: 0.3, gamma: 0.25 } },
  { rho: -0.7, shape: { kind: "square_root", eta: 0.9 } },
  { rho: -0.5, shape: { kind: "heston", lambda: 8 } },
];

test.each(smiles.map((ssvi) => [ssvi.shape.kind, ssvi] as const))("exact quotes of %s give its parameters", (kind, ssvi) => {
  const fit = fitted(fitSsvi({ shape: kind, expiries: expiriesOf(ssvi) }));
  expect(fit.ssvi.rho).toBeCloseTo(ssvi.rho, 8);
  for (const [name, value] of Object.entries(ssvi.shape)) if (typeof value === "number") expect(Object.entries(fit.ssvi.shape)).toContainEqual([name, expect.closeTo(value, 7)]);
  for (const [i, { atmTotalVariance, error }] of fit.expiries.entries()) {
    expect(atmTotalVariance).toBeCloseTo(thetas[i] ?? NaN, 10);
    expect(error.maxVolPoints).toBeLessThan(1e-6);
  }
});

describe("conditions", () => {
  test("quotes too steep to be free are met as nearly as the conditions allow", () => {
    const steep: Ssvi = { rho: -0.6, shape: { kind: "square_root", eta: 2.2 } };
    expect(ssviConditions(steep, 0.13).hold).toBe(false);
    const fit = fitted(fitSsvi({ shape: "square_root", expiries: expiriesOf(steep) }));
    for (const { atmTotalVariance } of fit.expiries) expect(ssviConditions(fit.ssvi, atmTotalVariance).hold).toBe(true);
    const bends = fit.expiries.map(({ atmTotalVariance }) => ssviConditions(fit.ssvi, atmTotalVariance).bend);
    expect(Math.max(...bends)).toBeGreaterThan(3.99);
    expect(fit.expiries[0]?.error.rmsVolPoints).toBeGreaterThan(0.01);
  });

  test("the at-the-money variance of a later expiry never falls, also where quotes say so", () => {
    const ssvi = smiles[0] ?? { rho: 0, shape: { kind: "square_root", eta: 1 } };
    const inverted = expiriesOf(ssvi).map((expiry, i) => (i === 2 ? { ...expiry, quotes: expiry.quotes.map((quote) => ({ ...quote, bidVol: quote.bidVol * 0.5, askVol: quote.askVol * 0.5 })) } : expiry));
    const fit = fitted(fitSsvi({ shape: "power_law", expiries: inverted }));
    const levels = fit.expiries.map(({ atmTotalVariance }) => atmTotalVariance);
    expect(levels.toSorted((x, y) => x - y)).toEqual(levels);
    expect((levels[2] ?? NaN) / (levels[1] ?? NaN)).toBeCloseTo(1, 9);
  });
});

test("refuses too few quotes with their count, and expiries out of order", () => {
  const quotes = quotesOf({ rho: 0, shape: { kind: "square_root", eta: 1 } }, 0).slice(0, 4);
  expect(fitSsvi({ shape: "square_root", expiries: [{ yearsToExpiry: 0.02, quotes }] })).toEqual({ kind: "refused", reason: "too_few_quotes", placesUsable: 4 });
  const expiries = [{ yearsToExpiry: 1, quotes }, { yearsToExpiry: 0.5, quotes }]; // prettier-ignore
  expect(() => fitSsvi({ shape: "square_root", expiries })).toThrow("yearsToExpiry must rise from expiry to expiry, got 0.5 after 1");
});
