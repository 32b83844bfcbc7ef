import fc from "fast-check";
import { describe, expect, test } from "vitest";
import domain from "../../reference/tables/iv-domain-rules.json" with { type: "json" };
import published from "../../reference/tables/iv-lbr-published.json" with { type: "json" };
import libraries from "../../reference/tables/iv-library-grids.json" with { type: "json" };
import precise from "../../reference/tables/iv-mp-extreme.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { blackScholesGreeks } from "../european/black-scholes.ts";
import { blackGreeks } from "../european/black.ts";
import { evaluateTimeValue } from "../european/time-value.ts";
import { logRatio } from "../kernels/log-ratio.ts";
import { blackScholesImpliedVol, discountedImpliedVol, impliedVol, type ImpliedVolInput, type ImpliedVolResult } from "./implied-vol.ts";

const inputOf = (row: ReferenceRow): ImpliedVolInput => ({
  forward: row.number("F"),
  strike: row.number("K"),
  yearsToExpiry: row.number("T"),
  price: row.number("price"),
  putCall: row.number("w") === 1 ? "call" : "put",
});

const solved = (result: ImpliedVolResult): number => {
  if (result.kind !== "vol") throw new Error(`Expected a volatility, got ${result.kind}`);
  return result.vol;
};

const volOf = (input: ImpliedVolInput): number => solved(impliedVol(input));

// rel_cond is the error that the rounding of the price alone causes: no solver can be better.
test.each(referenceRows(precise).map((row) => [row.text("tag"), inputOf(row), row] as const))("against arbitrary precision: %s %o", (_, input, row) => {
  expect(Math.abs(volOf(input) / row.number("sigma_exact") - 1)).toBeLessThanOrEqual(Math.max(2e-15, 2 * row.number("rel_cond")));
});

test.each(referenceRows(published).map((row) => [inputOf(row), row] as const))("against the prices that Let's Be Rational publishes: %o", (input, row) => {
  expect(Math.abs(volOf(input) / row.number("sigma_generating") - 1)).toBeLessThanOrEqual(Math.max(4e-15, 4 * row.number("rel_cond")));
});

// Prices in the money carry what they were rounded to: as much as the largest of their amounts.
const libraryCases = referenceRows(libraries).map((row) => [row.text("origin"), inputOf(row), row] as const);

test.each(libraryCases)("against the grids of libraries, discounted: %s %o", (_, input, row) => {
  const discountFactor = row.number("df");
  const vol = row.number("sigma");
  const { forward, strike, yearsToExpiry } = input;
  const { vegaPerUnitVol } = blackGreeks({ ...input, vol, rate: 0 });
  const rounding = ((Math.max(forward, strike) + input.price / discountFactor) * 2 ** -52) / (vegaPerUnitVol * vol);
  const tolerance = row.text("origin").includes("8-digit") ? row.number("library_tolerance") : Math.max(1e-13, strike === forward ? 0 : rounding);
  expect(Math.abs(solved(discountedImpliedVol({ ...input, discountFactor })) / vol - 1)).toBeLessThanOrEqual(tolerance);
  // The same option on a spot price that carries the rate.
  const rate = -Math.log(discountFactor) / yearsToExpiry;
  const onSpot = blackScholesImpliedVol({ ...input, spot: forward * discountFactor, rate, yield: 0 });
  expect(Math.abs(solved(onSpot) / vol - 1)).toBeLessThanOrEqual(10 * tolerance);
});

const expectedKind = (expected: string): string => (expected.startsWith("error:") ? (/^error:([a-z-]+)/.exec(expected)?.[1] ?? "").replace("-", "_") : "vol");

test.each(referenceRows(domain).map((row) => [row.text("case"), inputOf(row), row.text("expected")] as const))("domain rule: %s", (_, input, expected) => {
  const result = impliedVol(input);
  expect(result.kind).toBe(expectedKind(expected));
  if (result.kind === "vol") expect(Math.abs(result.vol - Number(expected))).toBeLessThanOrEqual(1e-15 * result.vol);
});

/** Value and slope in the total volatility of the out-of-the-money option, to about 1e-15. */
const exactly = (forward: number, strike: number, totalVol: number): { readonly value: number; readonly slope: number } => {
  const at = { value: NaN, slope: NaN, shortfall: NaN };
  evaluateTimeValue({ lowerLeg: Math.min(forward, strike), distance: Math.abs(logRatio(forward, strike)), totalVol }, at);
  return at;
};

