import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { americanOption } from "../american/american-option.ts";
import { fastAmericanScheme } from "../american/american-scheme.ts";
import { blackScholesGreeks } from "../european/black-scholes.ts";
import { PricingError } from "../errors.ts";
import { americanImpliedVol, solveAmericanVol, type AmericanImpliedVolInput, type PriceAtVol } from "./american-implied-vol.ts";

type Option = Omit<AmericanImpliedVolInput, "price">;

const STEPS = 60;

/** A binomial tree with equal probabilities: a pricer of the tests' own, continuous and rising in the volatility. At 0 the better of now and expiry. */
const treePrice = ({ spot, strike, yearsToExpiry, rate, yield: dividend, putCall }: Option, vol: number): number => {
  const sign = putCall === "call" ? 1 : -1;
  const step = yearsToExpiry / STEPS;
  const drift = (rate - dividend - 0.5 * vol * vol) * step;
  const move = vol * Math.sqrt(step);
  const payoff = (time: number, ups: number): number => Math.max(sign * (spot * Math.exp(time * drift + (2 * ups - time) * move) - strike), 0);
  const values = Array.from({ length: STEPS + 1 }, (_, ups) => payoff(STEPS, ups));
  for (let time = STEPS - 1; time >= 0; time -= 1) {
    for (let ups = 0; ups <= time; ups += 1) {
      const held = Math.exp(-rate * step) * 0.5 * ((values[ups] ?? NaN) + (values[ups + 1] ?? NaN));
      values[ups] = Math.max(held, payoff(time, ups));
    }
  }
  return values[0] ?? NaN;
};

const put: Option = { spot: 100, strike: 110, yearsToExpiry: 0.75, rate: 0.06, yield: 0.01, putCall: "put" };

/** In basis points, and not both below zero: the pricer refuses rates like 1e-300, and two exercise boundaries that it cannot tell apart. */
const rates = fc.integer({ min: -300, max: 1200 }).map((points) => points / 1e4);
const options = fc
  .record({
    spot: fc.constant(100),
    strike: fc.double({ min: 70, max: 140, noNaN: true }),
    yearsToExpiry: fc.double({ min: 0.1, max: 2, noNaN: true }),
    rate: rates,
    yield: rates,
    putCall: fc.constantFrom("put" as const, "call" as const),
  })
  .filter((option) => Math.max(option.rate, option.yield) >= 0);

test("volatility → price → the same volatility, with rates of both signs", () => {
  fc.assert(
    fc.property(options, fc.double({ min: 0.1, max: 1, noNaN: true }), (option, vol) => {
      const { price } = americanOption({ ...option, vol }, fastAmericanScheme);
      const slope = (americanOption({ ...option, vol: vol * 1.001 }, fastAmericanScheme).price - price) / (0.001 * vol);
      // Deep in the money the price says nothing about the volatility.
      fc.pre(slope > 0.1);
      const result = americanImpliedVol({ ...option, price }, fastAmericanScheme);
      expect(result.kind).toBe("vol");
      if (result.kind === "vol") expect(Math.abs(result.vol / vol - 1)).toBeLessThanOrEqual(1e-9);
    }),
    { numRuns: 60 },
  );
});

test("by default prices are those of the accurate scheme", () => {
  const { price } = americanOption({ ...put, vol: 0.3 });
  const result = americanImpliedVol({ ...put, price });
  expect(result.kind === "vol" ? result.vol : NaN).toBeCloseTo(0.3, 11);
  expect(americanImpliedVol({ ...put, strike: 200, price: 100 })).toEqual({ kind: "exercise_value" });
});

test("the American volatility is at most the European one", () => {
  fc.assert(
    fc.property(options, fc.double({ min: 0.15, max: 1, noNaN: true }), (option, vol) => {
      const { price } = blackScholesGreeks({ ...option, vol });
      const result = americanImpliedVol({ ...option, price }, fastAmericanScheme);
      // A European price may be less than exercising now is worth.
      if (result.kind === "vol") expect(result.vol).toBeLessThanOrEqual(vol * (1 + 1e-3));
      else expect(["below_intrinsic", "exercise_value"]).toContain(result.kind);
    }),
    { numRuns: 60 },
  );
});

