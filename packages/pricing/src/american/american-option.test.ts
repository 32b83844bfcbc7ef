import fc from "fast-check";
import { describe, expect, test } from "vitest";
import edgeCases from "../../reference/tables/american-edge-cases.json" with { type: "json" };
import grid from "../../reference/tables/american-grid-60000.json" with { type: "json" };
import randomCases from "../../reference/tables/american-random-pde.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { PricingError } from "../errors.ts";
import { blackScholesGreeks } from "../european/black-scholes.ts";
import type { AmericanInput } from "./american-input.ts";
import { americanOption } from "./american-option.ts";
import { fastAmericanScheme, preciseAmericanScheme } from "./american-scheme.ts";
import { publishedAmericanPremium } from "./published-scheme.ts";
import { binomialPrice } from "./twin/binomial-tree.ts";

const inputOf = (row: ReferenceRow, yearsToExpiry: number): AmericanInput => ({
  spot: row.number("S"),
  strike: row.number("K"),
  yearsToExpiry,
  vol: row.number("sigma"),
  rate: row.number("r"),
  yield: row.number("q"),
  putCall: row.number("w") === 1 ? "call" : "put",
});
const atTheMoney: AmericanInput = { spot: 100, strike: 100, yearsToExpiry: 1, vol: 0.25, rate: 0.05, yield: 0.05, putCall: "put" };
const europeanPrice = (input: AmericanInput): number => blackScholesGreeks(input).price;
const exerciseValue = ({ spot, strike, putCall }: AmericanInput): number => Math.max(putCall === "call" ? spot - strike : strike - spot, 0);

describe("tables of QuantLib's fixed-point engine", () => {
  test.each([["grid at a strike of 60,000", grid] as const, ["random cases up to 170 years", randomCases] as const])("%s", (_, table) => {
    for (const row of referenceRows(table)) {
      const input = inputOf(row, row.number("days") / 365);
      const tolerance = Math.max(1e-6 * input.strike, 10 * row.number("abs_diff_accurate_vs_hp"));
      expect(Math.abs(americanOption(input).price - row.number("qdfp_hp")), JSON.stringify(input)).toBeLessThanOrEqual(tolerance);
    }
  });

  test("random cases on a finite-difference grid", () => {
    for (const row of referenceRows(randomCases)) {
      const expected = row.number("pde_value");
      const { price } = americanOption(inputOf(row, row.number("days") / 365), fastAmericanScheme);
      expect(Math.abs(price - expected)).toBeLessThanOrEqual(expected > 0.1 ? 5e-3 * expected : 5e-4);
    }
  });

  // Three rows hold the QD+ price, which is an approximation; QuantLib gives an option at its expiry no value.
  const approximate = (row: ReferenceRow): boolean =>
    row.number("T") === 10 || (row.number("r") === 0 && row.number("w") === 1) || row.number("q") === 10;
  test.each(referenceRows(edgeCases).map((row) => [inputOf(row, row.number("T")), row] as const))("edge %o", (input, row) => {
    if (input.yearsToExpiry === 0 && input.strike > 0) {
      expect(americanOption(input).price).toBe(20);
      return;
    }
    const { price } = americanOption(input);
    const expected = row.number("value");
    if (approximate(row)) {
      const scheme = { equation: "FP-A", boundaryPoints: 2, steps: 0, boundaryNodes: 7, premiumPoints: "converged" } as const;
      expect(Math.abs(europeanPrice(input) + publishedAmericanPremium(input, scheme) - expected)).toBeLessThanOrEqual(row.number("abs_tol"));
      expect(Math.abs(price - expected)).toBeLessThanOrEqual(0.03);
    } else expect(Math.abs(price - expected)).toBeLessThanOrEqual(row.number("abs_tol"));
  });
});

/** Numbers spread evenly, and among them the hard ones that fast-check thinks of: the ends, the smallest, the barely different. */
const between = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.double({ min, max, noNaN: true }), { weight: 3, arbitrary: fc.integer({ min: 0, max: 1_000_000 }).map((part) => min + ((max - min) * part) / 1_000_000) });

const terms = fc.record({
  spot: between(40, 250),
  strike: fc.constant(100),
  yearsToExpiry: between(0.003, 5),
  vol: between(0.03, 1.5),
  rate: between(-0.05, 0.15),
  yield: between(-0.05, 0.15),
  putCall: fc.constantFrom("put" as const, "call" as const),
});
const RUNS = { numRuns: 150 };

