import { describe, expect, test } from "vitest";
import { exp } from "./exponential.ts";
import { seededUniform } from "../kernel-samples.ts";

const spacing = (x: number): number => Math.max(Math.abs(x) * 2 ** -52, Number.MIN_VALUE);

describe("exp", () => {
  // The platform's own Math.exp is within 1 ulp itself, so two ulps between them is the bound of what can be told apart.
  test.each([
    ["the whole range", -745, 709.7],
    ["near zero", -1, 1],
    ["denormal results", -745, -708],
  ])("agrees with the platform within 2 ulp over %s", (_, low, high) => {
    const uniform = seededUniform(1);
    let worst = 0;
    for (let index = 0; index < 200_000; index += 1) {
      const x = low + (high - low) * uniform();
      worst = Math.max(worst, Math.abs(exp(x) - Math.exp(x)) / spacing(Math.exp(x)));
    }
    expect(worst).toBeLessThanOrEqual(2);
  });

  test("limits", () => {
    expect(exp(0)).toBe(1);
    expect(exp(-Infinity)).toBe(0);
    expect(exp(-746)).toBe(0);
    expect(exp(-745.13)).toBe(Number.MIN_VALUE);
    expect(exp(710)).toBe(Infinity);
    expect(exp(709.782712893384)).toBeLessThan(Infinity);
    expect(exp(NaN)).toBeNaN();
  });

  test("rises without a step back where the reduction changes its multiple of ln 2", () => {
    for (let multiple = -100; multiple <= 100; multiple += 1) {
      const edge = (multiple + 0.5) * Math.LN2;
      for (let step = -50; step < 50; step += 1) {
        const x = edge + step * 1e-13;
        expect(exp(x + 1e-13)).toBeGreaterThanOrEqual(exp(x));
      }
    }
  });
});
