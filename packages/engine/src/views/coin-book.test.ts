import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { day, index, inverseOption, inversePerpetual, quote, Scenario, second, spot, startUs } from "../testing/scenario.ts";
import { bookView, type BookView } from "./book-view.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const expiryUs = startUs + 2 * day;

const coinQuote = (bid: string, ask: string, venueTimeUs: number) => ({ kind: "quote", instrument: "C60000", venueTimeUs, bid, ask }) as const;
const viewOf = (scenario: Scenario): BookView => bookView(scenario.state, "scalper");

/** Long 10 calls of strike 60,000 at 0.02 coins; short 3,000 perpetuals of 10 at 60,000. Fees 0.003 and 0.00025 coins. */
const hedgedOnce = (): Scenario => {
  const scenario = new Scenario(sha256);
  scenario.list(inversePerpetual, inverseOption("call", "60000"));
  scenario.openBook({ hedgeInstrument: "PERP", policy: { type: "none" } });
  scenario.ticks(startUs, index(60_000, startUs), quote("PERP", 59_990, 60_010, startUs), coinQuote("0.0195", "0.0205", startUs));
  scenario.trade("c", "C60000", "buy", "10", "0.02", { fee: "0.003" });
  scenario.trade("h1", "PERP", "sell", "3000", "60000", { fee: "0.00025" });
  return scenario;
};

/** A second later at 64,000: the option is worth 0.05 coins, 2,000 more perpetuals are sold there. */
const hedgedTwice = (): Scenario => {
  const scenario = hedgedOnce();
  const at = startUs + second;
  scenario.ticks(at, index(64_000, at), quote("PERP", 63_990, 64_010, at), coinQuote("0.0495", "0.0505", at));
  scenario.trade("h2", "PERP", "sell", "2000", "64000", { fee: "0.00015625" });
  return scenario;
};

describe("a coin book", () => {
  test("counts in coins, to the last digit", () => {
    const scenario = hedgedTwice();
    // Sold: 30,000 / 60,000 + 20,000 / 64,000 = 0.8125 coins; worth 50,000 / 64,000 = 0.78125 now.
    expect(viewOf(scenario).positions).toMatchObject([
      { instrument: "C60000", quantity: "10", averagePrice: "0.02", markPrice: "0.05", currency: "BTC", realizedPnl: "0", unrealizedPnl: "0.3", fees: "0.003" },
      { instrument: "PERP", quantity: "-5000", markPrice: "64000", currency: "BTC", realizedPnl: "0", unrealizedPnl: "-0.03125", fees: "0.00040625" },
    ]);
    expect(viewOf(scenario).positions[1]?.averagePrice).toMatch(/^61538\.4615384615384615/);
    // 0.3 - 0.03125 - 0.00340625; paid until now: 0.2 of premium, and the fees.
    expect(viewOf(scenario).pnl).toMatchObject({ currency: "BTC", optionPnl: "0.3", hedgePnl: "-0.03125", fees: "0.00340625", netPnl: "0.26534375", cash: "-0.20340625" });
  });

  test("says its amounts in quote currency too, at the index and its time", () => {
    const scenario = hedgedTwice();
    const pricedUs = startUs + second;
    expect(viewOf(scenario).pnl.inQuote).toEqual({ price: "64000", priceTimeUs: pricedUs, netPnl: "16982", cash: "-13018" });
    // Nothing happened to the coins: the conversion moves with the index, and says so.
    scenario.ticks(pricedUs + second, index(62_000, pricedUs + second));
    expect(viewOf(scenario).pnl).toMatchObject({ netPnl: "0.26534375", inQuote: { price: "62000", priceTimeUs: pricedUs + second, netPnl: "16451.3125", cash: "-12611.1875" } });
  });

  test("has no amounts in quote currency before an index, and no other book has any", () => {
    const scenario = new Scenario(sha256);
    scenario.list(inversePerpetual, spot);
    scenario.openBook({ hedgeInstrument: "PERP", policy: { type: "none" } });
    scenario.openBook({ book: "dollars", hedgeInstrument: "SPOT", policy: { type: "none" } });
    scenario.trade("h", "PERP", "sell", "3000", "60000");
    expect(viewOf(scenario).pnl.inQuote).toBeNull();
    scenario.ticks(startUs, index(60_000, startUs));
    expect(viewOf(scenario).pnl.inQuote).toMatchObject({ price: "60000" });
    expect(bookView(scenario.state, "dollars").pnl).toMatchObject({ currency: "USD", inQuote: null });
  });

  test("shows the delta of its quote-currency value and, premium-adjusted, that of its coins", () => {
    const { greeks } = viewOf(hedgedOnce());
    // Half of 10 coins and a little; short 3,000 × 10 / 60,000.
    expect(greeks.optionDelta).toBeGreaterThan(5);
    expect(greeks.hedgeDelta).toBe(-0.5);
    // The vol is the one of the mark of 0.02 coins: 10 × 0.02 lie between the two.
    expect((greeks.optionDelta ?? NaN) - (greeks.higher?.premiumAdjustedDelta ?? NaN)).toBeCloseTo(0.2, 12);
    expect(greeks.netDelta?.low).toBe((greeks.optionDelta ?? NaN) - 0.5);
  });

  test("settles its option at the delivery price and keeps the result of its hedge", () => {
    const scenario = hedgedTwice();
    scenario.ticks(expiryUs, index(62_500, expiryUs), quote("PERP", 62_490, 62_510, expiryUs));
    const decisions = scenario.send(expiryUs, "settlement_price", { instrument: "C60000", price: "62500", venueTimeUs: expiryUs });
    // 10 × 2,500 / 62,500.
    expect(decisions).toMatchObject([{ type: "PositionSettled", body: { quantity: "10", price: "62500", cash: "0.4" } }]);
    // Hedge: 0.8 - 0.8125; net: -0.2 - 0.0125 + 0.4 - 0.00340625.
    expect(viewOf(scenario).pnl).toMatchObject({ optionPnl: "-0.2", settlement: "0.4", hedgePnl: "-0.0125", netPnl: "0.18409375", cash: "0.19659375", inQuote: { netPnl: "11505.859375" } });
    scenario.trade("close", "PERP", "buy", "5000", "62500");
    expect(viewOf(scenario).pnl).toMatchObject({ hedgePnl: "-0.0125", netPnl: "0.18409375", cash: "0.18409375", inQuote: { cash: "11505.859375" } });
    expect(viewOf(scenario).positions[1]).toMatchObject({ quantity: "0", realizedPnl: "-0.0125", status: "flat" });
  });

  test("rounds the coins of each trade to 8 digits, once", () => {
    const scenario = hedgedOnce();
    scenario.trade("part", "PERP", "buy", "1", "50000");
    // Bought 10 / 50,000 = 0.0002; 0.5 × 2,999 / 3,000 = 0.49983333… stays sold, so 0.00016667 of the 0.5 is closed.
    expect(viewOf(scenario).positions[1]).toMatchObject({ quantity: "-2999", realizedPnl: "0.00003333" });
  });
});
