import { array, assert, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { decimal, formatDecimal, zero, type Decimal } from "../decimals/decimal.ts";
import { valueOf, type ContractTerms } from "./contract-terms.ts";
import { settlementCash } from "./option-payoff.ts";
import { applyTrade, averagePrice, flatPosition, realizedPnl, settle, unrealizedPnl, type Position, type Trade } from "./position.ts";

const linear: ContractTerms = { valuation: "linear", multiplier: decimal("100"), coin: false };
const inverse: ContractTerms = { valuation: "reciprocal", multiplier: decimal("10"), coin: true };

const trade = (quantity: string, price: string, fee = "0"): Trade => ({ quantity: decimal(quantity), price: decimal(price), fee: decimal(fee) });
const fold = (terms: ContractTerms, trades: readonly Trade[]): Position => trades.reduce((position, next) => applyTrade(terms, position, next), flatPosition);
const texts = (...values: readonly (Decimal | undefined)[]): readonly (string | undefined)[] =>
  values.map((value) => (value === undefined ? undefined : formatDecimal(value)));

const anyTrade = record({ units: integer({ min: -50, max: 50 }).filter((units) => units !== 0), cents: integer({ min: 1, max: 1_000_000 }), feeCents: integer({ min: -100, max: 100 }) }).map(
  ({ units, cents, feeCents }): Trade => ({
    quantity: decimal(String(units)),
    price: decimal(String(cents)).times(decimal("0.01")),
    fee: decimal(String(feeCents)).times(decimal("0.01")),
  }),
);
const anyTrades = array(anyTrade, { maxLength: 20 });

describe("a linear position", () => {
  test("averages what it buys, realizes what it sells", () => {
    const bought = fold(linear, [trade("10", "70.20"), trade("10", "71.20", "1.5")]);
    expect(texts(bought.quantity, averagePrice(linear, bought), realizedPnl(bought), bought.fees)).toEqual(["20", "70.7", "0", "1.5"]);
    const sold = applyTrade(linear, bought, trade("-5", "80.7"));
    expect(texts(sold.quantity, averagePrice(linear, sold), realizedPnl(sold), unrealizedPnl(linear, sold, decimal("60.7")))).toEqual(["15", "70.7", "5000", "-15000"]);
  });

  test("that flips realizes the old side and opens the new one at the trade's price", () => {
    const flipped = fold(linear, [trade("2", "100"), trade("-5", "110")]);
    expect(texts(flipped.quantity, averagePrice(linear, flipped), realizedPnl(flipped))).toEqual(["-3", "110", "2000"]);
  });

  test("is flat without an average price", () => {
    const flat = fold(linear, [trade("2", "100"), trade("-2", "90")]);
    expect(texts(flat.openCost, realizedPnl(flat), averagePrice(linear, flat))).toEqual(["0", "-2000", undefined]);
  });

  test("realizes quantity × multiplier × (price - average) when it is closed", () => {
    assert(
      property(anyTrades, integer({ min: 1, max: 1_000_000 }), (trades, cents) => {
        const price = decimal(String(cents)).times(decimal("0.01"));
        const position = fold(linear, trades);
        const closed = applyTrade(linear, position, { quantity: position.quantity.neg(), price, fee: zero });
        const gain = realizedPnl(closed).minus(realizedPnl(position));
        expect(formatDecimal(gain)).toBe(formatDecimal(position.quantity.isZero() ? zero : unrealizedPnl(linear, position, price)));
        expect(formatDecimal(closed.openCost)).toBe("0");
      }),
    );
  });

  test("has realized and unrealized P&L that sum to cash flowed plus value, to the last digit", () => {
    assert(
      property(anyTrades, integer({ min: 1, max: 1_000_000 }), (trades, cents) => {
        const mark = decimal(String(cents)).times(decimal("0.01"));
        const position = fold(linear, trades);
        // The whole, without any averaging: what was paid for each trade against the mark.
        const whole = trades.reduce((sum, { quantity, price }) => sum.plus(quantity.times(linear.multiplier).times(mark.minus(price))), zero);
        expect(formatDecimal(realizedPnl(position).plus(unrealizedPnl(linear, position, mark)))).toBe(formatDecimal(whole));
      }),
    );
  });
});

describe.each([
  ["linear", linear],
  ["inverse", inverse],
])("a %s position", (_name, terms) => {
  test("does not care about the order of fills of one price", () => {
    assert(
      property(array(integer({ min: -20, max: 20 }).filter((units) => units !== 0), { minLength: 1, maxLength: 8 }), integer({ min: 1, max: 100_000 }), (units, cents) => {
        const price = decimal(String(cents)).times(decimal("0.01"));
        const trades = units.map((count): Trade => ({ quantity: decimal(String(count)), price, fee: zero }));
        const forward = fold(terms, trades);
        const backward = fold(terms, [...trades].reverse());
        expect(texts(forward.quantity, forward.tradeCash)).toEqual(texts(backward.quantity, backward.tradeCash));
        // Coin amounts are rounded trade by trade, so only linear costs are exact.
        if (terms === linear) expect(texts(forward.openCost, realizedPnl(forward))).toEqual(texts(backward.openCost, zero));
      }),
    );
  });

  test("mirrors: what the long gains the short loses", () => {
    assert(
      property(anyTrades, (trades) => {
        const long = fold(terms, trades);
        const short = fold(
          terms,
          trades.map(({ quantity, price, fee }) => ({ quantity: quantity.neg(), price, fee })),
        );
        expect(texts(long.quantity, long.openCost, long.tradeCash, realizedPnl(long))).toEqual(
          texts(short.quantity.neg(), short.openCost.neg(), short.tradeCash.neg(), realizedPnl(short).neg()),
        );
        expect(formatDecimal(long.fees)).toBe(formatDecimal(short.fees));
      }),
    );
  });
});

describe("an inverse position", () => {
  test("earns contracts × multiplier × (1/entry - 1/exit) coins", () => {
    const position = fold(inverse, [trade("1000", "40000")]);
    expect(texts(averagePrice(inverse, position), unrealizedPnl(inverse, position, decimal("50000")))).toEqual(["40000", "0.05"]);
    const closed = applyTrade(inverse, position, trade("-1000", "50000"));
    expect(texts(realizedPnl(closed), closed.quantity)).toEqual(["0.05", "0"]);
  });

  test("keeps coin amounts of 8 decimals", () => {
    assert(
      property(anyTrades, (trades) => {
        const { openCost, tradeCash } = fold(inverse, trades);
        for (const amount of [openCost, tradeCash]) expect(amount.decimalPlaces()).toBeLessThanOrEqual(8);
      }),
    );
  });

  test("is worth less than nothing when long, and ever less negative as the price rises", () => {
    const low = valueOf(inverse, decimal("1000"), decimal("40000"));
    const high = valueOf(inverse, decimal("1000"), decimal("50000"));
    expect(texts(low, high)).toEqual(["-0.25", "-0.2"]);
  });
});

describe("settlement", () => {
  const terms = { strike: decimal("3700"), multiplier: decimal("100"), settlement: "linear" } as const;

  test.each([
    ["call", "10", "3700.65", "650"],
    ["put", "10", "3700.65", "0"],
    ["put", "-10", "3699.5", "-500"],
    ["call", "-10", "3700", "0"],
  ] as const)("of a %s, quantity %s at %s pays %s", (putCall, quantity, price, cash) => {
    expect(formatDecimal(settlementCash({ ...terms, putCall }, decimal(quantity), decimal(price)))).toBe(cash);
  });

  test("of an inverse option is in coin, 8 decimals", () => {
    const cash = settlementCash({ putCall: "call", strike: decimal("40000"), multiplier: decimal("1"), settlement: "inverse" }, decimal("3"), decimal("43000"));
    expect(formatDecimal(cash)).toBe("0.20930233");
  });

  test("keeps the premium in the trading cash and realizes both", () => {
    const settled = settle(fold(linear, [trade("10", "9.8", "5")]), decimal("650"));
    expect(texts(settled.quantity, settled.tradeCash, settled.settlementCash, realizedPnl(settled), settled.fees)).toEqual(["0", "-9800", "650", "-9150", "5"]);
  });
});
