import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PricingError } from "../errors.ts";
import { buildSurface, surfaceArbitrage, totalVarianceAt, volAt, type SurfaceSlice, type VolSurface } from "./surface.ts";
import { sviTotalVariance, sviVol } from "./svi.ts";

const near: SurfaceSlice = { yearsToExpiry: 0.1, forward: 100, svi: { a: 0.005, b: 0.05, rho: -0.3, m: 0, sigma: 0.1 } };
const far: SurfaceSlice = { yearsToExpiry: 0.5, forward: 102, svi: { a: 0.02, b: 0.1, rho: -0.3, m: 0, sigma: 0.2 } };

const built = (slices: readonly SurfaceSlice[]): VolSurface => {
  const result = buildSurface(slices);
  if (result.kind === "refused") throw new Error("Expected a surface");
  return result.surface;
};

describe("the vol of a place", () => {
  const surface = built([far, near]);

  test("is the smile's own at an expiry", () => {
    for (const { svi, yearsToExpiry } of [near, far]) {
      for (const logMoneyness of [-0.5, 0, 0.3]) expect(volAt(surface, { logMoneyness, yearsToExpiry })).toBeCloseTo(sviVol(svi, { logMoneyness, yearsToExpiry }), 15);
    }
  });

  test("is linear in total variance between two", () => {
    for (const logMoneyness of [-0.5, 0, 0.3]) {
      const middle = 0.5 * (sviTotalVariance(near.svi, logMoneyness) + sviTotalVariance(far.svi, logMoneyness));
      expect(totalVarianceAt(surface, { logMoneyness, yearsToExpiry: 0.3 })).toBeCloseTo(middle, 15);
      expect(volAt(surface, { logMoneyness, yearsToExpiry: 0.3 })).toBeCloseTo(Math.sqrt(middle / 0.3), 14);
    }
  });

  test("is that of the nearest expiry before the first and behind the last", () => {
    const first = sviVol(near.svi, { logMoneyness: 0.1, yearsToExpiry: 0.1 });
    const last = sviVol(far.svi, { logMoneyness: 0.1, yearsToExpiry: 0.5 });
    for (const yearsToExpiry of [0, 1e-9, 0.05]) expect(volAt(surface, { logMoneyness: 0.1, yearsToExpiry })).toBeCloseTo(first, 14);
    for (const yearsToExpiry of [0.6, 3]) expect(volAt(surface, { logMoneyness: 0.1, yearsToExpiry })).toBeCloseTo(last, 14);
    expect(totalVarianceAt(surface, { logMoneyness: 0.1, yearsToExpiry: 0 })).toBe(0);
  });

  test("law: total variance never falls with time", () => {
    const time = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: -2, max: 2, noNaN: true }), time, time, (logMoneyness, one, other) => {
        const [early, late] = one < other ? [one, other] : [other, one];
        const rise = totalVarianceAt(surface, { logMoneyness, yearsToExpiry: late }) - totalVarianceAt(surface, { logMoneyness, yearsToExpiry: early });
        expect(rise).toBeGreaterThanOrEqual(-1e-15);
      }),
    );
  });

  test("survives being written down", () => {
    expect(JSON.parse(JSON.stringify(surface))).toEqual(surface);
  });
});

describe("arbitrage is refused with its place", () => {
  test("a butterfly of one slice", () => {
    const vogt = { yearsToExpiry: 1, forward: 100, svi: { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 } };
    const result = buildSurface([near, vogt]);
    expect(result.kind).toBe("refused");
    const arbitrage = result.kind === "refused" ? result.arbitrage : [];
    expect(arbitrage.find(({ condition }) => condition === "butterfly")).toMatchObject({ yearsToExpiry: 1 });
    expect(arbitrage.find(({ condition }) => condition === "butterfly")?.logMoneyness).toBeCloseTo(0.878, 2);
  });

  test("two slices that cross, at their worst place", () => {
    const lower = { ...far, svi: { ...far.svi, a: far.svi.a - 0.035 } };
    const result = buildSurface([near, lower]);
    const [place] = result.kind === "refused" ? result.arbitrage : [];
    expect(place).toMatchObject({ condition: "calendar", yearsToExpiry: 0.5 });
    let worst = Infinity;
    for (let i = -4000; i <= 4000; i += 1) worst = Math.min(worst, sviTotalVariance(lower.svi, i / 1000) / sviTotalVariance(near.svi, i / 1000) - 1);
    expect(place?.value).toBeCloseTo(worst, 5);
    expect(place?.value).toBeLessThanOrEqual(worst);
  });

  test("two slices that only cross far out, because a wing is flatter", () => {
    const flat = { ...far, svi: { ...far.svi, a: 0.1, b: 0.045 } };
    const result = buildSurface([near, flat]);
    expect(result).toMatchObject({ kind: "refused", arbitrage: [{ condition: "calendar" }] });
  });

  test("a wing that Lee's bound forbids, and a negative variance", () => {
    const steep = { yearsToExpiry: 1, forward: 100, svi: { a: 4, b: 1.2, rho: -0.9, m: 0, sigma: 0.5 } };
    const [place] = surfaceArbitrage({ slices: [steep] });
    expect(place).toMatchObject({ condition: "butterfly", yearsToExpiry: 1 });
    expect(place?.logMoneyness).toBeLessThan(-1000);
    const negative = { yearsToExpiry: 1, forward: 100, svi: { a: -0.1, b: 0.1, rho: 0, m: 0, sigma: 0.1 } };
    expect(surfaceArbitrage({ slices: [negative] })).toMatchObject([{ condition: "negative_variance", logMoneyness: 0 }]);
  });
});

test.each([
  ["slices must not be empty, got 0", () => buildSurface([])],
  ["yearsToExpiry must differ between slices, got 0.1 twice", () => buildSurface([near, near])],
  ["forward must be finite and > 0, got 0", () => buildSurface([{ ...near, forward: 0 }])],
  ["yearsToExpiry must be finite and >= 0, got -1", () => volAt(built([near]), { logMoneyness: 0, yearsToExpiry: -1 })],
  ["logMoneyness must be finite, got NaN", () => volAt(built([near]), { logMoneyness: NaN, yearsToExpiry: 1 })],
])("refuses: %s", (message, call) => {
  expect(call).toThrow(PricingError);
  expect(call).toThrow(message);
});
