import fc from "fast-check";
import { describe, expect, test } from "vitest";
import haugGreeks from "../../reference/tables/european-haug1998-greeks.json" with { type: "json" };
import haugValues from "../../reference/tables/european-haug1998-values.json" with { type: "json" };
import precise from "../../reference/tables/european-mp-bsm-greeks.json" with { type: "json" };
import strata from "../../reference/tables/european-strata-bsm-grid.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { blackGreeks } from "./black.ts";
import { blackScholesGreeks, type BlackScholesInput } from "./black-scholes.ts";
import { PricingError } from "../errors.ts";

const inputOf = (row: ReferenceRow, yieldRate: number): BlackScholesInput => ({
  spot: row.number("S"),
  strike: row.number("K"),
  yearsToExpiry: row.number("T"),
  vol: row.number("sigma"),
  rate: row.number("r"),
  yield: yieldRate,
  putCall: row.number("w") === 1 ? "call" : "put",
});

describe("Black–Scholes–Merton against arbitrary precision", () => {
  test.each(referenceRows(precise).map((row) => [inputOf(row, row.number("q")), row] as const))("%o", (input, row) => {
    const greeks = blackScholesGreeks(input);
    const near = (actual: number, expected: number, scale = 0): void => {
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-13 * Math.abs(expected) + 1e-15 * scale + 1e-290);
    };
    const price = row.number("price");
    expect(Math.abs(greeks.price - price)).toBeLessThanOrEqual(1e-15 * Math.max(input.spot, input.strike) + 2e-14 * price);
    near(greeks.delta, row.number("delta"));
    near(greeks.gamma, row.number("gamma"));
    near(greeks.vegaPerUnitVol, row.number("vega"));
    near(greeks.rhoPerUnitRate, row.number("rho"));
    // The three parts of theta may cancel: their sizes set the scale.
    const decay = (row.number("vega") * input.vol) / (2 * input.yearsToExpiry);
    const carry = Math.abs(input.yield * input.spot * row.number("delta")) + Math.abs((input.rate * row.number("rho")) / input.yearsToExpiry);
    near(greeks.thetaPerYear, row.number("theta"), 4 * (decay + carry));
  });
});

describe("published tables", () => {
  test.each(referenceRows(haugValues).map((row) => [inputOf(row, row.number("q")), row.number("price")] as const))("Haug: %o costs %d", (input, price) => {
    expect(Math.abs(blackScholesGreeks(input).price - price)).toBeLessThanOrEqual(1e-4);
  });

  test.each(referenceRows(strata).map((row) => [inputOf(row, row.number("r") - row.number("b")), row.number("price")] as const))(
    "Strata: %o costs %d",
    (input, price) => {
      expect(Math.abs(blackScholesGreeks(input).price / price - 1)).toBeLessThanOrEqual(2e-13);
    },
  );

  test.each(referenceRows(haugGreeks).map((row) => [row.text("greek"), inputOf(row, row.number("q")), row.number("value")] as const))(
    "Haug: %s of %o is %d",
    (name, input, value) => {
      const greeks = blackScholesGreeks(input);
      const named: Record<string, number> = {
        delta: greeks.delta,
        elasticity: (greeks.delta * input.spot) / greeks.price,
        gamma: greeks.gamma,
        vega: greeks.vegaPerUnitVol,
        theta: greeks.thetaPerYear,
        rho: greeks.rhoPerUnitRate,
        dividendRho: -input.yearsToExpiry * input.spot * greeks.delta,
      };
      expect(Math.abs((named[name] ?? NaN) - value)).toBeLessThanOrEqual(1e-4);
    },
  );
});

const anyOption = fc.record({
  spot: fc.double({ min: 50, max: 200, noNaN: true }),
  strike: fc.double({ min: 50, max: 200, noNaN: true }),
  yearsToExpiry: fc.double({ min: 0.02, max: 3, noNaN: true }),
  vol: fc.double({ min: 0.05, max: 1.5, noNaN: true }),
  rate: fc.double({ min: -0.02, max: 0.1, noNaN: true }),
  yield: fc.double({ min: -0.02, max: 0.1, noNaN: true }),
  putCall: fc.constantFrom("put" as const, "call" as const),
});

