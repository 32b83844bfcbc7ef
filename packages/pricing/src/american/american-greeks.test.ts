import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AmericanInput } from "./american-input.ts";
import { americanGreeks, americanOption } from "./american-option.ts";
import { fastAmericanScheme, preciseAmericanScheme } from "./american-scheme.ts";
import { binomialPrice } from "./twin/binomial-tree.ts";

/** Numbers spread evenly, and among them the hard ones that fast-check thinks of: the ends, the smallest, the barely different. */
const between = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.double({ min, max, noNaN: true }), { weight: 3, arbitrary: fc.integer({ min: 0, max: 1_000_000 }).map((part) => min + ((max - min) * part) / 1_000_000) });

const put: AmericanInput = { spot: 95, strike: 100, yearsToExpiry: 0.7, vol: 0.3, rate: 0.06, yield: 0.02, putCall: "put" };

type Numbers = "spot" | "yearsToExpiry" | "vol" | "rate" | "yield";
const precisePrice = (input: AmericanInput): number => americanOption(input, preciseAmericanScheme).price;

/** d price / d one argument, to the fourth order of the step. */
const slope = (input: AmericanInput, name: Numbers, step: number): number => {
  const at = (count: number): number => precisePrice({ ...input, [name]: input[name] + count * step });
  return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
};
const curvature = (input: AmericanInput, step: number): number => {
  const at = (count: number): number => precisePrice({ ...input, spot: input.spot + count * step });
  return (16 * (at(1) + at(-1)) - (at(2) + at(-2)) - 30 * at(0)) / (12 * step * step);
};

const cases: readonly AmericanInput[] = [
  put,
  { ...put, putCall: "call", rate: 0.02, yield: 0.06 },
  { ...put, spot: 130, yearsToExpiry: 3 },
  { ...put, rate: 0.03, yield: 0.09 },
  { ...put, putCall: "call", spot: 80, rate: 0.09, yield: 0.03, vol: 0.6 },
  { ...put, rate: 0.05, yield: 0.05, yearsToExpiry: 0.02, spot: 99.5 },
  { ...put, rate: 0.04, yield: -0.03 },
  // Two boundaries that have met, and two that have not, from above and from below.
  { ...put, rate: -0.01, yield: -0.05, yearsToExpiry: 4 },
  { ...put, rate: -0.02, yield: -0.04, vol: 0.08 },
  { ...put, rate: -0.02, yield: -0.04, vol: 0.05, spot: 47, yearsToExpiry: 5 },
  // The boundary comes to rest long before: the closed form of the flat years.
  { ...put, rate: 0.05, yield: 0.02, vol: 0.02, spot: 101, yearsToExpiry: 36 },
  { ...put, rate: 0.03, yield: 0.05, vol: 0.01, spot: 75, yearsToExpiry: 40 },
];

describe("greeks", () => {
  test.each(cases)("are the derivatives of the price: %o", (input) => {
    const greeks = americanGreeks(input, preciseAmericanScheme);
    const near = (actual: number, expected: number, tolerance: number): void => {
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected)));
    };
    const width = input.spot * input.vol * Math.sqrt(Math.min(input.yearsToExpiry, 1));
    near(greeks.delta, slope(input, "spot", 0.01 * width), 2e-8);
    near(greeks.gamma * width, curvature(input, 0.02 * width) * width, 1e-6);
    near(greeks.vegaPerUnitVol, slope(input, "vol", 1e-3 * input.vol), 2e-7);
    near(greeks.thetaPerYear, -slope(input, "yearsToExpiry", 1e-3 * input.yearsToExpiry), 2e-7);
    near(greeks.rhoPerUnitRate, slope(input, "rate", 1e-5), 1e-6);
    near(greeks.phiPerUnitYield, slope(input, "yield", 1e-5), 1e-6);
    expect(greeks.vegaPerVolPoint).toBe(greeks.vegaPerUnitVol / 100);
    expect(greeks.thetaPerDay).toBe(greeks.thetaPerYear / 365);
  });

  test.each(cases.slice(0, 9))("agree with the tree's differences: %o", (input) => {
    const greeks = americanGreeks(input);
    const step = 0.05 * input.spot * input.vol * Math.sqrt(input.yearsToExpiry);
    const tree = (change: Partial<AmericanInput>): number => binomialPrice({ ...input, ...change }, 400);
    const [low, middle, high] = [tree({ spot: input.spot - step }), tree({}), tree({ spot: input.spot + step })];
    expect(Math.abs(greeks.price - middle)).toBeLessThanOrEqual(2e-4 * input.strike);
    expect(Math.abs(greeks.delta - (high - low) / (2 * step))).toBeLessThanOrEqual(3e-3);
    const vega = (tree({ vol: input.vol + 0.01 }) - tree({ vol: input.vol - 0.01 })) / 0.02;
    expect(Math.abs(greeks.vegaPerUnitVol - vega)).toBeLessThanOrEqual(0.01 * input.strike);
  });

  test.each(cases)("by default and fast are near the precise ones: %o", (input) => {
    const exact = americanGreeks(input, preciseAmericanScheme);
    for (const [greeks, tolerance] of [[americanGreeks(input), 2e-6], [americanGreeks(input, fastAmericanScheme), 3e-3]] as const) {
      for (const name of ["price", "delta", "gamma", "vegaPerUnitVol", "thetaPerYear", "rhoPerUnitRate", "phiPerUnitYield"] as const) {
        expect(Math.abs(greeks[name] - exact[name]), name).toBeLessThanOrEqual(tolerance * (Math.abs(exact[name]) + (name === "gamma" ? 0.01 : 1)));
      }
    }
  });

  test("the price is that of americanOption, gamma the slope of delta", () => {
    const terms = fc.record({
      spot: between(50, 200),
      vol: between(0.05, 1),
      rate: between(-0.03, 0.1),
      yield: between(-0.03, 0.1),
      putCall: fc.constantFrom("put" as const, "call" as const),
    });
    fc.assert(
      fc.property(terms, (drawn) => {
        const input: AmericanInput = { ...put, ...drawn };
        const greeks = americanGreeks(input);
        expect(Math.abs(greeks.price - americanOption(input).price)).toBeLessThanOrEqual(1e-12 * 200);
        const step = 1e-3 * input.spot * input.vol;
        const [low, high] = [americanGreeks({ ...input, spot: input.spot - step }), americanGreeks({ ...input, spot: input.spot + step })];
        // Across the boundary gamma jumps: there its neighbours tell nothing.
        if (low.gamma !== 0 && high.gamma !== 0) {
          expect(Math.abs((high.delta - low.delta) / (2 * step) - greeks.gamma)).toBeLessThanOrEqual(2e-3 * (greeks.gamma + 1 / (input.spot * input.vol)));
        }
        expect(greeks.gamma).toBeGreaterThanOrEqual(-1e-9);
        expect(Math.abs(greeks.delta)).toBeLessThanOrEqual(Math.max(1, Math.exp(-input.yield * input.yearsToExpiry)) + 1e-6);
      }),
      { numRuns: 100 },
    );
  });
});

