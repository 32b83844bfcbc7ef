import fc from "fast-check";
import { expect, test } from "vitest";
import table from "../../reference/tables/svi-conversions-arbitrage.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { sviPoint, type SviRaw } from "./svi.ts";
import { sviButterfly } from "./svi-butterfly.ts";

const rows = referenceRows(table).map((row) => {
  const svi = { a: row.number("a"), b: row.number("b"), rho: row.number("rho"), m: row.number("m"), sigma: row.number("sigma") };
  return [row.text("set"), svi, row] as const;
});

test.each(rows)("%s: the smallest density factor on the table's grid, and the verdict", (_, svi, row) => {
  let least = Infinity;
  let place = NaN;
  for (let i = -400; i <= 400; i += 1) {
    const g = sviPoint(svi, i / 100).densityFactor;
    if (g < least) {
      least = g;
      place = i / 100;
    }
  }
  expect(Math.abs(least - row.number("min_g_on_grid"))).toBeLessThanOrEqual(1e-9);
  expect(place).toBeCloseTo(row.number("argmin_k"), 10);
  const check = sviButterfly(svi);
  expect(Math.abs(check.smallestTotalVariance.value / row.number("min_w") - 1)).toBeLessThanOrEqual(1e-12);
  expect(String(check.free)).toBe(row.text("arb_free").toLowerCase());
  // The whole line can only be lower than the grid.
  expect(check.smallestDensityFactor.value).toBeLessThanOrEqual(least + 1e-12);
});

const anySmile = fc.record({
  a: fc.double({ min: -0.05, max: 0.1, noNaN: true }),
  b: fc.double({ min: 0, max: 1.2, noNaN: true }),
  rho: fc.double({ min: -0.99, max: 0.99, noNaN: true }),
  m: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
  sigma: fc.double({ min: 0.005, max: 1, noNaN: true }),
});

/** The smallest g over a dense even grid: what a search without cleverness finds. */
const bruteForce = (svi: SviRaw): number => {
  let least = Infinity;
  for (let i = -6000; i <= 6000; i += 1) least = Math.min(least, sviPoint(svi, svi.m + i * 0.0025).densityFactor);
  return least;
};

test("law: the check finds what a dense grid finds, or lower", () => {
  fc.assert(
    fc.property(anySmile, (svi) => {
      const check = sviButterfly(svi);
      const found = check.smallestDensityFactor.value;
      expect(found).toBeLessThanOrEqual(bruteForce(svi) + 1e-9);
      if (found > -Infinity) expect(sviPoint(svi, check.smallestDensityFactor.logMoneyness).densityFactor).toBeCloseTo(found, 12);
    }),
    { numRuns: 150 },
  );
});

test("a flat smile is free, one whose wing is steeper than 2 or whose variance is negative is not", () => {
  const flat = { a: 0.04, b: 0, rho: 0, m: 0, sigma: 0.1 };
  expect(sviButterfly(flat)).toMatchObject({ free: true, smallestDensityFactor: { value: 1 }, leftWingSlope: 0, rightWingSlope: 0 });
  expect(sviButterfly({ ...flat, b: 1.5, rho: -0.5 })).toMatchObject({ free: false, leftWingSlope: 2.25 });
  expect(sviButterfly({ ...flat, a: -0.04 }).free).toBe(false);
});
