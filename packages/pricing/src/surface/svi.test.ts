import { expect, test } from "vitest";
import published from "../../reference/tables/svi-tfqf-published.json" with { type: "json" };
import precise from "../../reference/tables/svi-raw-values.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { PricingError } from "../errors.ts";
import { sviPoint, sviTotalVariance, sviVol, sviVolSlope, type SviRaw } from "./svi.ts";

const sviOf = (row: ReferenceRow): SviRaw => ({
  a: row.number("a"),
  b: row.number("b"),
  rho: row.number("rho"),
  m: row.number("m"),
  sigma: row.number("sigma"),
});

test.each(referenceRows(precise).map((row) => [row.text("set"), row.number("k"), row] as const))("%s at k = %d against arbitrary precision", (_, k, row) => {
  const point = sviPoint(sviOf(row), k);
  const near = (actual: number, column: string): void => {
    expect(Math.abs(actual / row.number(column) - 1)).toBeLessThanOrEqual(1e-13);
  };
  near(point.totalVariance, "w");
  near(point.slope, "dw_dk");
  near(point.curvature, "d2w_dk2");
  near(point.densityFactor, "g");
});

test("against the total variances that tf-quant-finance publishes", () => {
  const numbers = (cell: unknown): readonly number[] => (Array.isArray(cell) ? cell.map(Number) : []);
  for (const cells of published.rows) {
    const [a = NaN, b = NaN, rho = NaN, m = NaN, sigma = NaN] = numbers(cells[1]);
    const expected = numbers(cells[3]);
    expect(expected.length).toBe(10);
    for (const [i, k] of numbers(cells[2]).entries()) {
      expect(Math.abs(sviTotalVariance({ a, b, rho, m, sigma }, k) - (expected[i] ?? NaN))).toBeLessThanOrEqual(1e-8);
    }
  }
});

const smile: SviRaw = { a: 0.01, b: 0.2, rho: -0.4, m: 0.05, sigma: 0.1 };

test("keeps its digits far out in a wing that is nearly flat", () => {
  const svi = { a: 0, b: 1, rho: -1, m: 0, sigma: 0.25 };
  // -x + √(x² + σ²) at x = 1e6, from its series σ²/2x - σ⁴/8x³.
  const exact = 0.0625 / 2e6 - 0.00390625 / 8e18;
  expect(Math.abs(sviTotalVariance(svi, 1e6) / exact - 1)).toBeLessThanOrEqual(1e-15);
});

test("vol and vol slope are those of the total variance", () => {
  const place = { logMoneyness: -0.2, yearsToExpiry: 0.25 };
  const vol = sviVol(smile, place);
  expect(vol * vol * 0.25).toBeCloseTo(sviTotalVariance(smile, -0.2), 15);
  const step = 1e-5;
  const bumped = sviVol(smile, { ...place, logMoneyness: -0.2 + step }) - sviVol(smile, { ...place, logMoneyness: -0.2 - step });
  expect(sviVolSlope(smile, place)).toBeCloseTo(bumped / (2 * step), 8);
});

test.each([
  ["b must be finite and >= 0, got -0.1", () => sviTotalVariance({ ...smile, b: -0.1 }, 0)],
  ["rho must be between -1 and 1, got 1.5", () => sviTotalVariance({ ...smile, rho: 1.5 }, 0)],
  ["sigma must be finite and > 0, got 0", () => sviTotalVariance({ ...smile, sigma: 0 }, 0)],
  ["a must be finite, got NaN", () => sviTotalVariance({ ...smile, a: NaN }, 0)],
  ["k must be finite, got Infinity", () => sviTotalVariance(smile, Infinity)],
  ["yearsToExpiry must be finite and > 0, got 0", () => sviVol(smile, { logMoneyness: 0, yearsToExpiry: 0 })],
  ["total variance must be >= 0", () => sviVol({ ...smile, a: -1 }, { logMoneyness: 0, yearsToExpiry: 1 })],
])("refuses: %s", (message, call) => {
  expect(call).toThrow(PricingError);
  expect(call).toThrow(message);
});