describe("with a tree as the pricer", () => {
  test("volatility → price → the same volatility", () => {
    fc.assert(
      fc.property(options, fc.double({ min: 0.1, max: 1, noNaN: true }), (option, vol) => {
        const priceAt: PriceAtVol = (at) => treePrice(option, at);
        const price = priceAt(vol);
        const slope = (priceAt(vol * 1.001) - price) / (0.001 * vol);
        // Deep in the money the price says nothing about the volatility.
        fc.pre(slope > 1);
        const result = solveAmericanVol({ ...option, price }, priceAt);
        expect(result.kind).toBe("vol");
        if (result.kind === "vol") expect(Math.abs(result.vol / vol - 1)).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 40 },
    );
  });

  test("asks the pricer about ten times", () => {
    let calls = 0;
    const price = treePrice(put, 0.3);
    const result = solveAmericanVol({ ...put, price }, (vol) => {
      calls += 1;
      return treePrice(put, vol);
    });
    expect(result.kind).toBe("vol");
    expect(calls).toBeLessThanOrEqual(14);
  });
});

test("without early exercise it is the European implied volatility", () => {
  const option = { ...put, putCall: "call", yield: 0 } as const;
  const priceAt: PriceAtVol = (vol) => Math.max(blackScholesGreeks({ ...option, vol }).price, 0);
  const result = solveAmericanVol({ ...option, price: priceAt(0.37) }, priceAt);
  expect(result.kind === "vol" ? result.vol : NaN).toBeCloseTo(0.37, 12);
});

describe("outcomes", () => {
  const at = (option: Option, price: number): unknown => solveAmericanVol({ ...option, price }, (vol) => treePrice(option, vol));

  test("the value of exercising now has no single volatility", () => {
    expect(at(put, 10)).toEqual({ kind: "exercise_value" });
    expect(at({ ...put, strike: 160 }, 60)).toEqual({ kind: "exercise_value" });
  });

  test("nothing, out of the money, is no volatility", () => {
    expect(at({ ...put, strike: 50 }, 0)).toEqual({ kind: "vol", vol: 0 });
  });

  test("below exercising now, or below waiting without volatility", () => {
    expect(at(put, 9.9)).toEqual({ kind: "below_intrinsic" });
    expect(at({ ...put, putCall: "call", spot: 120, yield: 0 }, 10.1)).toEqual({ kind: "below_intrinsic" });
    expect(at(put, -1)).toEqual({ kind: "below_intrinsic" });
  });

  test("at or above what an infinite volatility gives", () => {
    expect(at(put, 110)).toEqual({ kind: "above_maximum" });
    // With a negative rate the strike is worth more at expiry than now.
    const waiting = { ...put, rate: -0.02 };
    expect(at(waiting, 110 * Math.exp(0.015))).toEqual({ kind: "above_maximum" });
    expect(at(waiting, 110)).toMatchObject({ kind: "vol" });
    expect(solveAmericanVol({ ...put, price: 109 }, (vol) => Math.min(10 + vol * 0.5, 108))).toEqual({ kind: "no_solution" });
    expect(at({ ...put, putCall: "call" }, 100)).toEqual({ kind: "above_maximum" });
  });

  test("at expiry", () => {
    expect(at({ ...put, yearsToExpiry: 0 }, 10)).toEqual({ kind: "vol", vol: 0 });
    expect(at({ ...put, yearsToExpiry: 0 }, 11)).toEqual({ kind: "no_solution" });
  });

  test("refuses arguments out of range", () => {
    expect(() => at({ ...put, spot: 0 }, 1)).toThrow("spot must be finite and > 0, got 0");
    expect(() => at({ ...put, rate: NaN }, 1)).toThrow(PricingError);
    expect(() => at(put, NaN)).toThrow("price must be a number, got NaN");
  });
});