describe("limits", () => {
  test("where it is to be exercised now: the value of that, which nothing but the spot moves", () => {
    const idle = { gamma: 0, vegaPerUnitVol: 0, vegaPerVolPoint: 0, thetaPerYear: 0, thetaPerDay: 0, rhoPerUnitRate: 0, phiPerUnitYield: 0 };
    expect(americanGreeks({ ...put, spot: 40 })).toMatchObject({ price: 60, delta: -1, ...idle });
    expect(americanGreeks({ ...put, putCall: "call", spot: 300, yield: 0.1 })).toMatchObject({ price: 200, delta: 1, ...idle });
  });

  test("delta meets -1 smoothly at the boundary, gamma jumps to 0", () => {
    let [low, high] = [40, 95];
    while (high - low > 1e-9) {
      const middle = 0.5 * (low + high);
      if (americanGreeks({ ...put, spot: middle }).gamma === 0) low = middle;
      else high = middle;
    }
    const above = americanGreeks({ ...put, spot: high + 0.01 }, preciseAmericanScheme);
    expect(Math.abs(above.delta + 1)).toBeLessThanOrEqual(1e-3);
    // At the boundary the Black–Scholes equation leaves half vol² S² gamma = r K - q S.
    expect(Math.abs((0.5 * 0.09 * high * high * above.gamma) / (6 - 0.02 * high) - 1)).toBeLessThanOrEqual(0.01);
  });

  test("without vol: the slopes of the best deterministic exercise", () => {
    const sure: AmericanInput = { ...put, strike: 120, spot: 100, vol: 0, rate: 0.01, yield: 0.5, yearsToExpiry: 40 };
    const greeks = americanGreeks(sure);
    for (const [name, greek] of [["spot", greeks.delta], ["rate", greeks.rhoPerUnitRate], ["yield", greeks.phiPerUnitYield]] as const) {
      expect(Math.abs(slope(sure, name, name === "spot" ? 0.1 : 1e-5) - greek)).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(greek)));
    }
    expect(Math.abs(curvature(sure, 0.1) - greeks.gamma)).toBeLessThanOrEqual(1e-6);
    expect(greeks.thetaPerYear).toBe(0);
    // Cut short by expiry, time is worth something.
    const short = { ...sure, yearsToExpiry: 1 };
    expect(Math.abs(americanGreeks(short).thetaPerYear + slope(short, "yearsToExpiry", 1e-3))).toBeLessThanOrEqual(1e-6);
  });

  test("without a spot, without a strike, without time", () => {
    expect(americanGreeks({ ...put, spot: 0 })).toMatchObject({ price: 100, delta: -1, gamma: 0, rhoPerUnitRate: 0 });
    expect(americanGreeks({ ...put, spot: 0, rate: -0.05 }).rhoPerUnitRate).toBeCloseTo(-70 * Math.exp(0.035), 10);
    expect(americanGreeks({ ...put, strike: 0 })).toMatchObject({ price: 0, delta: 0, gamma: 0 });
    expect(americanGreeks({ ...put, spot: 0, putCall: "call" })).toMatchObject({ price: 0, delta: 0, gamma: 0 });
    expect(americanGreeks({ ...put, strike: 0, putCall: "call", yield: -0.1 })).toMatchObject({ price: 95 * Math.exp(0.07), gamma: 0 });
    expect(americanGreeks({ ...put, yearsToExpiry: 0 })).toMatchObject({ price: 5, delta: -1, gamma: 0, vegaPerUnitVol: 0, thetaPerYear: 0 });
    expect(americanGreeks({ ...put, spot: 105, yearsToExpiry: 0 })).toMatchObject({ price: 0, delta: 0, gamma: 0 });
  });
});
