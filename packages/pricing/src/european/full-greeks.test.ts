import fc from "fast-check";
import { describe, expect, test } from "vitest";
import black76 from "../../reference/tables/european-mp-black76-greeks.json" with { type: "json" };
import bsm from "../../reference/tables/european-mp-bsm-greeks.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { PricingError } from "../errors.ts";
import { blackGreeks, type BlackGreeks } from "./black.ts";
import { blackFullGreeks, blackScholesFullGreeks, type FullGreeks } from "./full-greeks.ts";
import type { BlackScholesInput } from "./black-scholes.ts";

const columns = {
  delta: "delta", gamma: "gamma", vega: "vegaPerUnitVol", theta: "thetaPerYear", rho: "rhoPerUnitRate", vanna: "vannaPerUnitVol", volga: "volgaPerUnitVol",
  charm: "charmPerYear", veta: "vetaPerYear", speed: "speed", zomma: "zommaPerUnitVol", color: "colorPerYear", ultima: "ultimaPerUnitVol",
  dual_delta: "dualDelta", dual_gamma: "dualGamma",
} as const satisfies Record<string, keyof FullGreeks>;

/** Each greek's expression with the absolute value of every term: where terms cancel, 1e-15 of it is the tolerance. */
const scalesOf = (row: ReferenceRow, { spot, rate, yieldRate }: { readonly spot: number; readonly rate: number; readonly yieldRate: number }): Readonly<Record<string, number>> => {
  const [years, vol, gamma, vega] = [row.number("T"), row.number("sigma"), row.number("gamma"), row.number("vega")];
  const carry = Math.abs(rate - yieldRate);
  const total = vol * Math.sqrt(years);
  const d = (Math.abs(Math.log(spot / row.number("K"))) + carry * years) / total + total / 2;
  const density = vega / (spot * Math.sqrt(years));
  const drift = Math.abs(yieldRate) + (carry * d) / total + (1 + d * d) / (2 * years);
  const delta = Math.abs(row.number("delta"));
  return {
    theta: (vega * vol) / (2 * years) + Math.abs(yieldRate) * spot * delta + Math.abs((rate * row.number("rho")) / years),
    vanna: (density * d) / vol, volga: (vega * d * d) / vol, charm: Math.abs(yieldRate) * delta + density * (carry / total + d / (2 * years)),
    veta: vega * drift, speed: (gamma / spot) * (1 + d / total), zomma: (gamma * (d * d + 1)) / vol, color: gamma * drift,
    ultima: (vega / (vol * vol)) * (d * d * (3 + d * d)),
  };
};

const check = (row: ReferenceRow, greeks: FullGreeks, terms: { readonly spot: number; readonly rate: number; readonly yieldRate: number }): void => {
  const scales = scalesOf(row, terms);
  for (const [column, field] of Object.entries(columns)) {
    const expected = row.number(column);
    const tolerance = Math.max(1e-13 * Math.abs(expected), 1e-15 * (scales[column] ?? 0), 1e-290);
    expect(Math.abs(greeks[field] - expected), column).toBeLessThanOrEqual(tolerance);
  }
};

const shared = (row: ReferenceRow) =>
  ({ strike: row.number("K"), yearsToExpiry: row.number("T"), vol: row.number("sigma"), rate: row.number("r"), putCall: row.number("w") === 1 ? "call" : "put" }) as const;

describe("every greek to third order against arbitrary precision", () => {
  test.each(referenceRows(bsm).map((row) => [{ ...shared(row), spot: row.number("S"), yield: row.number("q") }, row] as const))("Black–Scholes–Merton %o", (input, row) => {
    const greeks = blackScholesFullGreeks(input);
    check(row, greeks, { spot: input.spot, rate: input.rate, yieldRate: input.yield });
    const phi = row.number("phi");
    expect(Math.abs(greeks.phiPerUnitYield - phi)).toBeLessThanOrEqual(1e-13 * Math.abs(phi));
  });

  test.each(referenceRows(black76).map((row) => [{ ...shared(row), forward: row.number("F") }, row] as const))("Black-76 %o", (input, row) => {
    check(row, blackFullGreeks(input), { spot: input.forward, rate: input.rate, yieldRate: input.rate });
  });
});

