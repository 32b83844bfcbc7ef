import { CalendarError } from "./errors.ts";
import { holidaysIn, nthWeekday } from "./new-york-holidays.ts";
import { closureOn, requireSession, sessionBefore } from "./sessions.ts";
import type { SessionVenue, Venue } from "./venues.ts";
import { dateOf, dayOf, wallInstantUs } from "./wall-time.ts";

const FRIDAY = 5;

/** The date of a month's main expiry in the US: its third Friday, or the session before where that is a holiday. `month` from 1. Throws CalendarError `range`, also for a year outside 2004 to 2099. */
export const monthlyExpiryDate = (year: number, month: number): string => {
  if (!(Number.isInteger(month) && month >= 1 && month <= 12)) throw new CalendarError("range", `month must be a whole number from 1 to 12, got ${month}.`);
  holidaysIn(year);
  const thirdFriday = dateOf(nthWeekday(year, month, FRIDAY, 3));
  return closureOn(thirdFriday) === undefined ? thirdFriday : sessionBefore("us_equity", thirdFriday).date;
};

/**
 * When an expiry's settlement is struck, in microseconds since 1970: on Deribit 08:00 UTC; for `us_equity` and `cboe_spxw` the close of
 * New York's stocks (16:00, on short days 13:00), for `cboe_spx` their opening (9:30). Throws CalendarError: `no_session` on a weekend or
 * holiday, `no_expiry` where `cboe_spx` has no monthly expiry, `date` for what is no date.
 */
export const expiryInstantUs = (venue: Venue, expiryDate: string): number => {
  switch (venue) {
    case "deribit":
      return wallInstantUs({ date: expiryDate, time: "08:00", zone: "utc" });
    case "us_equity":
    case "cboe_spxw":
      return stocksCloseUs(venue, expiryDate);
    case "cboe_spx":
      return requireMonthly(expiryDate).opensUs;
  }
};

/** The last instant at which an expiry's options trade in regular hours: for `cboe_spx` the close of the session before (16:15), else its expiry. Throws as `expiryInstantUs`. */
export const lastTradeUs = (venue: Venue, expiryDate: string): number =>
  venue === "cboe_spx" ? sessionBefore(venue, requireMonthly(expiryDate).date).closesUs : expiryInstantUs(venue, expiryDate);

/** Other series of an index trade a quarter of an hour longer; the expiring one ends with the stocks. */
const stocksCloseUs = (venue: SessionVenue, date: string): number => {
  requireSession(venue, date);
  return requireSession("us_equity", date).closesUs;
};

const requireMonthly = (expiryDate: string): { readonly date: string; readonly opensUs: number } => {
  const session = requireSession("cboe_spx", expiryDate);
  const { year, month } = dayOf(expiryDate);
  const monthly = monthlyExpiryDate(year, month);
  if (monthly !== expiryDate) throw new CalendarError("no_expiry", `cboe_spx has no expiry on ${expiryDate}: that month's is ${monthly}.`);
  return session;
};
