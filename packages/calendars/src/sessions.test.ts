import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closureOn, sessionOn, sessionsBetween } from "./sessions.ts";
import { yearsBetween } from "./years-between.ts";

const us = (instant: string): number => Date.parse(instant) * 1000;
const HOUR_US = 3_600_000_000;

describe("sessions", () => {
  test("regular, short and longer hours", () => {
    expect(sessionOn("us_equity", "2026-08-17")).toEqual({ date: "2026-08-17", opensUs: us("2026-08-17T13:30Z"), closesUs: us("2026-08-17T20:00Z") });
    expect(sessionOn("us_equity", "2026-12-24")?.closesUs).toBe(us("2026-12-24T18:00Z"));
    expect(sessionOn("cboe_spx", "2026-12-24")?.closesUs).toBe(us("2026-12-24T18:15Z"));
    expect(sessionOn("cboe_spxw", "2026-08-17")?.closesUs).toBe(us("2026-08-17T20:15Z"));
    expect(sessionOn("us_equity", "2026-12-25")).toBeUndefined();
    expect(closureOn("2026-12-25")).toBe("Christmas Day");
    expect(closureOn("2026-12-26")).toBe("a Saturday");
  });

  test("numbers of sessions that the exchange announced", () => {
    const counted = [2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026].map((year) => sessionsBetween("us_equity", { fromUs: us(`${year}-01-01T12:00Z`), toUs: us(`${year}-12-31T23:00Z`) }).length);
    expect(counted).toEqual([251, 252, 253, 252, 251, 250, 252, 250, 251]);
  });

  test("a stretch holds what it overlaps, ends excluded", () => {
    const dates = (fromUs: number, toUs: number): string[] => sessionsBetween("us_equity", { fromUs, toUs }).map(({ date }) => date);
    const close = us("2026-03-06T21:00Z");
    const open = us("2026-03-09T13:30Z");
    expect(dates(close, open)).toEqual([]);
    expect(dates(close - 1, open + 1)).toEqual(["2026-03-06", "2026-03-09"]);
    expect(dates(open, close)).toEqual([]);
    expect(() => dates(NaN, open)).toThrow("fromUs must be microseconds since 1970, got NaN");
    expect(() => dates(close, us("2101-01-01T00:00Z"))).toThrow("not in 2100");
  });
});

/** Whether New York's stocks trade at an instant of July 2026, whose 3rd is a holiday: asked of the platform's own clock display. */
const clock = new Intl.DateTimeFormat("en-US", { timeZone: "America/New_York", weekday: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const isOpenInJuly = (instantUs: number): boolean => {
  const part = Object.fromEntries(clock.formatToParts(instantUs / 1000).map(({ type, value }) => [type, value]));
  const minute = Number(part["hour"]) * 60 + Number(part["minute"]);
  return part["weekday"] !== "Sat" && part["weekday"] !== "Sun" && part["day"] !== "3" && minute >= 570 && minute < 960;
};

describe("years", () => {
  const july = us("2026-07-01T00:00Z");
  const instant = fc.integer({ min: 0, max: 30 * 24 * 60 }).map((minute) => july + minute * 60_000_000);

  test("in calendar time every hour counts", () => {
    expect(yearsBetween("act365f", { fromUs: us("2026-08-17T08:00Z"), toUs: us("2027-08-17T08:00Z") })).toBe(1);
    expect(yearsBetween("act365f", { fromUs: july, toUs: july - 1 })).toBe(0);
  });

  test("in trading time a session is a day of 252", () => {
    const day = { fromUs: us("2026-08-17T00:00Z"), toUs: us("2026-08-18T00:00Z") };
    expect(yearsBetween("trading252", day)).toBe(1 / 252);
    expect(yearsBetween("trading252", { fromUs: us("2026-08-15T00:00Z"), toUs: us("2026-08-17T13:30Z") })).toBe(0);
    expect(yearsBetween("trading252", { fromUs: day.toUs, toUs: day.fromUs })).toBe(0);
    // 251 sessions in 2026, of which two last 3.5 hours.
    const year = yearsBetween("trading252", { fromUs: us("2026-01-01T12:00Z"), toUs: us("2026-12-31T23:00Z") });
    expect(year).toBeCloseTo((249 * 6.5 + 2 * 3.5) / (252 * 6.5), 14);
  });

  test("quarter hour by quarter hour it is what the clocks in New York show", () => {
    const quarter = 15 * 60_000_000;
    const openBefore = [0];
    for (let row = 0; row < 30 * 96; row += 1) openBefore.push((openBefore[row] ?? NaN) + (isOpenInJuly(july + row * quarter) ? 1 : 0));
    const row = fc.integer({ min: 0, max: 30 * 96 });
    fc.assert(
      fc.property(row, row, (first, second) => {
        const [from, to] = [Math.min(first, second), Math.max(first, second)];
        const quarters = yearsBetween("trading252", { fromUs: july + from * quarter, toUs: july + to * quarter }) * 252 * 26;
        expect(quarters).toBeCloseTo((openBefore[to] ?? NaN) - (openBefore[from] ?? NaN), 9);
      }),
    );
  });

  test("two parts of a stretch are the whole, in both conventions", () => {
    fc.assert(
      fc.property(fc.tuple(instant, instant, instant), fc.constantFrom("act365f" as const, "trading252" as const), (instants, convention) => {
        const [fromUs = NaN, betweenUs = NaN, toUs = NaN] = instants.toSorted((earlier, later) => earlier - later);
        const parts = yearsBetween(convention, { fromUs, toUs: betweenUs }) + yearsBetween(convention, { fromUs: betweenUs, toUs });
        expect(parts).toBeCloseTo(yearsBetween(convention, { fromUs, toUs }), 15);
      }),
      { numRuns: 100 },
    );
  });

  test("an instant that is none is refused", () => {
    expect(() => yearsBetween("act365f", { fromUs: NaN, toUs: HOUR_US })).toThrow("fromUs must be microseconds since 1970, got NaN");
    expect(() => yearsBetween("trading252", { fromUs: 0, toUs: HOUR_US })).toThrow("from 2004 to 2099, not in 1969");
  });
});