const anyOption = fc.record({
  spot: fc.double({ min: 50, max: 200, noNaN: true }),
  strike: fc.double({ min: 50, max: 200, noNaN: true }),
  yearsToExpiry: fc.double({ min: 0.1, max: 3, noNaN: true }),
  vol: fc.double({ min: 0.1, max: 1.5, noNaN: true }),
  rate: fc.double({ min: -0.02, max: 0.1, noNaN: true }),
  yield: fc.double({ min: -0.02, max: 0.1, noNaN: true }),
  putCall: fc.constantFrom("put" as const, "call" as const),
});

/** Sixth-order central difference. */
const slope = (at: (shift: number) => number, step: number): number =>
  (45 * (at(step) - at(-step)) - 9 * (at(2 * step) - at(-2 * step)) + (at(3 * step) - at(-3 * step))) / (60 * step);

describe("laws", () => {
  test("each greek is the derivative that its name says", () => {
    fc.assert(
      fc.property(anyOption, (option) => {
        const greeks = blackScholesFullGreeks(option);
        const of = (field: keyof FullGreeks, input: keyof Omit<BlackScholesInput, "putCall">) =>
          slope((shift) => blackScholesFullGreeks({ ...option, [input]: option[input] + shift })[field], input === "spot" || input === "strike" ? 0.1 : 1e-3);
        const derivatives: readonly (readonly [keyof FullGreeks, number])[] = [
          ["delta", of("price", "spot")], ["gamma", of("delta", "spot")], ["speed", of("gamma", "spot")],
          ["vegaPerUnitVol", of("price", "vol")], ["volgaPerUnitVol", of("vegaPerUnitVol", "vol")], ["ultimaPerUnitVol", of("volgaPerUnitVol", "vol")],
          ["vannaPerUnitVol", of("delta", "vol")], ["zommaPerUnitVol", of("gamma", "vol")],
          ["thetaPerYear", -of("price", "yearsToExpiry")], ["charmPerYear", -of("delta", "yearsToExpiry")],
          ["vetaPerYear", -of("vegaPerUnitVol", "yearsToExpiry")], ["colorPerYear", -of("gamma", "yearsToExpiry")],
          ["rhoPerUnitRate", of("price", "rate")], ["phiPerUnitYield", of("price", "yield")],
          ["dualDelta", of("price", "strike")], ["dualGamma", of("dualDelta", "strike")],
        ];
        for (const [field, expected] of derivatives) expect(Math.abs(greeks[field] - expected), field).toBeLessThanOrEqual(1e-7 * (1 + Math.abs(expected)));
      }),
      { numRuns: 60 },
    );
  });

  test("put–call parity: what is convex is the same for both, delta and what follows from it differ by the asset's", () => {
    fc.assert(
      fc.property(anyOption, (option) => {
        const call = blackScholesFullGreeks({ ...option, putCall: "call" });
        const put = blackScholesFullGreeks({ ...option, putCall: "put" });
        for (const field of ["gamma", "vegaPerUnitVol", "vannaPerUnitVol", "volgaPerUnitVol", "vetaPerYear", "speed", "zommaPerUnitVol", "colorPerYear", "ultimaPerUnitVol", "dualGamma"] as const) {
          expect(call[field]).toBe(put[field]);
        }
        const asset = Math.exp(-option.yield * option.yearsToExpiry);
        expect(call.charmPerYear - put.charmPerYear).toBeCloseTo(option.yield * asset, 12);
        expect(call.dualDelta - put.dualDelta).toBeCloseTo(-Math.exp(-option.rate * option.yearsToExpiry), 12);
        expect(call.phiPerUnitYield - put.phiPerUnitYield).toBeCloseTo(-option.yearsToExpiry * option.spot * asset, 9);
      }),
    );
  });

  test("scaling spot and strike scales the price, and gamma by the inverse", () => {
    fc.assert(
      fc.property(anyOption, fc.integer({ min: -20, max: 20 }), (option, exponent) => {
        const scale = 2 ** exponent;
        const plain = blackScholesFullGreeks(option);
        // Prices below 1e-300 count as 0, and denormal greeks have few digits.
        fc.pre(plain.price > 1e-280 && plain.gamma > 1e-250);
        const scaled = blackScholesFullGreeks({ ...option, spot: option.spot * scale, strike: option.strike * scale });
        // A power of two changes no digit.
        expect(scaled.price).toBe(plain.price * scale);
        expect(scaled.delta).toBe(plain.delta);
        expect(scaled.gamma).toBe(plain.gamma / scale);
        expect(scaled.ultimaPerUnitVol).toBe(plain.ultimaPerUnitVol * scale);
      }),
    );
  });
});

