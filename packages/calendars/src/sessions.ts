import { CalendarError } from "./errors.ts";
import { holidaysIn } from "./new-york-holidays.ts";
import type { SessionVenue } from "./venues.ts";
import { dateAt, dateOf, dayOf, requireInstant, wallInstantUs } from "./wall-time.ts";

const NEW_YORK = "America/New_York";

/** Regular hours of one day. Index options also trade at night, which is no session here. */
export type Session = {
  /** "YYYY-MM-DD" in New York. */
  readonly date: string;
  /** Microseconds since 1970. */
  readonly opensUs: number;
  readonly closesUs: number;
};

/** A stretch of time, from `fromUs` up to `toUs`; microseconds since 1970. */
export type Stretch = { readonly fromUs: number; readonly toUs: number };

const QUARTER_HOUR_US = 15 * 60_000_000;

/** Options on an index trade a quarter of an hour longer than its stocks, on short days too. */
const longerUs: Readonly<Record<SessionVenue, number>> = { us_equity: 0, cboe_spx: QUARTER_HOUR_US, cboe_spxw: QUARTER_HOUR_US };

/** Why there is no session on a date, such as "a Sunday" or "Good Friday"; undefined when there is one. Throws CalendarError for what is no date, or outside 2004 to 2099. */
export const closureOn = (date: string): string | undefined => {
  const day = dayOf(date);
  if (day.weekday > 5) return day.weekday === 6 ? "a Saturday" : "a Sunday";
  return holidaysIn(day.year).closed.get(date);
};

/** The stocks' session of a date. */
const stockSession = (date: string): Session | undefined => {
  if (closureOn(date) !== undefined) return undefined;
  const close = holidaysIn(dayOf(date).year).early.has(date) ? "13:00" : "16:00";
  return { date, opensUs: wallInstantUs({ date, time: "09:30", zone: NEW_YORK }), closesUs: wallInstantUs({ date, time: close, zone: NEW_YORK }) };
};

const longer = (venue: SessionVenue, session: Session): Session => ({ ...session, closesUs: session.closesUs + longerUs[venue] });

/** One entry a year of the range, so that trading time does not ask for the zone's offset again and again. */
const known = new Map<number, readonly Session[]>();

const stockSessionsIn = (year: number): readonly Session[] => {
  const kept = known.get(year);
  if (kept !== undefined) return kept;
  const sessions: Session[] = [];
  for (let day = dayOf(`${year}-01-01`); day.year === year; day = day.plus({ days: 1 })) {
    const session = stockSession(dateOf(day));
    if (session !== undefined) sessions.push(session);
  }
  known.set(year, sessions);
  return sessions;
};

/** The session of a date; undefined on weekends and holidays. Opens 9:30, closes 16:00 or 13:00 in New York, index options 15 minutes later. */
export const sessionOn = (venue: SessionVenue, date: string): Session | undefined => {
  const session = stockSession(date);
  return session === undefined ? undefined : longer(venue, session);
};

/** The session of a date. Throws CalendarError `no_session` that says what the venue is closed for. */
export const requireSession = (venue: SessionVenue, date: string): Session => {
  const session = sessionOn(venue, date);
  if (session === undefined) throw new CalendarError("no_session", `${venue} is closed on ${date}: it is ${closureOn(date) ?? "closed"}.`);
  return session;
};

/** The session before a date. */
export const sessionBefore = (venue: SessionVenue, date: string): Session => {
  let day = dayOf(date);
  for (;;) {
    day = day.minus({ days: 1 });
    const session = sessionOn(venue, dateOf(day));
    if (session !== undefined) return session;
  }
};

/** Sessions with any time in a stretch, in order; none where it ends before it begins. Throws CalendarError `range` outside 2004 to 2099. */
export const sessionsBetween = (venue: SessionVenue, { fromUs, toUs }: Stretch): readonly Session[] => {
  const [first, last] = [yearOf("fromUs", fromUs), yearOf("toUs", toUs)];
  const sessions: Session[] = [];
  for (let year = first; year <= last; year += 1) {
    for (const stocks of stockSessionsIn(year)) {
      const session = longer(venue, stocks);
      if (session.closesUs > fromUs && session.opensUs < toUs) sessions.push(session);
    }
  }
  return sessions;
};

/** The year in New York. */
const yearOf = (name: string, instantUs: number): number => {
  const { year } = dayOf(dateAt(requireInstant(name, instantUs), NEW_YORK));
  holidaysIn(year);
  return year;
};
