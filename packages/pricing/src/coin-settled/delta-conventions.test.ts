import fc from "fast-check";
import { describe, expect, test } from "vitest";
import table from "../../reference/tables/delta-conventions-premium-adjusted.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { deltaOfStrike, strikeOfDelta, type DeltaConvention, type DeltaTerms } from "./delta-conventions.ts";
import { inverseOptionGreeks } from "./inverse-option.ts";

const conventions: Readonly<Record<string, DeltaConvention>> = { Spot: "spot", Fwd: "forward", PaSpot: "premium_adjusted_spot", PaFwd: "premium_adjusted_forward" };

test.each(referenceRows(table).map((row) => [row.text("delta_type"), row.number("delta"), row] as const))("%s delta %d, and back to its strike", (name, delta, row) => {
  const terms: DeltaTerms = {
    convention: conventions[name] ?? "spot", putCall: row.number("w") === 1 ? "call" : "put", spot: row.number("S"),
    quoteDiscount: row.number("domDf"), coinDiscount: row.number("forDf"), totalVol: row.number("stdDev"),
  };
  expect(Math.abs(deltaOfStrike(terms, row.number("K")) - delta)).toBeLessThanOrEqual(1e-3);
  expect(Math.abs(strikeOfDelta(terms, delta) - row.number("K"))).toBeLessThanOrEqual(1e-2);
});

const anyTerms = fc.record({
  convention: fc.constantFrom<DeltaConvention>("spot", "forward", "premium_adjusted_spot", "premium_adjusted_forward"),
  putCall: fc.constantFrom("put" as const, "call" as const),
  spot: fc.double({ min: 0.5, max: 2, noNaN: true }),
  quoteDiscount: fc.double({ min: 0.9, max: 1.02, noNaN: true }),
  coinDiscount: fc.double({ min: 0.9, max: 1.02, noNaN: true }),
  totalVol: fc.double({ min: 0.05, max: 0.8, noNaN: true }),
});

describe("laws", () => {
  test("delta → strike → the same delta", () => {
    fc.assert(
      fc.property(anyTerms, fc.double({ min: 0.05, max: 0.45, noNaN: true }), (terms, size) => {
        const delta = terms.putCall === "call" ? size : -size;
        // High vol leaves a premium-adjusted call no large delta.
        fc.pre(terms.putCall === "put" || terms.totalVol < 0.4);
        expect(Math.abs(deltaOfStrike(terms, strikeOfDelta(terms, delta)) - delta)).toBeLessThanOrEqual(1e-12);
      }),
    );
  });

  test("the premium-adjusted forward delta is the coin-settled option's", () => {
    fc.assert(
      fc.property(fc.double({ min: 40_000, max: 90_000, noNaN: true }), fc.constantFrom("put" as const, "call" as const), (strike, putCall) => {
        const terms: DeltaTerms = { convention: "premium_adjusted_forward", putCall, spot: 60_000, quoteDiscount: 1, coinDiscount: 1, totalVol: 0.3 };
        const { premiumAdjustedDelta } = inverseOptionGreeks({ forward: 60_000, strike, yearsToExpiry: 1, vol: 0.3, putCall });
        expect(Math.abs(deltaOfStrike(terms, strike) - premiumAdjustedDelta)).toBeLessThanOrEqual(1e-14);
      }),
    );
  });
});

test("a delta that no strike has is refused", () => {
  const terms: DeltaTerms = { convention: "premium_adjusted_forward", putCall: "call", spot: 1, quoteDiscount: 1, coinDiscount: 1, totalVol: 0.4 };
  expect(() => strikeOfDelta(terms, 0.99)).toThrow("delta must be one that some strike has, got 0.99");
  expect(() => strikeOfDelta({ ...terms, convention: "forward" }, 1)).toThrow("got 1");
  expect(() => deltaOfStrike(terms, -1)).toThrow("strike must be finite and > 0, got -1");
});