describe("limits", () => {
  const base = { forward: 100, strike: 90, yearsToExpiry: 1, vol: 0.2, rate: 0.05, putCall: "call" } as const;
  const edges = [
    { yearsToExpiry: 0 }, { vol: 0 }, { strike: 0 }, { strike: 100, vol: 0 }, { strike: 100, yearsToExpiry: 0 }, { strike: 1e-300 }, { strike: 1e300 },
    { vol: 1e-300 }, { vol: 1e6 }, { yearsToExpiry: 1e-300 }, { forward: 1e-300 }, { forward: 1e300 }, { vol: 100, strike: 1e6 },
  ];

  test.each(edges.flatMap((edge) => (["call", "put"] as const).map((putCall) => ({ ...base, ...edge, putCall }))))("%o has finite greeks and a price that is not negative", (input) => {
    const greeks = blackFullGreeks(input);
    for (const [name, value] of Object.entries(greeks)) expect(Number.isNaN(value), name).toBe(false);
    expect(greeks.price).toBeGreaterThanOrEqual(0);
    expect(Math.abs(greeks.delta)).toBeLessThanOrEqual(1);
  });

  test("at strike 0 a call is the discounted forward, and a put nothing", () => {
    const discount = Math.exp(-0.05);
    expect(blackFullGreeks({ ...base, strike: 0 })).toMatchObject({ price: 100 * discount, delta: discount, gamma: 0, dualDelta: -discount });
    expect(blackFullGreeks({ ...base, strike: 0, putCall: "put" })).toMatchObject({ price: 0, delta: 0, dualDelta: 0 });
  });

  test("names what is out of range", () => {
    expect(() => blackFullGreeks({ ...base, strike: -1 })).toThrow(new PricingError("invalid_input", "strike must be finite and >= 0, got -1"));
    expect(() => blackScholesFullGreeks({ ...base, spot: 0, yield: 0 })).toThrow("spot must be finite and > 0, got 0");
  });
});

test("price and the greeks that both forms have agree, the price in every bit", () => {
  fc.assert(
    fc.property(anyOption, (option) => {
      const { spot } = option;
      const full = blackFullGreeks({ ...option, forward: spot });
      const some = blackGreeks({ ...option, forward: spot });
      expect(full.price).toBe(some.price);
      expect(full.rhoPerUnitRate).toBe(some.rhoPerUnitRate);
      const others: readonly (keyof BlackGreeks)[] = ["delta", "gamma", "vegaPerUnitVol", "vegaPerVolPoint", "thetaPerYear", "thetaPerDay"];
      for (const name of others) expect(Math.abs(full[name] - some[name]), name).toBeLessThanOrEqual(4e-15 * (Math.abs(some[name]) + Math.abs(option.rate * some.price)));
    }),
  );
});
