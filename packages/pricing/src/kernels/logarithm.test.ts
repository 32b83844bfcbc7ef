import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exp } from "./exponential.ts";
import { seededUniform } from "../kernel-samples.ts";
import { log, log1p } from "./logarithm.ts";
import { logRatio } from "./log-ratio.ts";

const spacing = (x: number): number => Math.max(Math.abs(x) * 2 ** -52, Number.MIN_VALUE);

describe("log", () => {
  test.each([
    ["the whole range", (u: number) => Math.exp(-740 + 1449 * u)],
    ["near one", (u: number) => 0.6 + 0.9 * u],
    ["a hair from one", (u: number) => 1 + 1e-6 * (u - 0.5)],
  ])("agrees with the platform within 2 ulp over %s", (_, input) => {
    const uniform = seededUniform(2);
    let worst = 0;
    for (let index = 0; index < 200_000; index += 1) {
      const x = input(uniform());
      worst = Math.max(worst, Math.abs(log(x) - Math.log(x)) / spacing(Math.log(x)));
    }
    expect(worst).toBeLessThanOrEqual(2);
  });

  test("limits", () => {
    expect(log(1)).toBe(0);
    expect(log(0)).toBe(-Infinity);
    expect(log(Infinity)).toBe(Infinity);
    expect(log(-1)).toBeNaN();
    expect(log(NaN)).toBeNaN();
    expect(log(Number.MIN_VALUE)).toBeCloseTo(-744.4400719213812, 12);
    expect(log(Number.MAX_VALUE)).toBeCloseTo(709.782712893384, 12);
  });

  test("undoes exp", () => {
    fc.assert(fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => Math.abs(log(exp(x)) - x) <= 3e-16 * (1 + Math.abs(x))));
  });
});

describe("log1p", () => {
  test("agrees with the platform within 2 ulp, tiny and huge arguments included", () => {
    const uniform = seededUniform(3);
    let worst = 0;
    for (let index = 0; index < 300_000; index += 1) {
      const size = Math.exp(-45 + 90 * uniform());
      const x = uniform() < 0.5 ? size : -Math.min(size, 1) * (1 - 1e-9);
      worst = Math.max(worst, Math.abs(log1p(x) - Math.log1p(x)) / spacing(Math.log1p(x)));
    }
    expect(worst).toBeLessThanOrEqual(2);
  });

  test("limits", () => {
    expect(log1p(0)).toBe(0);
    expect(log1p(-1)).toBe(-Infinity);
    expect(log1p(-1.5)).toBeNaN();
    expect(log1p(Infinity)).toBe(Infinity);
    expect(log1p(Number.MIN_VALUE)).toBe(Number.MIN_VALUE);
  });
});

describe("logRatio", () => {
  test("keeps every digit at the money, where the rounded ratio keeps few", () => {
    // ln(1 + 2^-40) = 2^-40 - 2^-81 + …
    const strike = 3;
    const forward = 3 * (1 + 2 ** -40);
    expect(Math.abs(logRatio(forward, strike) / (2 ** -40 - 2 ** -81) - 1)).toBeLessThan(2e-16);
    expect(logRatio(0.1, 0.1)).toBe(0);
  });

  test("changes sign when its arguments are swapped", () => {
    const price = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    fc.assert(fc.property(price, price, (a, b) => Math.abs(logRatio(a, b) + logRatio(b, a)) <= 4e-16 * (1 + Math.abs(logRatio(a, b)))));
  });
});