/** The slow way: the value rises with the total volatility, so halve the bracket until nothing lies between. */
const bisected = (lowerLeg: number, distance: number, value: number): number => {
  const at = { value: NaN, slope: NaN, shortfall: NaN };
  let low = 0;
  let high = 128;
  for (;;) {
    const middle = 0.5 * (low + high);
    if (!(middle > low && middle < high)) return middle;
    evaluateTimeValue({ lowerLeg, distance, totalVol: middle }, at);
    const isLow = value > 0.5 * lowerLeg ? at.shortfall > lowerLeg - value : at.value < value;
    if (isLow) low = middle;
    else high = middle;
  }
};

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
        const { value: price, slope } = exactly(forward, strike, totalVol);
        fc.pre(price > 1e-285 && price < Math.min(forward, strike));
        const condition = (price * 2 ** -53) / (slope * totalVol);
        const answer = volOf({ forward, strike, yearsToExpiry, price, putCall });
        expect(Math.abs(answer / vol - 1)).toBeLessThanOrEqual(Math.max(1e-14, 8 * condition));
      }),
      { numRuns: 3000 },
    );
  });

  test("through the pricer's own door, as far as its prices are right", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 20, max: 500, noNaN: true }),
        fc.double({ min: 1e-4, max: 3, noNaN: true }),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        fc.constantFrom("put" as const, "call" as const),
        (strike, yearsToExpiry, vol, putCall) => {
          const option = { forward: 100, strike, yearsToExpiry, putCall };
          const { price, vegaPerUnitVol } = blackGreeks({ ...option, vol, rate: 0 });
          const rounding = (1e-15 * Math.max(100, strike) + 2e-14 * price) / (vegaPerUnitVol * vol);
          fc.pre(rounding < 0.01);
          expect(Math.abs(volOf({ ...option, price }) / vol - 1)).toBeLessThanOrEqual(1e-14 + 2 * rounding);
        },
      ),
      { numRuns: 1000 },
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
          const again = exactly(forward, strike, vol * Math.sqrt(yearsToExpiry)).value;
          // The price's own conditioning in the volatility, d ln price / d ln vol, is up to 600 in these wings.
          expect(Math.abs(again / price - 1)).toBeLessThanOrEqual(1e-12);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("any price between nothing and the maximum, against bisection", () => {
    const share = fc.oneof(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), fc.double({ min: -640, max: -1, noNaN: true }).map((log) => Math.exp(log)));
    const distance = fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.double({ min: -32, max: 6, noNaN: true }).map((log) => Math.exp(log)));
    fc.assert(
      fc.property(share, distance, fc.boolean(), (part, away, isCall) => {
        const strike = 100 * Math.exp(isCall ? away : -away);
        const exact = Math.abs(away < 0.5 ? Math.log1p((strike - 100) / 100) : Math.log(strike / 100));
        const lowerLeg = Math.min(100, strike);
        const price = part * lowerLeg;
        fc.pre(price > 1e-285 && price < lowerLeg);
        const vol = volOf({ forward: 100, strike, yearsToExpiry: 1, price, putCall: strike >= 100 ? "call" : "put" });
        const twin = bisected(lowerLeg, exact, price);
        // The twin's own evaluation is good to 1e-12 in the wings and to a few ulps of the shortfall at large volatilities.
        expect(Math.abs(vol / twin - 1)).toBeLessThanOrEqual(2e-14);
      }),
      { numRuns: 5000 },
    );
  });

  test("only ratios matter: prices in another currency give the same volatility", () => {
    const money = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    const moneyness = fc.double({ min: 0.2, max: 5, noNaN: true });
    const share = fc.double({ min: 1e-9, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(money, moneyness, share, fc.integer({ min: -40, max: 40 }), (forward, ratio, part, power) => {
        const strike = forward * ratio;
        const input = { forward, strike, yearsToExpiry: 0.3, price: part * Math.min(forward, strike), putCall: ratio >= 1 ? "call" : "put" } as const;
        const unit = 2 ** power;
        // A power of two rounds nothing, so not even a bit may change.
        expect(volOf({ ...input, forward: forward * unit, strike: strike * unit, price: input.price * unit })).toBe(volOf(input));
      }),
      { numRuns: 500 },
    );
  });

  test("time and volatility only count together", () => {
    const input = { forward: 100, strike: 107, price: 2.5, putCall: "call" } as const;
    expect(volOf({ ...input, yearsToExpiry: 0.0625 })).toBe(4 * volOf({ ...input, yearsToExpiry: 1 }));
  });

  test("a put is the call of the swapped legs", () => {
    for (const strike of [55, 90, 99.5, 100.5, 130]) {
      const price = 0.05 * Math.min(strike, 100);
      const put = volOf({ forward: 100, strike, yearsToExpiry: 0.5, price: price + Math.max(strike - 100, 0), putCall: "put" });
      const call = volOf({ forward: strike, strike: 100, yearsToExpiry: 0.5, price: price + Math.max(strike - 100, 0), putCall: "call" });
      expect(put).toBe(call);
    }
  });

  test("Black–Scholes: volatility → price → the same volatility, with rates of both signs", () => {
    const rate = fc.double({ min: -0.2, max: 0.3, noNaN: true });
    const strikes = fc.double({ min: 40, max: 250, noNaN: true });
    const years = fc.double({ min: 0.01, max: 4, noNaN: true });
    const vols = fc.double({ min: 0.05, max: 2, noNaN: true });
    fc.assert(
      fc.property(strikes, years, vols, rate, rate, (strike, yearsToExpiry, vol, r, q) => {
        const putCall = strike * Math.exp(-r * yearsToExpiry) >= 100 * Math.exp(-q * yearsToExpiry) ? "call" : "put";
        const option = { spot: 100, strike, yearsToExpiry, rate: r, yield: q, putCall } as const;
        const { price, delta, vegaPerUnitVol } = blackScholesGreeks({ ...option, vol });
        fc.pre(price > 1e-9);
        // Present values are rounded, which costs the price its delta.
        const tolerance = 1e-14 + (2e-14 * price + 1e-15 * (strike + 100 * Math.abs(delta))) / (vegaPerUnitVol * vol);
        expect(Math.abs(solved(blackScholesImpliedVol({ ...option, price })) / vol - 1)).toBeLessThanOrEqual(tolerance);
      }),
      { numRuns: 1000 },
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
        // Also by a step that is no more than some units of rounding of the answer.
        return at(price * 1.01) > at(price) && at(price * (1 + 1e-13)) >= at(price) * (1 - 2e-15);
      }),
    );
  });
});
