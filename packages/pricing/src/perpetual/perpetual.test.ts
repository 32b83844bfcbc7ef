import fc from "fast-check";
import { describe, expect, test } from "vitest";
import perpetuals from "../../reference/tables/perpetual-futures-ahj.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { inverseFuturePnl, linearFuturePnl } from "./future-pnl.ts";
import { perpetualPrice } from "./perpetual-price.ts";

test.each(referenceRows(perpetuals).map((row) => [row.text("payoff"), row.text("funding_on"), row] as const))("a %s perpetual, funding %s", (payoff, on, row) => {
  const price = perpetualPrice({
    spot: row.number("S"), rate: row.number("r"), coinRate: row.number("q"), fundingPull: row.number("k_funding"), interestPart: row.number("iota_rate_diff"),
    settlement: payoff === "linear" ? "linear" : "inverse",
    funding: on === "cont" ? { kind: "continuous" } : { kind: on === "prev" ? "previous" : "current", yearsPerPeriod: row.number("dt_years") },
  });
  expect(Math.abs(price / row.number("perp_price") - 1)).toBeLessThanOrEqual(1e-12);
});

describe("profit", () => {
  test("inverse: 10,000 dollars from 50,000 to 60,000 earn 1/30 coin, 2,000 dollars", () => {
    const { coin, quote } = inverseFuturePnl(10_000, { entryPrice: 50_000, exitPrice: 60_000 });
    expect(coin).toBeCloseTo(1 / 30, 15);
    expect(quote).toBeCloseTo(2_000, 10);
    expect(linearFuturePnl(-2, { entryPrice: 50_000, exitPrice: 60_000 })).toEqual({ coin: -20_000 / 60_000, quote: -20_000, convertedAt: 60_000 });
  });

  test("coin profit of parts adds up, and a small move keeps its digits", () => {
    const price = fc.double({ min: 1_000, max: 200_000, noNaN: true });
    fc.assert(
      fc.property(price, price, price, (first, second, third) => {
        const coin = (entryPrice: number, exitPrice: number): number => inverseFuturePnl(1_000, { entryPrice, exitPrice }).coin;
        expect(coin(first, second) + coin(second, third)).toBeCloseTo(coin(first, third), 12);
      }),
    );
    // One part in 10^12 of a price: the difference of two reciprocals would have four digits left.
    const { coin } = inverseFuturePnl(1_000_000, { entryPrice: 64_000, exitPrice: 64_000.000_000_064 });
    expect(Math.abs(coin / ((1_000_000 * (64_000.000_000_064 - 64_000)) / 64_000 / 64_000) - 1)).toBeLessThan(1e-11);
  });

  test("refuses what is out of range by name", () => {
    expect(() => inverseFuturePnl(1, { entryPrice: 0, exitPrice: 1 })).toThrow("entryPrice must be finite and > 0, got 0");
    expect(() => linearFuturePnl(NaN, { entryPrice: 1, exitPrice: 1 })).toThrow("quantity must be finite, got NaN");
    expect(() => perpetualPrice({ spot: 1, rate: 5, coinRate: 0, fundingPull: 0.1, interestPart: 0, settlement: "linear", funding: { kind: "continuous" } })).toThrow("fundingPull must outweigh the rates, which take 5, got 0.1");
  });
});
