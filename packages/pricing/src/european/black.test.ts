import fc from "fast-check";
import { describe, expect, test } from "vitest";
import extreme from "../../reference/tables/european-mp-extreme.json" with { type: "json" };
import precise from "../../reference/tables/european-mp-black76-greeks.json" with { type: "json" };
import strata from "../../reference/tables/european-strata-black76-grid.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { blackGreeks, newBlackGreeks, writeBlackGreeks, type BlackInput } from "./black.ts";
import { PricingError } from "../errors.ts";

const inputOf = (row: ReferenceRow, rate: number): BlackInput => ({
  forward: row.number("F"),
  strike: row.number("K"),
  yearsToExpiry: row.number("T"),
  vol: row.number("sigma"),
  rate,
  putCall: row.number("w") === 1 ? "call" : "put",
});

/** Any option whose time value is not lost under its intrinsic value. */
const anyOption = fc.record({
  forward: fc.double({ min: 50, max: 200, noNaN: true }),
  strike: fc.double({ min: 50, max: 200, noNaN: true }),
  yearsToExpiry: fc.double({ min: 0.02, max: 3, noNaN: true }),
  vol: fc.double({ min: 0.05, max: 1.5, noNaN: true }),
  rate: fc.double({ min: -0.02, max: 0.1, noNaN: true }),
  putCall: fc.constantFrom("put" as const, "call" as const),
});

describe("Black-76 against arbitrary precision", () => {
  test.each(referenceRows(precise).map((row) => [inputOf(row, row.number("r")), row] as const))("%o", (input, row) => {
    const greeks = blackGreeks(input);
    const near = (actual: number, expected: number, scale = 0): void => {
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-13 * Math.abs(expected) + 1e-15 * scale + 1e-300);
    };
    const price = row.number("price");
    expect(Math.abs(greeks.price - price)).toBeLessThanOrEqual(1e-15 * Math.max(input.forward, input.strike) + 2e-14 * price);
    near(greeks.delta, row.number("delta"));
    near(greeks.gamma, row.number("gamma"));
    near(greeks.vegaPerUnitVol, row.number("vega"));
    near(greeks.thetaPerYear, row.number("theta"), Math.abs(input.rate * price) + (row.number("vega") * input.vol) / (2 * input.yearsToExpiry));
    near(greeks.rhoPerUnitRate, row.number("rho"), input.yearsToExpiry * Math.max(input.forward, input.strike));
  });
});

describe("Black-76 in the wings and at the edge of double range", () => {
  test.each(referenceRows(extreme).map((row) => [row.text("tag"), inputOf(row, 0), row] as const))("%s %o", (_, input, row) => {
    const greeks = blackGreeks(input);
    for (const value of Object.values(greeks)) expect(value).toSatisfy(Number.isFinite);
    const price = row.number("price");
    const outOfTheMoney = row.number("w") * (input.forward - input.strike) <= 0;
    if (!outOfTheMoney) expect(Math.abs(greeks.price - price)).toBeLessThanOrEqual(1e-15 * Math.max(input.forward, input.strike));
    else if (price >= 1e-280) expect(Math.abs(greeks.price / price - 1)).toBeLessThanOrEqual(1e-12);
    else expect(greeks.price).toSatisfy((value: number) => value >= 0 && value < 2e-280);
    for (const [actual, column] of [[greeks.delta, "delta"], [greeks.gamma, "gamma"], [greeks.vegaPerUnitVol, "vega"]] as const) {
      const expected = row.number(column);
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected) + 1e-280);
    }
  });
});

test.each(referenceRows(strata).map((row) => [inputOf(row, 0), row.number("price")] as const))("Strata: %o costs %d", (input, price) => {
  expect(Math.abs(blackGreeks(input).price / price - 1)).toBeLessThanOrEqual(1e-13);
});