describe("laws", () => {
  test("with yield = rate it is Black-76 on a forward equal to the spot", () => {
    fc.assert(
      fc.property(anyOption, (option) => {
        const spot = blackScholesGreeks({ ...option, yield: option.rate });
        const forward = blackGreeks({ ...option, forward: option.spot });
        expect(Math.abs(spot.price - forward.price)).toBeLessThanOrEqual(1e-13);
        expect(Math.abs(spot.delta - forward.delta)).toBeLessThanOrEqual(1e-14);
        expect(Math.abs(spot.thetaPerYear - forward.thetaPerYear)).toBeLessThanOrEqual(1e-11);
      }),
    );
  });

  test("put–call parity in price, delta, theta and rho", () => {
    fc.assert(
      fc.property(anyOption, (option) => {
        const call = blackScholesGreeks({ ...option, putCall: "call" });
        const put = blackScholesGreeks({ ...option, putCall: "put" });
        const asset = Math.exp(-option.yield * option.yearsToExpiry);
        const strike = option.strike * Math.exp(-option.rate * option.yearsToExpiry);
        expect(Math.abs(call.price - put.price - (option.spot * asset - strike))).toBeLessThanOrEqual(3e-13);
        expect(Math.abs(call.delta - put.delta - asset)).toBeLessThanOrEqual(1e-14);
        expect(Math.abs(call.thetaPerYear - put.thetaPerYear - (option.yield * option.spot * asset - option.rate * strike))).toBeLessThanOrEqual(1e-12);
        expect(Math.abs(call.rhoPerUnitRate - put.rhoPerUnitRate - option.yearsToExpiry * strike)).toBeLessThanOrEqual(3e-12);
      }),
    );
  });

  test("each greek is the slope of what it says", () => {
    fc.assert(
      fc.property(anyOption, (option) => {
        const greeks = blackScholesGreeks(option);
        const step = 1e-4;
        const slope = (name: "spot" | "vol" | "rate" | "yearsToExpiry", of: "price" | "delta"): number =>
          (blackScholesGreeks({ ...option, [name]: option[name] + step })[of] - blackScholesGreeks({ ...option, [name]: option[name] - step })[of]) / (2 * step);
        const near = (actual: number, expected: number, tolerance: number): void => {
          expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected)));
        };
        near(slope("spot", "price"), greeks.delta, 1e-8);
        near(slope("spot", "delta"), greeks.gamma, 1e-7);
        near(slope("vol", "price"), greeks.vegaPerUnitVol, 1e-4);
        near(slope("rate", "price"), greeks.rhoPerUnitRate, 1e-4);
        near(-slope("yearsToExpiry", "price"), greeks.thetaPerYear, 1e-4);
      }),
    );
  });

  test("at expiry the payoff and its slope are left", () => {
    const base: BlackScholesInput = { spot: 100, strike: 90, yearsToExpiry: 0, vol: 0.2, rate: 0.05, yield: 0.02, putCall: "call" };
    expect(blackScholesGreeks(base)).toEqual({
      price: 10, delta: 1, gamma: 0, vegaPerVolPoint: 0, vegaPerUnitVol: 0, thetaPerDay: 0, thetaPerYear: 0, rhoPerUnitRate: 0,
    });
    expect(blackScholesGreeks({ ...base, putCall: "put" })).toMatchObject({ price: 0, delta: 0 });
  });

  test("refuses a spot that is not positive and a yield that is no number", () => {
    const base: BlackScholesInput = { spot: 100, strike: 90, yearsToExpiry: 1, vol: 0.2, rate: 0, yield: 0, putCall: "call" };
    expect(() => blackScholesGreeks({ ...base, spot: -3 })).toThrow(PricingError);
    expect(() => blackScholesGreeks({ ...base, spot: -3 })).toThrow("spot must be finite and > 0, got -3");
    expect(() => blackScholesGreeks({ ...base, yield: NaN })).toThrow("yield must be finite, got NaN");
  });
});
