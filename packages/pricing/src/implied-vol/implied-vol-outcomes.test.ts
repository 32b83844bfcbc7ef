import { expect, test } from "vitest";
import { PricingError } from "../errors.ts";
import { blackScholesImpliedVol, discountedImpliedVol, impliedVol, type ImpliedVolInput } from "./implied-vol.ts";

const base: ImpliedVolInput = { forward: 100, strike: 120, yearsToExpiry: 1, price: 1, putCall: "call" };

const volOf = (input: ImpliedVolInput): number => {
  const result = impliedVol(input);
  if (result.kind !== "vol") throw new Error(`Expected a volatility, got ${result.kind}`);
  return result.vol;
};

test.each([
  ["price = intrinsic but for its rounding, at expiry", { forward: 79.98, strike: 60, yearsToExpiry: 0, price: 19.98 }, { kind: "vol", vol: 0 }],
  ["price = intrinsic, time left", { strike: 80, price: 20 }, { kind: "vol", vol: 0 }],
  ["worth nothing out of the money", { price: 0 }, { kind: "vol", vol: 0 }],
  ["negative", { price: -1e-9 }, { kind: "below_intrinsic" }],
  ["less than intrinsic", { strike: 80, price: 19.9 }, { kind: "below_intrinsic" }],
  ["less than intrinsic, put", { price: 19.9, putCall: "put" }, { kind: "below_intrinsic" }],
  ["a call worth the forward", { price: 100 }, { kind: "above_maximum" }],
  ["a call worth more than the forward, in the money", { strike: 80, price: 101 }, { kind: "above_maximum" }],
  ["a put worth the strike", { strike: 80, price: 80, putCall: "put" }, { kind: "above_maximum" }],
  ["infinite", { price: Infinity }, { kind: "above_maximum" }],
  ["time value at expiry", { yearsToExpiry: 0, price: 1 }, { kind: "no_solution" }],
] as const)("%s", (_, change, expected) => {
  expect(impliedVol({ ...base, ...change })).toEqual(expected);
});

test("at the money the closed form F (2 N(s/2) - 1) gives back s", () => {
  expect(volOf({ ...base, strike: 100, price: 11.923538474048504 })).toBeCloseTo(0.3, 15);
});

test("one ulp below the maximum still has a volatility", () => {
  expect(volOf({ ...base, strike: 100, price: 100 * (1 - 2 ** -53) })).toBeGreaterThan(10);
  expect(volOf({ ...base, strike: 1e9, price: 100 * (1 - 2 ** -53) })).toBeGreaterThan(10);
});

test("the smallest time values have one too", () => {
  expect(volOf({ ...base, price: Number.MIN_VALUE })).toBeGreaterThan(0);
  expect(volOf({ ...base, strike: 100, price: Number.MIN_VALUE })).toBeGreaterThan(0);
  expect(volOf({ ...base, strike: 100 * (1 + 2 ** -52), price: 1e-200 })).toBeGreaterThan(0);
});

test("a value that only its logarithm can hold", () => {
  // ln share = ln(1e-300 / 1e100): below the smallest double.
  const far = { strike: 1e130, yearsToExpiry: 1, putCall: "call" } as const;
  const tiny = volOf({ ...far, forward: 1e100, price: 1e-300 });
  const more = volOf({ ...far, forward: 1e100, price: 1e-270 });
  expect(tiny).toBeGreaterThan(0);
  expect(tiny).toBeLessThan(more);
  // From a share of 1e-289, a double, to 1e-291, a logarithm: ln share ≈ -distance² / (2 vol²).
  const here = volOf({ ...far, forward: 1e100, price: 1e-189 });
  const beyond = volOf({ ...far, forward: 1e100, price: 1e-191 });
  expect(beyond).toBeLessThan(here);
  expect(here / beyond - 1).toBeLessThan(0.01);
});

test("a moment before expiry", () => {
  const moment = { ...base, yearsToExpiry: Number.MIN_VALUE, strike: 100, price: 90 };
  expect(volOf(moment)).toBeCloseTo(volOf({ ...moment, yearsToExpiry: 1 }) / Math.sqrt(Number.MIN_VALUE), -150);
  expect(discountedImpliedVol({ ...base, yearsToExpiry: 0, discountFactor: 1 })).toEqual({ kind: "no_solution" });
});

test("discounted prices have discounted bounds", () => {
  const discounted = { ...base, strike: 80, discountFactor: 0.5 };
  expect(discountedImpliedVol({ ...discounted, price: 9.9 })).toEqual({ kind: "below_intrinsic" });
  expect(discountedImpliedVol({ ...discounted, price: 10 })).toEqual({ kind: "vol", vol: 0 });
  expect(discountedImpliedVol({ ...discounted, price: 50 })).toEqual({ kind: "above_maximum" });
  expect(() => discountedImpliedVol({ ...discounted, discountFactor: 0 })).toThrow("discountFactor must be finite and > 0, got 0");
  const spot = { spot: 100, strike: 80, yearsToExpiry: 1, rate: Math.log(2), yield: 0, putCall: "put" } as const;
  expect(blackScholesImpliedVol({ ...spot, price: 41 })).toEqual({ kind: "above_maximum" });
  expect(blackScholesImpliedVol({ ...spot, putCall: "call", price: 59 })).toEqual({ kind: "below_intrinsic" });
  expect(() => blackScholesImpliedVol({ ...spot, rate: 1e6, price: 1 })).toThrow(PricingError);
});

test("refuses a price that is no number", () => {
  expect(() => impliedVol({ ...base, price: NaN })).toThrow(PricingError);
  expect(() => impliedVol({ ...base, forward: 0 })).toThrow("forward must be finite and > 0, got 0");
});
