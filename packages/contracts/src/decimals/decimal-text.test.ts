import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimalOfDouble, isNotNegative, isPositive, significantDigits, significantDigitsMax } from "./decimal-text.ts";

test.each([
  ["0", 0],
  ["-0.00", 0],
  ["1200", 2],
  ["0.0120", 2],
  ["-3700.65", 6],
  ["1.02", 3],
  ["100.001", 6],
  ["1234567890123456", 16],
])("significant digits of %s are %i", (decimal, digits) => {
  expect(significantDigits(decimal)).toBe(digits);
});

test("positive is more than zero, and not negative excludes minus zero", () => {
  expect(["1", "0.01", "0", "0.0", "-1", "-0"].filter(isPositive)).toEqual(["1", "0.01"]);
  expect(["1", "0", "-1", "-0"].filter(isNotNegative)).toEqual(["1", "0"]);
});

describe("decimalOfDouble", () => {
  test.each([
    [0, "0"],
    [-0, "0"],
    [1e21, "1000000000000000000000"],
    [1.5e-7, "0.00000015"],
    [-1.25e22, "-12500000000000000000000"],
    [3700.65, "3700.65"],
  ])("%d is %s", (value, decimal) => {
    expect(decimalOfDouble(value)).toBe(decimal);
  });

  test("gives back every decimal of at most 15 significant digits", () => {
    const digits = fc.stringMatching(/^[1-9][0-9]{0,13}[1-9]?$/).map((text) => text.replace(/0+$/, ""));
    fc.assert(
      fc.property(digits, fc.integer({ min: -25, max: 25 }), fc.boolean(), (mantissa, exponent, negative) => {
        const whole = exponent >= 0 ? mantissa + "0".repeat(exponent) : mantissa.slice(0, exponent) || "0";
        const fraction = exponent >= 0 ? "" : mantissa.slice(exponent).padStart(-exponent, "0").replace(/0+$/, "");
        const decimal = `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
        expect(significantDigits(decimal)).toBeLessThanOrEqual(significantDigitsMax);
        expect(decimalOfDouble(Number(decimal))).toBe(decimal);
      }),
      { numRuns: 2_000 },
    );
  });

  test("has no decimal for what is no number", () => {
    expect(() => decimalOfDouble(Number.NaN)).toThrow(RangeError);
  });
});
