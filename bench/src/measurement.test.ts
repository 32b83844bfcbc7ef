import { expect, test } from "vitest";
import { compared, median, percentile } from "./measurement.ts";

test("the median is the middle value, or the mean of the two in the middle", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow("at least one value");
});

test("a goal is judged on the ratio, its edge included", () => {
  const row = (value: number) => ({ value, baseline: 10, unit: "ms" });
  expect(compared("x", row(5), { atLeast: 0.5 })).toMatchObject({ ratio: 0.5, goal: ">= 0.5", ok: true });
  expect(compared("x", row(4), { atLeast: 0.5 }).ok).toBe(false);
  expect(compared("x", row(20), { atMost: 2 })).toMatchObject({ goal: "<= 2", ok: true });
  expect(compared("x", row(21), { atMost: 2 }).ok).toBe(false);
  expect(compared("x", row(21))).toMatchObject({ goal: null, ok: null });
});

test("a percentile is a value that was seen, the largest at most", () => {
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(3);
  expect(percentile([4, 1, 3, 2], 0.99)).toBe(4);
  expect(percentile([7], 1)).toBe(7);
});
