import fc from "fast-check";
import { expect, test } from "vitest";
import { findRoot } from "./bracketed-root.ts";

/** The root in [0, 10] of a rising function, and how often it was asked. */
const search = (at: (x: number) => number, noise: number): { readonly x: number; readonly calls: number } => {
  let calls = 0;
  const counted = (x: number): number => {
    calls += 1;
    return at(x);
  };
  const x = findRoot({ at: counted, low: 0, valueAtLow: at(0), high: 10, valueAtHigh: at(10), guess: NaN, noise });
  return { x, calls };
};

test.each([
  ["straight", (x: number) => x - 3, 3, 3],
  ["square", (x: number) => x * x - 2, Math.SQRT2, 15],
  ["exponential", (x: number) => Math.exp(x) - 20, Math.log(20), 25],
  ["flat, then rising", (x: number) => Math.max(x - 4, 0) ** 2 - 1e-4, 4.01, 40],
  ["a jump", (x: number) => (x < 7.3 ? -1 : 1), 7.3, 80],
] as const)("%s", (_, at, root, callsMax) => {
  const { x, calls } = search(at, 1e-15);
  expect(Math.abs(x - root)).toBeLessThanOrEqual(1e-11 * root);
  expect(calls).toBeLessThanOrEqual(callsMax);
});

test("powers of all kinds: found, and bounded in calls", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 9, noNaN: true }), fc.double({ min: 0.2, max: 9, noNaN: true }), (root, power) => {
      const { x, calls } = search((y) => y ** power - root ** power, 0);
      return Math.abs(x / root - 1) <= 1e-12 && calls <= 121;
    }),
    { numRuns: 300 },
  );
});
