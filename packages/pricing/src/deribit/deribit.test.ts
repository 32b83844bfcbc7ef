import { describe, expect, test } from "vitest";
import funding from "../../reference/tables/deribit-funding.json" with { type: "json" };
import quotes from "../../reference/tables/deribit-quotes.json" with { type: "json" };
import tickers from "../../reference/quotes/deribit-tickers-2021-07-22.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { deliveryShare, deltaTotal, deribitGreeks, deribitYears } from "./deribit-greeks.ts";
import { accruedFunding, fundingRate } from "./funding.ts";

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** ETH-30JUL21-2800-C: a test's own reading of the name. */
const partsOf = (name: string) => {
  const [, day = "", month = "", year = "", strike = "", side = ""] = /^[A-Z]+-(\d{1,2})([A-Z]{3})(\d{2})-(\d+)-([CP])$/.exec(name) ?? [];
  return { expiryMs: Date.UTC(2000 + Number(year), MONTHS.indexOf(month), Number(day), 8), strike: Number(strike), putCall: side === "C" ? ("call" as const) : ("put" as const) };
};

test.each(referenceRows(tickers).map((row) => [row.text("instrument"), row.number("timestamp_ms"), row] as const))("the exchange's own greeks of %s at %d", (name, atMs, row) => {
  const own = deribitGreeks({ ...partsOf(name), atMs, underlyingPrice: row.number("underlying_price"), vol: row.number("mark_iv_percent") / 100, markPrice: row.number("mark_price") });
  expect(Math.abs(own.delta - row.number("delta"))).toBeLessThanOrEqual(1e-4);
  expect(Math.abs(own.vega - row.number("vega"))).toBeLessThanOrEqual(0.011);
  expect(Math.abs(own.gamma - row.number("gamma"))).toBeLessThanOrEqual(0.6e-5);
  expect(Math.abs(own.theta - row.number("theta"))).toBeLessThanOrEqual(Math.max(0.01 * Math.abs(own.theta), 0.02));
  expect(Math.abs(own.rho - row.number("rho"))).toBeLessThanOrEqual(0.01 + 1e-3 * Math.abs(own.rho));
  expect(Math.abs(own.markPrice - row.number("mark_price"))).toBeLessThanOrEqual(5e-5 + 2e-4 * own.markPrice);
});

// The rows without a time were recorded with a time left in years: their expiry is set so that it comes out.
test.each(referenceRows(quotes).filter((row) => !Number.isNaN(row.number("delta"))).map((row) => [row.text("instrument"), row.number("K"), row] as const))("quoted elsewhere: %s %d", (_, strike, row) => {
  const years = row.number("T");
  const own = deribitGreeks({
    underlyingPrice: row.number("underlying_price"), strike, atMs: 0, expiryMs: years * 365 * 86_400_000, vol: row.number("mark_iv_pct") / 100,
    putCall: row.number("w") === 1 ? "call" : "put",
  });
  const fitted = Number.isNaN(row.number("timestamp_ms"));
  const near = (gave: number, column: string, absolute: number): void => {
    const expected = row.number(column);
    expect(Math.abs(gave - expected), column).toBeLessThanOrEqual(Math.max(1e-3 * Math.abs(expected), absolute));
  };
  expect(Math.abs(own.delta - row.number("delta"))).toBeLessThanOrEqual(fitted ? 3e-4 : 1.2e-4);
  near(own.gamma, "gamma", 0.6e-5);
  near(own.vega, "vega", 0.011);
  near(own.theta, "theta", 0.02);
  near(own.rho, "rho", 0.01);
  const mark = row.number("mark_price");
  expect(Math.abs(own.markPrice - mark)).toBeLessThanOrEqual(Math.max(2e-3 * mark, 1e-4));
});

describe("conventions", () => {
  const at = { underlyingPrice: 60_000, strike: 60_000, vol: 0.5, putCall: "call" } as const;
  const hour = 3_600_000;

  test("theta is a day's, or what is left of the life, and never more than the option is worth", () => {
    const long = deribitGreeks({ ...at, atMs: 0, expiryMs: 240 * hour });
    const short = deribitGreeks({ ...at, atMs: 0, expiryMs: 12 * hour });
    expect(long.theta).toBeGreaterThan(-long.usdPrice);
    expect(short.theta).toBeGreaterThanOrEqual(-short.usdPrice);
    const wing = deribitGreeks({ ...at, strike: 66_000, atMs: 0, expiryMs: 6 * hour });
    expect(wing.theta).toBe(-wing.usdPrice);
  });

  test("over the last 30 minutes delta and mark of an expiring option fall in a line: 0.5 - 0.15 = 0.35 after 15 minutes", () => {
    const option = { contracts: 1, delta: 1, markPrice: 0.3, expiryMs: 30 * 60_000 };
    expect(deltaTotal({ options: [option], futuresCoin: 0, atMs: 15 * 60_000 })).toBeCloseTo(0.35, 15);
    expect(deltaTotal({ options: [option], futuresCoin: -0.2, atMs: 0 })).toBeCloseTo(0.5, 15);
    expect(deliveryShare(-hour, option.expiryMs)).toBe(1);
    expect(deliveryShare(hour, option.expiryMs)).toBe(0);
  });

  test("time is in milliseconds over 365 days", () => {
    expect(deribitYears(0, 365 * 86_400_000)).toBe(1);
    expect(deribitYears(5, 4)).toBe(0);
  });

  test("refuses what is out of range by name", () => {
    expect(() => deribitGreeks({ ...at, underlyingPrice: 0, atMs: 0, expiryMs: hour })).toThrow("underlyingPrice must be finite and > 0, got 0");
    expect(() => deltaTotal({ options: [{ contracts: 1, delta: NaN, markPrice: 0, expiryMs: 0 }], futuresCoin: 0, atMs: 0 })).toThrow("delta must be finite, got NaN");
  });
});

describe("funding", () => {
  test.each(referenceRows(funding).map((row) => [row.number("mark"), row.number("index"), row] as const))("mark %d, index %d", (mark, index, row) => {
    const rate = fundingRate({ mark, index, cap: row.number("cap") });
    // At the edge of the dead band the table has the rounding of its own arithmetic, 1e-41.
    expect(Math.abs(rate - row.number("funding_8h"))).toBeLessThanOrEqual(1e-12 * Math.abs(row.number("funding_8h")) + 1e-19);
    const { fraction } = accruedFunding([{ mark, index, cap: row.number("cap"), fromMs: 0 }], row.number("hours") * 3_600_000);
    expect(Math.abs(fraction - row.number("fraction_for_period"))).toBeLessThanOrEqual(1e-12 * Math.abs(fraction) + 1e-19);
  });

  test("accrual over parts is accrual over the whole", () => {
    const stretch = { mark: 60_100, index: 60_000, cap: 0.005 };
    const whole = accruedFunding([{ ...stretch, fromMs: 0 }], 7_200_000);
    const parts = accruedFunding([{ ...stretch, fromMs: 0 }, { ...stretch, fromMs: 1_234_567 }], 7_200_000);
    expect(parts.fraction).toBeCloseTo(whole.fraction, 18);
    expect(whole.coinPerUsd).toBeCloseTo(whole.fraction / 60_000, 18);
    expect(() => accruedFunding([{ ...stretch, fromMs: 5 }, { ...stretch, fromMs: 4 }], 10)).toThrow("fromMs must not fall, got 4 after 5");
  });
});
