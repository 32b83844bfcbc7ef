import { DateTime } from "luxon";
import { CalendarError } from "./errors.ts";
import { dateOf } from "./wall-time.ts";

/**
 * Days on which New York's stock and option exchanges are closed or close early, by their rule (NYSE rule 7.2 and the exchanges' yearly
 * notices). A holiday on a Sunday is kept on Monday, one on a Saturday on Friday; only New Year's Day on a Saturday is not kept, as that
 * Friday ends a year's books. Days of mourning and storms follow no rule and stand in a list.
 */
export type YearOfHolidays = {
  /** The name of what each closed date is closed for; weekends are not in it. */
  readonly closed: ReadonlyMap<string, string>;
  /** Dates that close at 13:00. */
  readonly early: ReadonlySet<string>;
};

/** Before 2004 early closes followed other rules, or none. */
const FIRST_YEAR = 2004;
const LAST_YEAR = 2099;
const JUNETEENTH_SINCE = 2022;

const [MONDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY] = [1, 4, 5, 6, 7] as const;

const unscheduled = new Map([
  ["2004-06-11", "the mourning of President Reagan"],
  ["2007-01-02", "the mourning of President Ford"],
  ["2012-10-29", "Hurricane Sandy"],
  ["2012-10-30", "Hurricane Sandy"],
  ["2018-12-05", "the mourning of President Bush"],
  ["2025-01-09", "the mourning of President Carter"],
]);

type Day = DateTime<true>;

const day = (year: number, month: number, dayOfMonth: number): Day => {
  const at = DateTime.utc(year, month, dayOfMonth);
  if (!at.isValid) throw new CalendarError("date", `${year}-${month}-${dayOfMonth} is not a date.`);
  return at;
};

/** The nth given weekday of a month, n from 1. */
export const nthWeekday = (year: number, month: number, weekday: number, nth: number): Day => {
  const first = day(year, month, 1);
  return first.plus({ days: ((weekday - first.weekday + 7) % 7) + 7 * (nth - 1) });
};

export const lastWeekday = (year: number, month: number, weekday: number): Day => {
  const last = day(year, month, 1).endOf("month").startOf("day");
  return last.minus({ days: (last.weekday - weekday + 7) % 7 });
};

/** Easter Sunday of the Gregorian calendar, by the rule published in Nature in 1876 (also Meeus, Astronomical Algorithms, chapter 8). */
export const easterSunday = (year: number): Day => {
  const golden = year % 19;
  const century = Math.trunc(year / 100);
  const yearOfCentury = year % 100;
  const moon = (19 * golden + century - Math.trunc(century / 4) - Math.trunc((century - Math.trunc((century + 8) / 25) + 1) / 3) + 15) % 30;
  const sunday = (32 + 2 * (century % 4) + 2 * Math.trunc(yearOfCentury / 4) - moon - (yearOfCentury % 4)) % 7;
  const late = Math.trunc((golden + 11 * moon + 22 * sunday) / 451);
  const count = moon + sunday - 7 * late + 114;
  return day(year, Math.trunc(count / 31), (count % 31) + 1);
};

const observed = (holiday: Day): Day => (holiday.weekday === SATURDAY ? holiday.minus({ days: 1 }) : holiday.weekday === SUNDAY ? holiday.plus({ days: 1 }) : holiday);

const thanksgiving = (year: number): Day => nthWeekday(year, 11, THURSDAY, 4);

const closedIn = (year: number): ReadonlyMap<string, string> => {
  const newYear = day(year, 1, 1);
  const kept: (readonly [Day, string])[] = [
    [nthWeekday(year, 1, MONDAY, 3), "Martin Luther King Jr. Day"],
    [nthWeekday(year, 2, MONDAY, 3), "Presidents' Day"],
    [easterSunday(year).minus({ days: 2 }), "Good Friday"],
    [lastWeekday(year, 5, MONDAY), "Memorial Day"],
    [observed(day(year, 7, 4)), "Independence Day"],
    [nthWeekday(year, 9, MONDAY, 1), "Labor Day"],
    [thanksgiving(year), "Thanksgiving Day"],
    [observed(day(year, 12, 25)), "Christmas Day"],
  ];
  if (newYear.weekday !== SATURDAY) kept.push([observed(newYear), "New Year's Day"]);
  if (year >= JUNETEENTH_SINCE) kept.push([observed(day(year, 6, 19)), "Juneteenth"]);
  const closed = new Map(kept.map(([at, name]) => [dateOf(at), name]));
  for (const [date, name] of unscheduled) if (date.startsWith(`${year}-`)) closed.set(date, name);
  return closed;
};

/** The Friday after Thanksgiving, and the eves of Independence Day and Christmas from Monday to Thursday: an eve on a Friday is the holiday itself. */
const earlyIn = (year: number): ReadonlySet<string> => {
  const eves = [day(year, 7, 3), day(year, 12, 24)].filter(({ weekday }) => weekday < FRIDAY);
  return new Set([thanksgiving(year).plus({ days: 1 }), ...eves].map(dateOf));
};

/** One entry a year of the range, so it stays small. */
const known = new Map<number, YearOfHolidays>();

/** Throws CalendarError `range` for a year before 2004 or after 2099, whose rules are not known. */
export const holidaysIn = (year: number): YearOfHolidays => {
  const kept = known.get(year);
  if (kept !== undefined) return kept;
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) throw new CalendarError("range", `New York's holidays are known from ${FIRST_YEAR} to ${LAST_YEAR}, not in ${year}.`);
  const holidays = { closed: closedIn(year), early: earlyIn(year) };
  known.set(year, holidays);
  return holidays;
};