describe("laws", () => {
  test("put–call parity", () => {
    fc.assert(
      fc.property(anyOption, (option) => {
        const call = blackGreeks({ ...option, putCall: "call" });
        const put = blackGreeks({ ...option, putCall: "put" });
        const discount = Math.exp(-option.rate * option.yearsToExpiry);
        expect(Math.abs(call.price - put.price - discount * (option.forward - option.strike))).toBeLessThanOrEqual(2e-13);
        expect(Math.abs(call.delta - put.delta - discount)).toBeLessThanOrEqual(1e-15);
        expect(call.gamma).toBe(put.gamma);
        expect(call.vegaPerUnitVol).toBe(put.vegaPerUnitVol);
      }),
    );
  });

  test("each greek is the slope of what it says", () => {
    const slope = (value: (bump: number) => number, step: number): number => (value(step) - value(-step)) / (2 * step);
    fc.assert(
      fc.property(anyOption, (option) => {
        const price = (change: Partial<BlackInput>): number => blackGreeks({ ...option, ...change }).price;
        const greeks = blackGreeks(option);
        const step = 1e-4;
        const near = (actual: number, expected: number, tolerance: number): void => {
          expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected)));
        };
        // Step² times a third derivative that grows with gamma, plus rounding over the step.
        near(slope((bump) => price({ forward: option.forward + bump }), step), greeks.delta, 1e-8);
        near(slope((bump) => blackGreeks({ ...option, forward: option.forward + bump }).delta, step), greeks.gamma, 1e-7);
        near(slope((bump) => price({ vol: option.vol + bump }), step), greeks.vegaPerUnitVol, 1e-4);
        near(slope((bump) => price({ yearsToExpiry: option.yearsToExpiry - bump }), step), greeks.thetaPerYear, 1e-4);
        near(slope((bump) => price({ rate: option.rate + bump }), step), greeks.rhoPerUnitRate, 1e-6);
        expect(greeks.vegaPerVolPoint).toBe(greeks.vegaPerUnitVol / 100);
        expect(greeks.thetaPerDay).toBe(greeks.thetaPerYear / 365);
      }),
    );
  });

  test("price rises with volatility, stays between intrinsic value and its maximum, and falls or rises with the strike", () => {
    fc.assert(
      fc.property(anyOption, fc.double({ min: 1e-6, max: 2, noNaN: true }), (option, more) => {
        const undiscounted = { ...option, rate: 0 };
        const { price, delta } = blackGreeks(undiscounted);
        const isCall = option.putCall === "call";
        const noise = 1e-13;
        expect(blackGreeks({ ...undiscounted, vol: option.vol + more }).price).toBeGreaterThanOrEqual(price - noise);
        expect(price).toBeGreaterThanOrEqual(Math.max(isCall ? option.forward - option.strike : option.strike - option.forward, 0));
        expect(price).toBeLessThanOrEqual(isCall ? option.forward : option.strike);
        const higher = blackGreeks({ ...undiscounted, strike: option.strike + more }).price;
        if (isCall) expect(higher).toBeLessThanOrEqual(price + noise);
        else expect(higher).toBeGreaterThanOrEqual(price - noise);
        expect(Math.abs(delta)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("the price does not step where the evaluation changes its method", () => {
    // Total volatility 1/2 and distance 4 are the borders of the series; d1 = 0 is one beyond them.
    const price = (vol: number, strike: number): number => blackGreeks({ forward: 100, strike, yearsToExpiry: 1, vol, rate: 0, putCall: "call" }).price;
    for (const strike of [100, 101, 120, 180, 100 * Math.exp(2), 100 * Math.exp(3.99)]) {
      // The price itself rises with z² times the relative rise of the volatility, z up to 8 here.
      expect(Math.abs(price(0.5 + 1e-15, strike) / price(0.5, strike) - 1)).toBeLessThan(5e-13);
    }
    for (const vol of [0.2, 0.3, 0.5]) {
      const edge = 100 * Math.exp(4);
      expect(Math.abs(price(vol, edge * (1 + 1e-15)) / price(vol, edge * (1 - 1e-15)) - 1)).toBeLessThan(1e-12);
    }
    for (const vol of [0.6, 1, 2]) {
      const edge = 100 * Math.exp((vol * vol) / 2);
      expect(Math.abs(price(vol, edge * (1 + 1e-15)) / price(vol, edge * (1 - 1e-15)) - 1)).toBeLessThan(1e-13);
    }
  });
});

describe("limits", () => {
  const base: BlackInput = { forward: 100, strike: 90, yearsToExpiry: 0.5, vol: 0.2, rate: 0, putCall: "call" };

  test.each([
    ["call in the money", { strike: 90 }, 10, 1],
    ["call out of the money", { strike: 110 }, 0, 0],
    ["put in the money", { strike: 110, putCall: "put" }, 10, -1],
    ["put out of the money", { strike: 90, putCall: "put" }, 0, 0],
    ["call at the money", { strike: 100 }, 0, 0.5],
    ["put at the money", { strike: 100, putCall: "put" }, 0, -0.5],
  ] as const)("at expiry and at zero volatility: %s", (_, change, price, delta) => {
    const nothingElse = { gamma: 0, vegaPerVolPoint: 0, vegaPerUnitVol: 0, thetaPerDay: 0, thetaPerYear: 0 };
    expect(blackGreeks({ ...base, ...change, yearsToExpiry: 0 })).toMatchObject({ price, delta, ...nothingElse, rhoPerUnitRate: 0 });
    expect(blackGreeks({ ...base, ...change, vol: 0 })).toMatchObject({ price, delta, ...nothingElse });
  });

  test("a discounted intrinsic value grows towards expiry at the rate", () => {
    const greeks = blackGreeks({ ...base, vol: 0, rate: 0.05 });
    expect(greeks.price).toBeCloseTo(10 * Math.exp(-0.025), 13);
    expect(greeks.thetaPerYear).toBeCloseTo(0.05 * greeks.price, 13);
  });

  test.each([1e-12, 1e-8, 1e-4, 5, 50, 1e4])("volatility %d gives finite numbers", (vol) => {
    for (const strike of [1e-3, 99.999999, 100, 100.000001, 1e6]) {
      for (const value of Object.values(blackGreeks({ ...base, strike, vol }))) expect(value).toSatisfy(Number.isFinite);
    }
  });

  test.each([
    ["forward", 0], ["forward", NaN], ["strike", -1], ["strike", Infinity], ["yearsToExpiry", -1e-9], ["vol", -0.1], ["vol", NaN], ["rate", NaN],
  ])("refuses %s = %d and names it", (name, value) => {
    const attempt = (): unknown => blackGreeks({ ...base, [name]: value });
    expect(attempt).toThrow(PricingError);
    expect(attempt).toThrow(`${name} must be`);
    expect(attempt).toThrow(String(value));
  });
});

test("writing into a caller's object gives the same numbers and touches nothing else", () => {
  const result = newBlackGreeks();
  const inputs: BlackInput[] = [80, 100, 120].map((strike) => ({ forward: 100, strike, yearsToExpiry: 0.1, vol: 0.3, rate: 0.01, putCall: "put" }));
  const fresh = inputs.map((input) => blackGreeks(input));
  inputs.forEach((input, index) => {
    writeBlackGreeks(input, result);
    expect(result).toEqual(fresh[index]);
  });
});
