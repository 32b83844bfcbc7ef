import { expect, test } from "vitest";
import { CalendarError } from "./errors.ts";
import { dateAt, dayOf, wallInstantUs } from "./wall-time.ts";

const inNewYork = (date: string, time: string): number => wallInstantUs({ date, time, zone: "America/New_York" });
const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    if (error instanceof CalendarError) return error.code;
    throw error;
  }
  return "nothing";
};

test("on both sides of the changes of 2021 and 2026", () => {
  const known: readonly (readonly [string, string, string])[] = [
    ["2021-03-12", "16:00", "2021-03-12T21:00Z"], ["2021-03-15", "16:00", "2021-03-15T20:00Z"],
    ["2021-11-05", "16:00", "2021-11-05T20:00Z"], ["2021-11-08", "16:00", "2021-11-08T21:00Z"],
    ["2026-03-08", "01:59", "2026-03-08T06:59Z"], ["2026-03-08", "03:00", "2026-03-08T07:00Z"],
    ["2026-11-01", "00:59", "2026-11-01T04:59Z"], ["2026-11-01", "02:00", "2026-11-01T07:00Z"],
  ];
  for (const [date, time, instant] of known) expect(inNewYork(date, time)).toBe(Date.parse(instant) * 1000);
});

test("a time that does not exist, and one that is shown twice, are refused", () => {
  expect(() => inNewYork("2026-03-08", "02:30")).toThrow("2026-03-08 02:30 does not exist in America/New_York: clocks go forward over it.");
  expect(() => inNewYork("2026-11-01", "01:30")).toThrow("2026-11-01 01:30 is shown twice in America/New_York, at 2026-11-01T01:30:00.000-04:00 and at 2026-11-01T01:30:00.000-05:00");
  expect(codeOf(() => inNewYork("2021-03-14", "02:00"))).toBe("no_such_time");
  expect(codeOf(() => inNewYork("2021-11-07", "01:00"))).toBe("ambiguous_time");
});

test("the date of an instant is its zone's", () => {
  expect(dateAt(Date.parse("2026-08-17T03:59:59.999Z") * 1000, "America/New_York")).toBe("2026-08-16");
  expect(dateAt(Date.parse("2026-08-17T04:00Z") * 1000, "America/New_York")).toBe("2026-08-17");
  expect(dateAt(-1, "utc")).toBe("1969-12-31");
});

test("what is no date, time, zone or instant is refused with its value", () => {
  for (const date of ["2026-02-29", "2026-8-17", "20260817", "2026-W34", "2026-08-17T00:00", ""]) expect(() => dayOf(date)).toThrow(`"${date}" is not a date`);
  for (const time of ["24:30", "9:30", "09:30:00", "noon"]) expect(codeOf(() => inNewYork("2026-08-17", time))).toBe("date");
  expect(() => wallInstantUs({ date: "2026-08-17", time: "09:30", zone: "America/Gotham" })).toThrow('zone "America/Gotham"');
  for (const instant of [NaN, Infinity, 1e19]) expect(() => dateAt(instant, "utc")).toThrow(`microseconds since 1970, got ${instant}`);
});
