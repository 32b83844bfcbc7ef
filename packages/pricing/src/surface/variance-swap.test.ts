import { expect, test } from "vitest";
import table from "../../reference/tables/variance-swap-demeterfi.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { varianceStrip } from "./variance-swap.ts";

const yearsToExpiry = 0.25;
const growth = Math.exp(0.05 * yearsToExpiry);
const rows = referenceRows(table);
const strikes = [45, ...new Set(rows.map((row) => row.number("K")).sort((x, y) => x - y)), 140];
const volOfStrike = (strike: number): number => 0.2 - (0.01 * (strike - 100)) / 5;

test("the replication table of Demeterfi, Derman, Kamal and Zou", () => {
  const { legs, fairVariance } = varianceStrip({ forward: 100 * growth, yearsToExpiry, strikes, anchorStrike: 100, volOfStrike });
  expect(legs.length).toBe(rows.length);
  for (const row of rows) {
    const leg = legs.find(({ putCall, strike }) => putCall === row.text("type") && strike === row.number("K"));
    expect(volOfStrike(row.number("K"))).toBeCloseTo(row.number("vol"), 12);
    // The table counts in squared vol points and carries the growth of the money.
    expect(Math.abs(((leg?.weight ?? NaN) * 1e4 * growth) / row.number("weight") - 1)).toBeLessThanOrEqual(1e-2);
  }
  expect(Math.abs(fairVariance / (0.20467 * 0.20467) - 1)).toBeLessThanOrEqual(1e-2);
});

test("with one vol for all strikes and a fine strip it is that vol", () => {
  const fine = Array.from({ length: 2001 }, (_, i) => 100 * Math.exp(-2 + i * 0.002));
  const { fairVariance } = varianceStrip({ forward: 101, yearsToExpiry: 0.5, strikes: fine, anchorStrike: fine[1000] ?? NaN, volOfStrike: () => 0.3 });
  expect(Math.abs(fairVariance / 0.09 - 1)).toBeLessThanOrEqual(2e-5);
});

test("refuses strikes out of order and an anchor at the end", () => {
  const input = { forward: 100, yearsToExpiry: 1, strikes: [90, 100, 110], anchorStrike: 100, volOfStrike: () => 0.2 };
  expect(() => varianceStrip({ ...input, strikes: [90, 110, 100] })).toThrow("strikes must rise, got 100 after 110");
  expect(() => varianceStrip({ ...input, anchorStrike: 110 })).toThrow("anchorStrike must be one of the inner strikes, got 110");
});
