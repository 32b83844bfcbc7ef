import fc from "fast-check";
import { expect, test } from "vitest";
import table from "../../reference/tables/svi-conversions-arbitrage.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { PricingError } from "../errors.ts";
import type { SviRaw } from "./svi.ts";
import { sviButterfly } from "./svi-butterfly.ts";
import { jumpWingsOfRaw, naturalOfRaw, rawOfJumpWings, rawOfNatural, repairedJumpWings } from "./svi-conversions.ts";

const rows = referenceRows(table).map((row) => {
  const svi = { a: row.number("a"), b: row.number("b"), rho: row.number("rho"), m: row.number("m"), sigma: row.number("sigma") };
  return [row.text("set"), row.number("T"), svi, row] as const;
});

const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

const expectSame = (actual: SviRaw, expected: SviRaw, tolerance: number): void => {
  for (const name of ["b", "sigma"] as const) expect(relative(actual[name], expected[name])).toBeLessThanOrEqual(tolerance);
  expect(Math.abs(actual.rho - expected.rho)).toBeLessThanOrEqual(tolerance);
  // a and m are differences; what they are worth is measured by what they are added to.
  expect(Math.abs(actual.a - expected.a)).toBeLessThanOrEqual(tolerance * (Math.abs(expected.a) + expected.b * expected.sigma));
  expect(Math.abs(actual.m - expected.m)).toBeLessThanOrEqual(tolerance * (Math.abs(expected.m) + expected.sigma));
};

test.each(rows)("%s, %d years: jump-wings and natural parameters against arbitrary precision", (_, years, svi, row) => {
  const wings = jumpWingsOfRaw(svi, years);
  const natural = naturalOfRaw(svi);
  const pairs = [
    [wings.atmVariance, "jw_v"],
    [wings.atmSkew, "jw_psi"],
    [wings.putWing, "jw_p"],
    [wings.callWing, "jw_c"],
    [wings.smallestVariance, "jw_vtilde"],
    [natural.delta, "nat_delta"],
    [natural.mu, "nat_mu"],
    [natural.rho, "nat_rho"],
    [natural.omega, "nat_omega"],
    [natural.zeta, "nat_zeta"],
  ] as const;
  for (const [actual, column] of pairs) expect(relative(actual, row.number(column))).toBeLessThanOrEqual(1e-12);
});

test.each(rows)("%s, %d years: and back", (_, years, svi) => {
  expectSame(rawOfNatural(naturalOfRaw(svi)), svi, 1e-14);
  expectSame(rawOfJumpWings(jumpWingsOfRaw(svi, years), years), svi, 1e-12);
});

const anySmile = fc.record({
  a: fc.double({ min: 0.001, max: 0.2, noNaN: true }),
  b: fc.double({ min: 0.01, max: 0.9, noNaN: true }),
  rho: fc.double({ min: -0.95, max: 0.95, noNaN: true }),
  m: fc.double({ min: -0.3, max: 0.3, noNaN: true }),
  sigma: fc.double({ min: 0.02, max: 0.5, noNaN: true }),
});

test("law: raw to jump-wings and back is the same smile, wherever its bottom is not at the money", () => {
  fc.assert(
    fc.property(anySmile, fc.double({ min: 0.01, max: 3, noNaN: true }), (svi, years) => {
      const wings = jumpWingsOfRaw(svi, years);
      // Near the money the height of the bottom below it is a difference of nearly equal numbers.
      fc.pre(wings.atmVariance - wings.smallestVariance > 1e-3 * wings.atmVariance);
      expectSame(rawOfJumpWings(wings, years), svi, 1e-10);
      expectSame(rawOfNatural(naturalOfRaw(svi)), svi, 1e-13);
    }),
  );
});

test("Gatheral and Jacquier's repair of the Vogt smile: their published numbers, and no butterfly", () => {
  const vogt = { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 };
  expect(sviButterfly(vogt).free).toBe(false);
  const repaired = repairedJumpWings(jumpWingsOfRaw(vogt, 1));
  expect(Math.abs(repaired.callWing - 0.3493158)).toBeLessThanOrEqual(1e-7);
  expect(Math.abs(repaired.smallestVariance - 0.01548182)).toBeLessThanOrEqual(1e-8);
  const svi = rawOfJumpWings(repaired, 1);
  expect(sviButterfly(svi).free).toBe(true);
  // A slice of SSVI is natural SVI without shift.
  const natural = naturalOfRaw(svi);
  expect(Math.abs(natural.delta)).toBeLessThanOrEqual(1e-15);
  expect(Math.abs(natural.mu)).toBeLessThanOrEqual(1e-14);
});

const wings = { atmVariance: 0.04, atmSkew: -0.1, putWing: 0.8, callWing: 0.5, smallestVariance: 0.03 };

test.each([
  ["atmSkew must be between -putWing/2 and callWing/2 and not 0, got 0", () => rawOfJumpWings({ ...wings, atmSkew: 0 }, 1)],
  ["atmSkew must be between -putWing/2 and callWing/2 and not 0, got -0.5", () => rawOfJumpWings({ ...wings, atmSkew: -0.5 }, 1)],
  ["smallestVariance must be below atmVariance 0.04, got 0.05", () => rawOfJumpWings({ ...wings, smallestVariance: 0.05 }, 1)],
  ["putWing must be finite and >= 0, got -1", () => rawOfJumpWings({ ...wings, putWing: -1 }, 1)],
  ["rho must be between -1 and 1, both excluded, got 1", () => naturalOfRaw({ a: 0, b: 1, rho: 1, m: 0, sigma: 1 })],
  ["omega must be finite and >= 0, got -1", () => rawOfNatural({ delta: 0, mu: 0, rho: 0, omega: -1, zeta: 1 })],
  ["at-the-money total variance must be > 0", () => jumpWingsOfRaw({ a: -1, b: 0.1, rho: 0, m: 0, sigma: 0.1 }, 1)],
])("refuses: %s", (message, call) => {
  expect(call).toThrow(PricingError);
  expect(call).toThrow(message);
});
