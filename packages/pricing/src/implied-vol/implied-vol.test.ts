import fc from "fast-check";
import { describe, expect, test } from "vitest";
import precise from "../../reference/tables/iv-mp-extreme.json" with { type: "json" };
import published from "../../reference/tables/iv-lbr-published.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { blackGreeks } from "../european/black.ts";
import { PricingError } from "../errors.ts";
import { impliedVol, type ImpliedVolInput } from "./implied-vol.ts";

const inputOf = (row: ReferenceRow): ImpliedVolInput => ({
  forward: row.number("F"),
  strike: row.number("K"),
  yearsToExpiry: row.number("T"),
  price: row.number("price"),
  putCall: row.number("w") === 1 ? "call" : "put",
});

const volOf = (input: ImpliedVolInput): number => {
  const result = impliedVol(input);
  if (result.kind !== "vol") throw new Error(`Expected a volatility, got ${result.kind}`);
  return result.vol;
};

// rel_cond is the error that the rounding of the price alone causes: no solver can be better.
test.each(referenceRows(precise).map((row) => [row.text("tag"), inputOf(row), row] as const))("against arbitrary precision: %s %o", (_, input, row) => {
  expect(Math.abs(volOf(input) / row.number("sigma_exact") - 1)).toBeLessThanOrEqual(Math.max(2e-15, 2 * row.number("rel_cond")));
});

test.each(referenceRows(published).map((row) => [inputOf(row), row] as const))("against the prices that Let's Be Rational publishes: %o", (input, row) => {
  expect(Math.abs(volOf(input) / row.number("sigma_generating") - 1)).toBeLessThanOrEqual(Math.max(4e-15, 4 * row.number("rel_cond")));
});

describe("round trip", () => {
  const round = fc.record({
    // In standard deviations, so that every price exists as a double.
    deviations: fc.double({ min: -34, max: 34, noNaN: true }),
    yearsToExpiry: fc.oneof(fc.double({ min: 1e-7, max: 1e-3, noNaN: true }), fc.double({ min: 1e-3, max: 3, noNaN: true })),
    vol: fc.double({ min: 0.02, max: 3, noNaN: true }),
  });

  test("volatility → out-of-the-money price → the same volatility", () => {
    fc.assert(
      fc.property(round, ({ deviations, yearsToExpiry, vol }) => {
        const forward = 100;
        const totalVol = vol * Math.sqrt(yearsToExpiry);
        const strike = forward * Math.exp(deviations * totalVol);
        fc.pre(strike > 1e-30 && strike < 1e30);
        const putCall = strike >= forward ? "call" : "put";
        const { price, vegaPerUnitVol } = blackGreeks({ forward, strike, yearsToExpiry, vol, rate: 0, putCall });
        fc.pre(price > 1e-285 && price < Math.min(forward, strike));
        const condition = (price * 2 ** -53) / (vegaPerUnitVol * vol);
        const answer = volOf({ forward, strike, yearsToExpiry, price, putCall });
        expect(Math.abs(answer / vol - 1)).toBeLessThanOrEqual(Math.max(1e-14, 8 * condition));
      }),
      { numRuns: 3000 },
    );
  });

  test("price → volatility → the same price", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1000, noNaN: true }),
        fc.double({ min: 1, max: 1000, noNaN: true }),
        fc.double({ min: 1e-6, max: 3, noNaN: true }),
        fc.double({ min: -250, max: -1e-9, noNaN: true }),
        (forward, strike, yearsToExpiry, logShare) => {
          const putCall = strike >= forward ? "call" : "put";
          const price = Math.min(forward, strike) * Math.exp(logShare);
          const vol = volOf({ forward, strike, yearsToExpiry, price, putCall });
          const again = blackGreeks({ forward, strike, yearsToExpiry, vol, rate: 0, putCall }).price;
          // The price's own conditioning in the volatility, d ln price / d ln vol, is up to 600 in these wings.
          expect(Math.abs(again / price - 1)).toBeLessThanOrEqual(1e-12);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("the in-the-money side gives the same volatility as far as its digits go", () => {
    const option = { forward: 3700, yearsToExpiry: 0.01, vol: 0.2, rate: 0 };
    for (const strike of [3500, 3600, 3690, 3700, 3710, 3800, 3900]) {
      for (const putCall of ["call", "put"] as const) {
        const { price } = blackGreeks({ ...option, strike, putCall });
        expect(volOf({ ...option, strike, price, putCall })).toBeCloseTo(0.2, 8);
      }
    }
  });

  test("volatility rises with the price", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 2, noNaN: true }), fc.double({ min: 1e-6, max: 0.98, noNaN: true }), (moneyness, share) => {
        const strike = 100 * moneyness;
        const putCall = strike >= 100 ? "call" : "put";
        const price = share * Math.min(100, strike);
        const at = (value: number): number => volOf({ forward: 100, strike, yearsToExpiry: 0.25, price: value, putCall });
        return at(price * 1.01) > at(price);
      }),
    );
  });
});

describe("outcomes", () => {
  const base: ImpliedVolInput = { forward: 100, strike: 120, yearsToExpiry: 1, price: 1, putCall: "call" };

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

  test("refuses a price that is no number", () => {
    expect(() => impliedVol({ ...base, price: NaN })).toThrow(PricingError);
    expect(() => impliedVol({ ...base, forward: 0 })).toThrow("forward must be finite and > 0, got 0");
  });
});
