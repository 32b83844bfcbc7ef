import { expect, test } from "vitest";
import { expiryInstantUs, lastTradeUs, monthlyExpiryDate } from "./expiry.ts";
import { venueNamed } from "./venues.ts";

const us = (instant: string): number => Date.parse(instant) * 1000;

test("known expiries", () => {
  expect(expiryInstantUs("deribit", "2026-08-17")).toBe(us("2026-08-17T08:00Z"));
  expect(expiryInstantUs("deribit", "2026-03-08")).toBe(us("2026-03-08T08:00Z"));
  expect(expiryInstantUs("cboe_spxw", "2021-01-04")).toBe(us("2021-01-04T21:00Z"));
  expect(expiryInstantUs("cboe_spxw", "2021-03-12")).toBe(us("2021-03-12T21:00Z"));
  expect(expiryInstantUs("cboe_spxw", "2021-03-15")).toBe(us("2021-03-15T20:00Z"));
  // The Friday after Thanksgiving ends at 13:00.
  expect(expiryInstantUs("cboe_spxw", "2026-11-27")).toBe(us("2026-11-27T18:00Z"));
  expect(expiryInstantUs("us_equity", "2026-01-16")).toBe(us("2026-01-16T21:00Z"));
});

test("the monthly S&P 500 options trade until the evening before and settle on the opening", () => {
  expect(expiryInstantUs("cboe_spx", "2026-03-20")).toBe(us("2026-03-20T13:30Z"));
  expect(lastTradeUs("cboe_spx", "2026-03-20")).toBe(us("2026-03-19T20:15Z"));
  expect(lastTradeUs("cboe_spxw", "2026-03-20")).toBe(us("2026-03-20T20:00Z"));
});

test("a third Friday that is a holiday moves its expiry to the day before", () => {
  const moved: readonly (readonly [number, number, string])[] = [[2008, 3, "2008-03-20"], [2014, 4, "2014-04-17"], [2019, 4, "2019-04-18"], [2022, 4, "2022-04-14"], [2025, 4, "2025-04-17"], [2026, 6, "2026-06-18"]];
  for (const [year, month, date] of moved) expect(monthlyExpiryDate(year, month)).toBe(date);
  expect(monthlyExpiryDate(2026, 8)).toBe("2026-08-21");
  expect(lastTradeUs("cboe_spx", "2026-06-18")).toBe(us("2026-06-17T20:15Z"));
});

test("what never expires is refused, and why", () => {
  expect(() => expiryInstantUs("cboe_spx", "2026-06-19")).toThrow("cboe_spx is closed on 2026-06-19: it is Juneteenth.");
  expect(() => expiryInstantUs("cboe_spx", "2026-06-17")).toThrow("cboe_spx has no expiry on 2026-06-17: that month's is 2026-06-18.");
  expect(() => expiryInstantUs("cboe_spxw", "2026-08-15")).toThrow("cboe_spxw is closed on 2026-08-15: it is a Saturday.");
  expect(() => expiryInstantUs("us_equity", "2025-01-09")).toThrow("it is the mourning of President Carter");
  expect(() => expiryInstantUs("deribit", "25JUN27")).toThrow('"25JUN27" is not a date');
  expect(() => expiryInstantUs("cboe_spxw", "2003-12-19")).toThrow("not in 2003");
  expect(() => monthlyExpiryDate(2026, 13)).toThrow("month must be a whole number from 1 to 12, got 13");
  expect(() => monthlyExpiryDate(NaN, 1)).toThrow("not in NaN");
});

test("venues by name", () => {
  expect(venueNamed("cboe_spxw")).toBe("cboe_spxw");
  expect(() => venueNamed("cboe")).toThrow('There is no venue "cboe"; it must be one of deribit, us_equity, cboe_spx, cboe_spxw.');
});
