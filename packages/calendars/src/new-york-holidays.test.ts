import { expect, test } from "vitest";
import { easterSunday, holidaysIn } from "./new-york-holidays.ts";
import { dateOf } from "./wall-time.ts";

// As the New York Stock Exchange announced them, year by year: closed days, then days that close at 13:00; storms and mourning included.
const announced: readonly (readonly [year: number, closed: string, early: string])[] = [
  [2015, "01-01 01-19 02-16 04-03 05-25 07-03 09-07 11-26 12-25", "11-27 12-24"],
  [2016, "01-01 01-18 02-15 03-25 05-30 07-04 09-05 11-24 12-26", "11-25"],
  [2017, "01-02 01-16 02-20 04-14 05-29 07-04 09-04 11-23 12-25", "07-03 11-24"],
  [2018, "01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25", "07-03 11-23 12-24"],
  [2019, "01-01 01-21 02-18 04-19 05-27 07-04 09-02 11-28 12-25", "07-03 11-29 12-24"],
  [2020, "01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25", "11-27 12-24"],
  [2021, "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24", "11-26"],
  [2022, "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26", "11-25"],
  [2023, "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25", "07-03 11-24"],
  [2024, "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25", "07-03 11-29 12-24"],
  [2025, "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25", "07-03 11-28 12-24"],
  [2026, "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25", "11-27 12-24"],
  [2027, "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24", "11-26"],
];

const dates = (year: number, days: string): string[] => days.split(" ").map((day) => `${year}-${day}`);

test.each(announced)("the holidays of %d", (year, closed, early) => {
  const holidays = holidaysIn(year);
  expect([...holidays.closed.keys()].sort()).toEqual(dates(year, closed));
  expect([...holidays.early].sort()).toEqual(dates(year, early));
});

test("Easter, earliest and latest included", () => {
  const known = ["2008-03-23", "2011-04-24", "2019-04-21", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25", "2049-04-18", "2076-04-19"];
  expect(known.map((date) => dateOf(easterSunday(Number(date.slice(0, 4)))))).toEqual(known);
});

test("years whose rules are not known are refused", () => {
  expect(() => holidaysIn(2003)).toThrow("New York's holidays are known from 2004 to 2099, not in 2003.");
  expect(() => holidaysIn(2100)).toThrow("not in 2100");
});
