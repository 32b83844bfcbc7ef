import { yearsToExpiry } from "@finality/domain";
import { requireInstant } from "./wall-time.ts";
import { sessionsBetween, type Stretch } from "./sessions.ts";

/** `act365f`: every hour counts, 365 days a year. `trading252`: only hours in which New York's stocks trade count, 252 days of 6.5 h a year. */
export type YearConvention = "act365f" | "trading252";

const TRADING_YEAR_US = 252 * 6.5 * 3_600_000_000;

/**
 * Years of a stretch; 0 where it ends before it begins. Volatility belongs to its convention: vol × √years is the same total in both only
 * if each is used with its own. A short day counts by its hours, so that a calendar year is about 1. Throws CalendarError `range`: for an
 * instant that is none, and in trading time outside 2004 to 2099.
 */
export const yearsBetween = (convention: YearConvention, stretch: Stretch): number => {
  const fromUs = requireInstant("fromUs", stretch.fromUs);
  const toUs = requireInstant("toUs", stretch.toUs);
  if (convention === "act365f") return yearsToExpiry(fromUs, toUs);
  let openUs = 0;
  for (const { opensUs, closesUs } of sessionsBetween("us_equity", stretch)) openUs += Math.min(closesUs, toUs) - Math.max(opensUs, fromUs);
  return openUs / TRADING_YEAR_US;
};
