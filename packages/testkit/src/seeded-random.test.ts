import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";

test("the first numbers of seed 1 never change", () => {
  const random = seededRandom(1);
  expect([random.next(), random.next(), random.next()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
});

test("integers stay within their bounds, and reach both", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: -1_000, max: 1_000 }), fc.nat(50), (seed, low, width) => {
      const n = seededRandom(seed).integer(low, low + width);
      return Number.isInteger(n) && n >= low && n <= low + width;
    }),
  );
  const random = seededRandom(7);
  expect(new Set(Array.from({ length: 200 }, () => random.integer(1, 6)))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
});

test("a shuffle keeps the items and the seed decides their order", () => {
  const items = Array.from({ length: 20 }, (_, index) => index);
  const shuffled = seededRandom(3).shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  expect(seededRandom(3).shuffle(items)).toEqual(shuffled);
});

test("pick takes one of the items and refuses an empty list", () => {
  expect(["a", "b"]).toContain(seededRandom(5).pick(["a", "b"]));
  expect(() => seededRandom(5).pick([])).toThrow(RangeError);
});
