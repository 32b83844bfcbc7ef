import { describe, expect, test } from "vitest";
import kernels from "../../reference/tables/normal-kernels-mp.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { millsRatio } from "./mills-ratio.ts";
import { normalDensity, normalDistribution } from "./normal.ts";

const rows = referenceRows(kernels);

describe("normal distribution against arbitrary precision", () => {
  test.each(rows.filter((row) => row.text("function") === "Phi").map((row) => [row.number("x"), row.number("value_25_digits")]))(
    "N(%d) = %d",
    (x, expected) => {
      // Denormal results carry no more digits than their spacing.
      expect(Math.abs(normalDistribution(x) - expected)).toBeLessThanOrEqual(1e-15 * expected + Number.MIN_VALUE);
    },
  );

  test.each(rows.filter((row) => row.text("function") === "erfcx" && row.number("x") >= 0).map((row) => [row.number("x"), row.number("value_25_digits")]))(
    "erfcx(%d) = sqrt(2/pi) M(sqrt(2) x) = %d",
    (x, expected) => {
      expect(Math.abs((millsRatio(x * Math.SQRT2) * Math.sqrt(2 / Math.PI)) / expected - 1)).toBeLessThanOrEqual(1e-15);
    },
  );

  test("symmetry: N(x) + N(-x) = 1", () => {
    for (let x = -10; x <= 10; x += 0.01) expect(Math.abs(normalDistribution(x) + normalDistribution(-x) - 1)).toBeLessThanOrEqual(3e-16);
  });

  test("N rises, and its slope is the density", () => {
    const step = 1e-4;
    for (let x = -12; x <= 8; x += 0.037) {
      const rise = normalDistribution(x + step) - normalDistribution(x - step);
      expect(rise).toBeGreaterThanOrEqual(0);
      expect(Math.abs(rise / (2 * step) - normalDensity(x))).toBeLessThanOrEqual(1e-7 * normalDensity(x) * (1 + x * x) + 1e-12);
    }
  });

  test("M and N do not step where the approximation changes", () => {
    expect(millsRatio(4 + 1e-15)).toBeLessThanOrEqual(millsRatio(4) * (1 + 4e-16));
    expect(Math.abs(millsRatio(4 + 1e-15) / millsRatio(4) - 1)).toBeLessThan(2e-15);
  });

  test("limits", () => {
    expect(normalDistribution(0)).toBe(0.5);
    expect(normalDistribution(-Infinity)).toBe(0);
    expect(normalDistribution(Infinity)).toBe(1);
    expect(normalDistribution(NaN)).toBeNaN();
    expect(normalDensity(Infinity)).toBe(0);
    expect(normalDensity(-40)).toBe(0);
    expect(normalDensity(0)).toBe(1 / Math.sqrt(2 * Math.PI));
  });
});
