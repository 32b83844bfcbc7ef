import { CalendarError } from "./errors.ts";

/**
 * Whose rules of time hold. `deribit`: around the clock. `us_equity`: options on US stocks and funds. `cboe_spx`: the monthly S&P 500
 * options that settle on the opening of their expiry day. `cboe_spxw`: those that settle on its close.
 */
export const venues = ["deribit", "us_equity", "cboe_spx", "cboe_spxw"] as const;
export type Venue = (typeof venues)[number];
/** Venues that open and close. */
export type SessionVenue = Exclude<Venue, "deribit">;

const isVenue = (name: string): name is Venue => venues.some((venue) => venue === name);

/** The venue of that name. Throws CalendarError `unknown_venue`. */
export const venueNamed = (name: string): Venue => {
  if (!isVenue(name)) throw new CalendarError("unknown_venue", `There is no venue "${name}"; it must be one of ${venues.join(", ")}.`);
  return name;
};
