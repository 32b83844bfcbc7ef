import { property, assert, integer, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { DomainError } from "../errors.ts";
import { decimal, decimalFromNumber, divide, formatDecimal, middle, roundCoin, roundToLot } from "./decimal.ts";

describe("decimals", () => {
  test("never lose a digit in sums and products", () => {
    const long = decimal("123456789012345678901234567890.123456789012345678901234567890");
    expect(formatDecimal(long.times(long).minus(long.times(long)).plus(long))).toBe("123456789012345678901234567890.12345678901234567890123456789");
    expect(formatDecimal(decimal("99999999999999999999999999999999999999").plus(decimal("0.00000000000000000000000000000000000001")))).toBe(
      "99999999999999999999999999999999999999.00000000000000000000000000000000000001",
    );
  });

  test("are divided to 34 digits, half to even", () => {
    expect(formatDecimal(divide(decimal("2"), decimal("3")))).toBe("0.6666666666666666666666666666666667");
    // The 35th digit is an exact 5: the even neighbour wins on both sides.
    expect(formatDecimal(divide(decimal("20000000000000000000000000000000005"), decimal("10")))).toBe("2000000000000000000000000000000000");
    expect(formatDecimal(divide(decimal("20000000000000000000000000000000015"), decimal("10")))).toBe("2000000000000000000000000000000002");
  });

  test("are not divided by zero", () => {
    expect(() => divide(decimal("1"), decimal("0.00"))).toThrow(new DomainError("division_by_zero", "cannot divide 1 by zero"));
  });

  test("have one spelling a value", () => {
    expect(["-0", "0.00", "1.50", "-0.10", "100"].map((text) => formatDecimal(decimal(text)))).toEqual(["0", "0", "1.5", "-0.1", "100"]);
    expect(formatDecimal(decimalFromNumber(1e21))).toBe("1000000000000000000000");
    expect(formatDecimal(decimalFromNumber(1.5e-9))).toBe("0.0000000015");
  });

  test.each(["1e5", "", "NaN", "+1", ".5", "1.", "01", "1 "])("refuse the spelling %j", (text) => {
    expect(() => decimal(text)).toThrow(`got "${text}"`);
  });

  test.each([NaN, Infinity, -Infinity])("refuse the number %s", (value) => {
    expect(() => decimalFromNumber(value)).toThrow(DomainError);
  });

  test("give an exact mid", () => {
    expect(formatDecimal(middle(decimalFromNumber(70.1), decimalFromNumber(70.2)))).toBe("70.15");
  });

  test("round coin amounts to 8 decimals, half to even", () => {
    expect(["0.000000005", "0.000000015", "-0.000000005", "1.123456789"].map((text) => formatDecimal(roundCoin(decimal(text))))).toEqual([
      "0",
      "0.00000002",
      "0",
      "1.12345679",
    ]);
  });
});

describe("roundToLot", () => {
  test("goes toward zero", () => {
    expect(["7.9", "-7.9", "0.4", "-0.4"].map((text) => formatDecimal(roundToLot(decimal(text), decimal("0.5"))))).toEqual(["7.5", "-7.5", "0", "0"]);
  });

  test("gives a multiple of the lot that is nearest from below", () => {
    assert(
      property(tuple(integer(), integer({ min: 1, max: 1000 })), ([units, lotUnits]) => {
        const lot = decimal(String(lotUnits)).times(decimal("0.001"));
        const quantity = decimal(String(units)).times(decimal("0.00037"));
        const rounded = roundToLot(quantity, lot);
        expect(rounded.abs().lte(quantity.abs())).toBe(true);
        expect(quantity.minus(rounded).abs().lt(lot)).toBe(true);
        expect(divide(rounded, lot).isInteger()).toBe(true);
      }),
    );
  });

  test("refuses a lot that is not positive", () => {
    expect(() => roundToLot(decimal("1"), decimal("0"))).toThrow("a lot must be > 0, got 0");
  });
});
