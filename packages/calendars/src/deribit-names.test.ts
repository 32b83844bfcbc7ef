import fc from "fast-check";
import { expect, test } from "vitest";
import { deribitExpiryKind, formatDeribitExpiry, formatDeribitInstrument, parseDeribitExpiry, parseDeribitInstrument } from "./deribit-names.ts";

const coin = { underlying: "BTC", settlement: "inverse", settlementCurrency: "BTC" } as const;

test("names as they are listed", () => {
  expect(parseDeribitInstrument("BTC-25JUN27-60000-C")).toEqual({ ...coin, kind: "option", expiryDate: "2027-06-25", strike: 60_000, putCall: "call" });
  expect(parseDeribitInstrument("BTC-1JAN27")).toEqual({ ...coin, kind: "future", expiryDate: "2027-01-01" });
  expect(parseDeribitInstrument("BTC-PERPETUAL")).toEqual({ ...coin, kind: "perpetual" });
  const linear = { settlement: "linear", settlementCurrency: "USDC" } as const;
  expect(parseDeribitInstrument("XRP_USDC-30AUG24-0d525-P")).toEqual({ ...linear, underlying: "XRP", kind: "option", expiryDate: "2024-08-30", strike: 0.525, putCall: "put" });
  expect(parseDeribitInstrument("ETH_USDC-PERPETUAL")).toEqual({ ...linear, underlying: "ETH", kind: "perpetual" });
});

test.each([
  ["BTC-25JUN27-60000-X", '"BTC-25JUN27-60000-X" is no instrument of Deribit: it must end in C or P'],
  ["BTC-25JUN27-60000-C-1", "it must end in C or P"],
  ["BTC-25JUN27-60000", "it must end in C or P"],
  ["BTC-25JUN27-0-C", '"0" is no strike'],
  ["BTC-25JUN27-6e4-C", '"6e4" is no strike'],
  ["BTC-25JUN27-060000-C", '"060000" is no strike'],
  ["BTC-25JUN27-0.5-C", '"0.5" is no strike'],
  ["BTC-30FEB27-60000-C", '"30FEB27" is no expiry of Deribit'],
  ["BTC-25jun27", '"25jun27" is no expiry of Deribit'],
  ["BTC-05JUN27", '"05JUN27" is no expiry of Deribit'],
  ["BTC-FS-25JUN27_PERP", '"25JUN27_PERP" is no strike'],
  ["BTC_USDC", "it has neither an expiry nor PERPETUAL"],
  ["btc-PERPETUAL", '"btc" is no currency or pair'],
  ["", '"" is no instrument of Deribit'],
])("refuses %s", (name, message) => {
  expect(() => parseDeribitInstrument(name)).toThrow(message);
});

const anyDate = fc.date({ min: new Date("2010-01-01T00:00Z"), max: new Date("2099-12-31T00:00Z"), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));

test("what is printed is read back", () => {
  fc.assert(
    fc.property(anyDate, fc.integer({ min: 1, max: 9_999_999 }), fc.constantFrom(1, 0.5, 0.001), fc.boolean(), (expiryDate, ticks, tick, isCall) => {
      expect(parseDeribitExpiry(formatDeribitExpiry(expiryDate))).toBe(expiryDate);
      const strike = Number((ticks * tick).toFixed(3));
      const option = { underlying: "SOL", settlement: "linear", settlementCurrency: "USDC", kind: "option", expiryDate, strike, putCall: isCall ? "call" : "put" } as const;
      expect(parseDeribitInstrument(formatDeribitInstrument(option))).toEqual(option);
    }),
    { numRuns: 300 },
  );
  for (const name of ["BTC-25JUN27-60000-C", "XRP_USDC-30AUG24-0d525-P", "ETH-7AUG26", "SOL_USDC-PERPETUAL"]) expect(formatDeribitInstrument(parseDeribitInstrument(name))).toBe(name);
});

test("what has no name is not printed", () => {
  expect(() => formatDeribitExpiry("2100-01-01")).toThrow("two digits for its year, 2000 to 2099; got 2100-01-01");
  expect(() => formatDeribitExpiry("2027-6-25")).toThrow('"2027-6-25" is not a date');
  expect(() => formatDeribitInstrument({ ...coin, kind: "option", expiryDate: "2027-06-25", strike: 1e-7, putCall: "put" })).toThrow("1e-7 is no strike");
});

test("daily, weekly, monthly and quarterly expiries", () => {
  expect(["2026-08-17", "2026-08-21", "2026-08-28", "2026-09-25", "2027-06-25", "2026-12-25"].map(deribitExpiryKind)).toEqual(["daily", "weekly", "monthly", "quarterly", "quarterly", "quarterly"]);
});
