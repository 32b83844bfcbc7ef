import { expect, test } from "vitest";
import { microseconds, yearsToExpiry } from "./year-fraction.ts";

const day = 86_400_000_000;

test("a year has 365 days", () => {
  expect(yearsToExpiry(0, 365 * day)).toBe(1);
  expect(yearsToExpiry(1_000_000_000_000_000, 1_000_000_000_000_000 + 73 * day)).toBe(0.2);
});

test("at and after expiry no time is left", () => {
  expect(yearsToExpiry(day, day)).toBe(0);
  expect(yearsToExpiry(day + 1, day)).toBe(0);
});

test("milliseconds become microseconds", () => {
  expect(microseconds(1500)).toBe(1_500_000);
});
