import { CalendarError } from "./errors.ts";
import { lastWeekday } from "./new-york-holidays.ts";
import { dayOf } from "./wall-time.ts";

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] as const;
const FRIDAY = 5;

/** What a name on Deribit says. Inverse: quoted in US dollars, settled in the coin. Linear: settled in the currency behind the underscore. */
export type DeribitInstrument = DeribitContract &
  (
    | { readonly kind: "perpetual" }
    | { readonly kind: "future"; readonly expiryDate: string }
    | { readonly kind: "option"; readonly expiryDate: string; readonly strike: number; readonly putCall: "put" | "call" }
  );

type DeribitContract = {
  /** Such as BTC. */
  readonly underlying: string;
  readonly settlement: "inverse" | "linear";
  /** What gains are paid in: the underlying's coin, or such as USDC. */
  readonly settlementCurrency: string;
};

const twoDigits = (value: number): string => String(value).padStart(2, "0");

/** "25JUN27" as "2027-06-25". Throws CalendarError `name`. */
export const parseDeribitExpiry = (name: string): string => {
  const [, dayOfMonth, month, year] = /^([1-9]\d?)([A-Z]{3})(\d{2})$/.exec(name) ?? [];
  const place = months.findIndex((each) => each === month);
  const date = `20${year}-${twoDigits(place + 1)}-${twoDigits(Number(dayOfMonth))}`;
  if (place < 0 || !isDate(date)) throw new CalendarError("name", `"${name}" is no expiry of Deribit: it must be a day, month and year such as 25JUN27 or 1JAN27.`);
  return date;
};

const isDate = (date: string): boolean => {
  try {
    dayOf(date);
    return true;
  } catch {
    return false;
  }
};

/** "2027-06-25" as "25JUN27". Throws CalendarError `date`, and `range` outside 2000 to 2099, which two digits cannot tell. */
export const formatDeribitExpiry = (expiryDate: string): string => {
  const { day, month, year } = dayOf(expiryDate);
  if (year < 2000 || year > 2099) throw new CalendarError("range", `An expiry's name has two digits for its year, 2000 to 2099; got ${expiryDate}.`);
  return `${day}${months[month - 1] ?? ""}${twoDigits(year - 2000)}`;
};

/** Quarterly and monthly expiries are the last Friday of their month, weekly ones every other Friday, all others daily. */
export const deribitExpiryKind = (expiryDate: string): "quarterly" | "monthly" | "weekly" | "daily" => {
  const day = dayOf(expiryDate);
  if (day.weekday !== FRIDAY) return "daily";
  if (!day.hasSame(lastWeekday(day.year, day.month, FRIDAY), "day")) return "weekly";
  return day.month % 3 === 0 ? "quarterly" : "monthly";
};

const contractOf = (pair: string): DeribitContract | undefined => {
  const [, underlying, currency] = /^([A-Z0-9]+)(?:_([A-Z0-9]+))?$/.exec(pair) ?? [];
  if (underlying === undefined) return undefined;
  return currency === undefined ? { underlying, settlement: "inverse", settlementCurrency: underlying } : { underlying, settlement: "linear", settlementCurrency: currency };
};

/** A strike as names have it, with "d" for the decimal point: 0d525 is 0.525. */
const strikeOf = (text: string): number | undefined => {
  const strike = /^(0|[1-9]\d*)(d\d+)?$/.test(text) ? Number(text.replace("d", ".")) : NaN;
  return strike > 0 ? strike : undefined;
};

/**
 * "BTC-25JUN27-60000-C", "SOL_USDC-25JUN27-142d5-P", "BTC-25JUN27" or "BTC-PERPETUAL". Throws CalendarError `name` that quotes
 * what it cannot read; spot pairs and combinations of legs are among that.
 */
export const parseDeribitInstrument = (name: string): DeribitInstrument => {
  const [pair = "", expiry, strikeText, side, ...more] = name.split("-");
  const contract = contractOf(pair);
  const refuse = (why: string): never => {
    throw new CalendarError("name", `"${name}" is no instrument of Deribit: ${why}. Names are such as BTC-25JUN27-60000-C, BTC-25JUN27 and BTC-PERPETUAL.`);
  };
  if (contract === undefined) return refuse(`"${pair}" is no currency or pair`);
  if (expiry === undefined) return refuse("it has neither an expiry nor PERPETUAL");
  if (strikeText === undefined) return expiry === "PERPETUAL" ? { ...contract, kind: "perpetual" } : { ...contract, kind: "future", expiryDate: parseDeribitExpiry(expiry) };
  const strike = strikeOf(strikeText);
  if (strike === undefined) return refuse(`"${strikeText}" is no strike`);
  if ((side !== "C" && side !== "P") || more.length > 0) return refuse("it must end in C or P");
  return { ...contract, kind: "option", expiryDate: parseDeribitExpiry(expiry), strike, putCall: side === "C" ? "call" : "put" };
};

/** The name of an instrument; the one that `parseDeribitInstrument` reads. */
export const formatDeribitInstrument = (instrument: DeribitInstrument): string => {
  const pair = instrument.settlement === "inverse" ? instrument.underlying : `${instrument.underlying}_${instrument.settlementCurrency}`;
  switch (instrument.kind) {
    case "perpetual":
      return `${pair}-PERPETUAL`;
    case "future":
      return `${pair}-${formatDeribitExpiry(instrument.expiryDate)}`;
    case "option":
      return `${pair}-${formatDeribitExpiry(instrument.expiryDate)}-${strikeText(instrument.strike)}-${instrument.putCall === "call" ? "C" : "P"}`;
  }
};

const strikeText = (strike: number): string => {
  const text = String(strike).replace(".", "d");
  if (strikeOf(text) === undefined) throw new CalendarError("name", `${strike} is no strike: it must be > 0 and have plain digits.`);
  return text;
};
