import fc from "fast-check";
import { describe, expect, test } from "vitest";
import conventions from "../../reference/tables/delta-conventions-premium-adjusted.json" with { type: "json" };
import precise from "../../reference/tables/inverse-option-mp.json" with { type: "json" };
import { referenceRows, type ReferenceRow } from "../../reference/reference-table.ts";
import { blackGreeks } from "../european/black.ts";
import { inverseOptionGreeks, type InverseOptionInput } from "./inverse-option.ts";

const inputOf = (row: ReferenceRow): InverseOptionInput => ({
  forward: row.number("F"),
  strike: row.number("K"),
  yearsToExpiry: row.number("T"),
  vol: row.number("sigma"),
  putCall: row.number("w") === 1 ? "call" : "put",
});

test.each(referenceRows(precise).map((row) => [inputOf(row), row] as const))("against arbitrary precision: %o", (input, row) => {
  const greeks = inverseOptionGreeks(input);
  const near = (actual: number, column: string, tolerance: number): void => {
    expect(Math.abs(actual / row.number(column) - 1)).toBeLessThanOrEqual(tolerance);
  };
  near(greeks.quotePrice, "usd_price", 1e-13);
  near(greeks.coinPrice, "coin_price", 1e-13);
  near(greeks.blackScholesDelta, "usd_delta", 1e-13);
  near(greeks.gamma, "usd_gamma", 1e-13);
  near(greeks.premiumAdjustedDelta, "net_delta", 1e-13);
  near(greeks.premiumAdjustedGamma, "net_delta_dF", 1e-12);
  near(greeks.coinDeltaPerQuote, "coin_delta", 1e-13);
  near(greeks.coinGammaPerQuote, "coin_gamma", 1e-12);
  near(greeks.coinVegaPerVolPoint * 100, "coin_vega", 1e-13);
  near(greeks.coinThetaPerDay * 365, "coin_theta", 1e-13);
});

describe("premium-adjusted forward deltas as the FX market publishes them", () => {
  const forwardRows = referenceRows(conventions).filter((row) => row.text("delta_type") === "PaFwd" || row.text("delta_type") === "Fwd");
  test.each(forwardRows.map((row) => [row.text("delta_type"), row] as const))("%s", (type, row) => {
    const forward = (row.number("S") * row.number("forDf")) / row.number("domDf");
    const greeks = inverseOptionGreeks({
      forward,
      strike: row.number("K"),
      yearsToExpiry: 1,
      vol: row.number("stdDev"),
      putCall: row.number("w") === 1 ? "call" : "put",
    });
    const delta = type === "PaFwd" ? greeks.premiumAdjustedDelta : greeks.blackScholesDelta;
    expect(Math.abs(delta - row.number("delta"))).toBeLessThanOrEqual(1e-3);
  });
});

test("laws: the quote side is Black-76, the adjusted delta is delta less coin price and the slope of the coin price", () => {
  const anyOption = fc.record({
    forward: fc.double({ min: 1000, max: 100_000, noNaN: true }),
    moneyness: fc.double({ min: 0.5, max: 2, noNaN: true }),
    yearsToExpiry: fc.double({ min: 0.01, max: 2, noNaN: true }),
    vol: fc.double({ min: 0.2, max: 2, noNaN: true }),
    putCall: fc.constantFrom("put" as const, "call" as const),
  });
  fc.assert(
    fc.property(anyOption, ({ moneyness, ...rest }) => {
      const input = { ...rest, strike: rest.forward * moneyness };
      const greeks = inverseOptionGreeks(input);
      const quote = blackGreeks({ ...input, rate: 0 });
      expect(greeks.quotePrice).toBe(quote.price);
      expect(greeks.blackScholesDelta).toBe(quote.delta);
      expect(greeks.gamma).toBe(quote.gamma);
      expect(Math.abs(greeks.premiumAdjustedDelta - (greeks.blackScholesDelta - greeks.coinPrice))).toBeLessThanOrEqual(2e-15 * (1 + moneyness));
      const step = input.forward * 1e-5;
      const coinPrice = (forward: number): number => inverseOptionGreeks({ ...input, forward }).coinPrice;
      const slope = (coinPrice(input.forward + step) - coinPrice(input.forward - step)) / (2 * step);
      expect(Math.abs(slope * input.forward - greeks.premiumAdjustedDelta)).toBeLessThanOrEqual(1e-6);
    }),
  );
});

test("at expiry a call's adjusted delta is strike / forward in the money and 0 out of it", () => {
  const base: InverseOptionInput = { forward: 60_000, strike: 50_000, yearsToExpiry: 0, vol: 0.6, putCall: "call" };
  expect(inverseOptionGreeks(base)).toMatchObject({ quotePrice: 10_000, coinPrice: 10_000 / 60_000, blackScholesDelta: 1, premiumAdjustedDelta: 50_000 / 60_000, gamma: 0 });
  expect(inverseOptionGreeks({ ...base, strike: 70_000 })).toMatchObject({ quotePrice: 0, coinPrice: 0, blackScholesDelta: 0, premiumAdjustedDelta: 0 });
});