describe("twin: a binomial tree", () => {
  test("random options with rates of both signs", () => {
    fc.assert(
      fc.property(terms, between(0.1, 1.5), (drawn, vol) => {
        const input = { ...drawn, vol };
        // With so few steps the tree itself is right to 1e-4 as a rule, and to 1e-3 at worst.
        expect(Math.abs(americanOption(input).price - binomialPrice(input, 200))).toBeLessThanOrEqual(2e-3 * Math.max(100, input.spot));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    { putCall: "put", spot: 100, yearsToExpiry: 1, vol: 0.25, rate: 0.05, yield: 0.05 },
    { putCall: "put", spot: 90, yearsToExpiry: 0.25, vol: 0.4, rate: 0.1, yield: -0.02 },
    { putCall: "call", spot: 110, yearsToExpiry: 2, vol: 0.2, rate: 0.02, yield: 0.07 },
    { putCall: "call", spot: 80, yearsToExpiry: 0.5, vol: 0.8, rate: -0.01, yield: 0.01 },
  ] as const)("one boundary: %o", (market) => {
    const input: AmericanInput = { ...market, strike: 100 };
    expect(Math.abs(americanOption(input).price - binomialPrice(input, 1000))).toBeLessThanOrEqual(5e-5 * 100);
  });

  test.each([
    { spot: 100, yearsToExpiry: 0.5, vol: 0.3, rate: -0.01, yield: -0.05 },
    { spot: 60, yearsToExpiry: 5, vol: 0.08, rate: -0.02, yield: -0.04 },
    { spot: 48, yearsToExpiry: 5, vol: 0.05, rate: -0.02, yield: -0.04 },
    { spot: 90, yearsToExpiry: 3, vol: 0.2, rate: -0.03, yield: -0.05 },
    { spot: 75, yearsToExpiry: 10, vol: 0.1, rate: -0.02, yield: -0.03 },
  ])("two boundaries, apart or met: %o", (market) => {
    const put: AmericanInput = { ...market, strike: 100, putCall: "put" };
    const { price, exercisePremium } = americanOption(put);
    expect(exercisePremium).toBeGreaterThan(0);
    expect(Math.abs(price - binomialPrice(put, 1000))).toBeLessThanOrEqual(5e-4 * price);
  });
});

describe("laws", () => {
  test("never below the European price or the exercise value, never above the best that can be had", () => {
    fc.assert(
      fc.property(terms, (input) => {
        const { price, exercisePremium } = americanOption(input);
        expect(price).toBeGreaterThanOrEqual(exerciseValue(input));
        expect(price).toBeGreaterThanOrEqual(europeanPrice(input) * (1 - 1e-14));
        expect(exercisePremium).toBeGreaterThanOrEqual(0);
        const isCall = input.putCall === "call";
        const best = isCall ? input.spot * Math.max(1, Math.exp(-input.yield * input.yearsToExpiry)) : 100 * Math.max(1, Math.exp(-input.rate * input.yearsToExpiry));
        expect(price).toBeLessThanOrEqual(best);
      }),
      RUNS,
    );
  });

  test("put–call symmetry: a call is the put with spot and strike, rate and yield exchanged", () => {
    fc.assert(
      fc.property(terms, (input) => {
        const mirrored: AmericanInput = {
          ...input,
          spot: input.strike,
          strike: input.spot,
          rate: input.yield,
          yield: input.rate,
          putCall: input.putCall === "call" ? "put" : "call",
        };
        const { price } = americanOption(input);
        expect(Math.abs(americanOption(mirrored).price - price)).toBeLessThanOrEqual(1e-13 * Math.max(price, 100));
      }),
      RUNS,
    );
  });

  test("rises with vol and time, is monotone and convex in the spot", () => {
    const slack = 1e-6 * 100;
    fc.assert(
      fc.property(terms, (input) => {
        const at = (change: Partial<AmericanInput>): number => americanOption({ ...input, ...change }).price;
        const { price } = americanOption(input);
        expect(at({ vol: 1.02 * input.vol })).toBeGreaterThanOrEqual(price - slack);
        expect(at({ yearsToExpiry: 1.02 * input.yearsToExpiry })).toBeGreaterThanOrEqual(price - slack);
        const [low, high] = [at({ spot: 0.98 * input.spot }), at({ spot: 1.02 * input.spot })];
        expect((high - low) * (input.putCall === "call" ? 1 : -1)).toBeGreaterThanOrEqual(-slack);
        expect(low + high - 2 * price).toBeGreaterThanOrEqual(-slack);
      }),
      { numRuns: 100 },
    );
  });

  test("where waiting costs nothing it is the European option, to the bit", () => {
    fc.assert(
      fc.property(terms, between(0, 0.1), (input, size) => {
        const idle: AmericanInput = input.putCall === "call" ? { ...input, yield: -size, rate: Math.max(input.rate, 0) } : { ...input, rate: -size, yield: Math.max(input.yield, 0) };
        const { price, exercisePremium } = americanOption({ ...idle, strike: 100 });
        expect(exercisePremium).toBe(0);
        expect(Math.abs(price - europeanPrice(idle))).toBeLessThanOrEqual(1e-13 * Math.max(price, 100));
      }),
      RUNS,
    );
  });

  test("settings agree within what they promise, from a minute to ten years", () => {
    fc.assert(
      fc.property(terms, between(-14, 2.3), (drawn, logYears) => {
        const input = { ...drawn, yearsToExpiry: Math.exp(logYears) };
        const scale = Math.max(input.strike, input.spot);
        const exact = americanOption(input, preciseAmericanScheme).price;
        expect(Math.abs(americanOption(input).price - exact)).toBeLessThanOrEqual(1e-6 * scale);
        expect(Math.abs(americanOption(input, fastAmericanScheme).price - exact)).toBeLessThanOrEqual(2e-4 * scale);
      }),
      { numRuns: 60 },
    );
  });
});

describe("limits", () => {
  test("the published example converges to the paper's twelve digits", () => {
    expect(Math.abs(americanOption(atTheMoney, preciseAmericanScheme).exercisePremium - 0.106952702747)).toBeLessThanOrEqual(2e-11);
  });

  test("without time the exercise value, without vol the best deterministic exercise", () => {
    expect(americanOption({ ...atTheMoney, strike: 120, yearsToExpiry: 0 }).price).toBe(20);
    expect(americanOption({ ...atTheMoney, strike: 90, yearsToExpiry: 0 }).price).toBe(0);
    const { price } = americanOption({ ...atTheMoney, strike: 120, vol: 0, rate: 0.01, yield: 0.5, yearsToExpiry: 40 });
    const values = Array.from({ length: 400001 }, (_, step) => 120 * Math.exp(-0.01e-4 * step) - 100 * Math.exp(-0.5e-4 * step));
    expect(Math.abs(price - values.reduce((best, value) => Math.max(best, value), 0))).toBeLessThanOrEqual(1e-7);
  });

  test("small vols lead to that limit without a jump", () => {
    for (const [rate, dividend] of [[0.3, -0.01], [0.05, 0.1], [0.1, 0.05], [0, -0.05]] as const) {
      for (const spot of [70, 99.9999, 110]) {
        const input = { ...atTheMoney, rate, yield: dividend, spot };
        const limit = americanOption({ ...input, vol: 0 }).price;
        for (let vol = 0.01; vol > 1e-11; vol /= 4) expect(Math.abs(americanOption({ ...input, vol }).price - limit)).toBeLessThanOrEqual(45 * vol);
      }
    }
  });

  test("worthless and sure options", () => {
    expect(americanOption({ ...atTheMoney, spot: 0 }).price).toBe(100);
    expect(americanOption({ ...atTheMoney, spot: 0, rate: -0.05 }).price).toBeCloseTo(100 * Math.exp(0.05), 12);
    expect(americanOption({ ...atTheMoney, strike: 0 }).price).toBe(0);
    expect(americanOption({ ...atTheMoney, strike: 0, putCall: "call" }).price).toBe(100);
    expect(americanOption({ ...atTheMoney, spot: 0, strike: 0 }).price).toBe(0);
    expect(americanOption({ ...atTheMoney, spot: 1e-300, strike: 1e300 }).price).toBe(1e300);
    expect(americanOption({ ...atTheMoney, spot: 1e300, strike: 1e-300 }).price).toBe(0);
  });
});

describe("bad input", () => {
  test.each(["spot", "strike", "yearsToExpiry", "vol", "rate", "yield"] as const)("%s out of range is named with its value", (name) => {
    for (const value of [NaN, Infinity, ...(name === "rate" || name === "yield" ? [] : [-0.5])]) {
      expect(() => americanOption({ ...atTheMoney, [name]: value })).toThrow(PricingError);
      expect(() => americanOption({ ...atTheMoney, [name]: value })).toThrow(new RegExp(`${name}.*${value}`, "u"));
    }
  });

  test("a market that cannot be resolved is refused by name, not priced wrongly", () => {
    expect(() => americanOption({ ...atTheMoney, vol: 1e-7, rate: -0.01, yield: -0.05 })).toThrow(/exercise boundary/u);
  });
});
