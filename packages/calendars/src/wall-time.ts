import { DateTime } from "luxon";
import { CalendarError } from "./errors.ts";

/** Microseconds since 1970 of a luxon instant; its clock has milliseconds. */
const microsecondsOf = (instant: DateTime<true>): number => instant.toMillis() * 1000;

/** Midnight UTC of a date "YYYY-MM-DD", for arithmetic on days. Throws CalendarError `date` for another form and for a day that no calendar has. */
export const dayOf = (date: string): DateTime<true> => {
  const day = DateTime.fromISO(date, { zone: "utc" });
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !day.isValid) throw new CalendarError("date", `"${date}" is not a date: write YYYY-MM-DD, such as 2027-06-25.`);
  return day;
};

/** The date of a day, "YYYY-MM-DD". */
export const dateOf = (day: DateTime<true>): string => day.toISODate();

/** The date that a zone's calendars show at an instant. Throws CalendarError `range` for an instant that is not finite. */
export const dateAt = (instantUs: number, zone: string): string => {
  const local = DateTime.fromMillis(Math.floor(requireInstant("instantUs", instantUs) / 1000), { zone });
  if (!local.isValid) throw new CalendarError("range", `${instantUs} microseconds in the zone "${zone}" is no date: ${local.invalidExplanation ?? "unreadable"}.`);
  return dateOf(local);
};

/** The most microseconds since 1970 that a JavaScript date reaches: the year 275760. */
const INSTANT_US_MAX = 8.64e18;

/** The instant itself. Throws CalendarError `range` where it is none. */
export const requireInstant = (name: string, instantUs: number): number => {
  if (!(Math.abs(instantUs) <= INSTANT_US_MAX)) throw new CalendarError("range", `${name} must be microseconds since 1970, got ${instantUs}.`);
  return instantUs;
};

export type WallTime = {
  /** "YYYY-MM-DD". */
  readonly date: string;
  /** "HH:MM", 24 hours. */
  readonly time: string;
  /** IANA name, such as America/New_York. */
  readonly zone: string;
};

/**
 * Microseconds since 1970 at which a zone's clocks show a time. Throws CalendarError: `no_such_time` where clocks jump over it,
 * `ambiguous_time` where they show it twice (a plausible wrong hour is worse than none), `date` for what is no date, time or zone.
 */
export const wallInstantUs = ({ date, time, zone }: WallTime): number => {
  dayOf(date);
  const instant = DateTime.fromISO(`${date}T${time}`, { zone });
  if (!/^\d{2}:\d{2}$/.test(time) || !instant.isValid) throw new CalendarError("date", `"${date} ${time}" in the zone "${zone}" is no time: write YYYY-MM-DD, HH:MM and a zone such as America/New_York.`);
  if (instant.toISO({ includeOffset: false, suppressSeconds: true }) !== `${date}T${time}`) throw new CalendarError("no_such_time", `${date} ${time} does not exist in ${zone}: clocks go forward over it.`);
  const [first, second] = instant.getPossibleOffsets();
  if (first !== undefined && second !== undefined) {
    throw new CalendarError("ambiguous_time", `${date} ${time} is shown twice in ${zone}, at ${first.toISO() ?? ""} and at ${second.toISO() ?? ""}: clocks go back over it.`);
  }
  return microsecondsOf(instant);
};
