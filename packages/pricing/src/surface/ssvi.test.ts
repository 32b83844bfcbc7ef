import fc from "fast-check";
import { expect, test } from "vitest";
import table from "../../reference/tables/ssvi-values.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { PricingError } from "../errors.ts";
import { hestonSteepness, ssviConditions, ssviSlice, ssviSteepness, ssviTotalVariance, type Ssvi, type SsviShape } from "./ssvi.ts";
import { sviTotalVariance } from "./svi.ts";
import { sviButterfly } from "./svi-butterfly.ts";
import { calendarGapMinima } from "./svi-calendar.ts";

const shapeOf = (row: ReferenceRow): SsviShape => {
  const kind = row.text("phi");
  if (kind === "sqrt") return { kind: "square_root", eta: row.number("eta") };
  return kind === "heston_lambda2" ? { kind: "heston", lambda: 2 } : { kind: "power_law", eta: row.number("eta"), gamma: 0.4 };
};

test.each(referenceRows(table).map((row) => [row.text("phi"), row.number("k"), row.number("theta"), row] as const))(
  "%s at k = %d, theta = %d against arbitrary precision",
  (_, k, theta, row) => {
    const ssvi = { rho: row.number("rho"), shape: shapeOf(row) };
    const near = (actual: number, column: string): void => {
      expect(Math.abs(actual / row.number(column) - 1)).toBeLessThanOrEqual(1e-12);
    };
    const w = ssviTotalVariance(ssvi, theta, k);
    near(ssviSteepness(ssvi.shape, theta), "phi_value");
    near(w, "w");
    near(Math.sqrt(w / row.number("T")), "implied_vol");
    expect(String(ssviConditions(ssvi, theta).hold)).toBe(row.text("butterfly_sufficient").toLowerCase());
  },
);

test("the Heston steepness is continuous where its series ends, and a half at 0", () => {
  expect(hestonSteepness(0)).toBe(0.5);
  expect(Math.abs(hestonSteepness(1) / hestonSteepness(1 - 1e-15) - 1)).toBeLessThanOrEqual(2e-15);
});

const anyShape = fc.oneof(
  fc.record({ kind: fc.constant("power_law" as const), eta: fc.double({ min: 0.05, max: 3, noNaN: true }), gamma: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant("square_root" as const), eta: fc.double({ min: 0.05, max: 3, noNaN: true }) }),
  fc.record({ kind: fc.constant("heston" as const), lambda: fc.double({ min: 0.01, max: 50, noNaN: true }) }),
);
const anySsvi: fc.Arbitrary<Ssvi> = fc.record({ rho: fc.double({ min: -0.95, max: 0.95, noNaN: true }), shape: anyShape });
const anyTheta = fc.double({ min: 1e-4, max: 1, noNaN: true });

test("law: a slice as raw SVI is the same smile; where the conditions hold it has no butterfly, and none crosses an earlier one", () => {
  fc.assert(
    fc.property(anySsvi, anyTheta, anyTheta, (ssvi, one, other) => {
      const slice = ssviSlice(ssvi, one);
      for (const k of [-1, -0.1, 0, 0.3]) expect(Math.abs(sviTotalVariance(slice, k) / ssviTotalVariance(ssvi, one, k) - 1)).toBeLessThanOrEqual(1e-10);
      if (ssviConditions(ssvi, one).hold) expect(sviButterfly(slice).free).toBe(true);
      const [early, late] = one < other ? [one, other] : [other, one];
      for (const { value } of calendarGapMinima(ssviSlice(ssvi, early), ssviSlice(ssvi, late))) expect(value).toBeGreaterThanOrEqual(-1e-9);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["rho must be between -1 and 1, both excluded, got 1", () => ssviTotalVariance({ rho: 1, shape: { kind: "square_root", eta: 1 } }, 0.1, 0)],
  ["eta must be finite and > 0, got 0", () => ssviSteepness({ kind: "square_root", eta: 0 }, 0.1)],
  ["lambda must be finite and > 0, got -1", () => ssviSteepness({ kind: "heston", lambda: -1 }, 0.1)],
  ["gamma must be between 0 and 1, got 2", () => ssviSteepness({ kind: "power_law", eta: 1, gamma: 2 }, 0.1)],
  ["atmTotalVariance must be finite and > 0, got 0", () => ssviSteepness({ kind: "square_root", eta: 1 }, 0)],
])("refuses: %s", (message, call) => {
  expect(call).toThrow(PricingError);
  expect(call).toThrow(message);
});
