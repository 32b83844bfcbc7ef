import { blackGreeks } from "@finality/pricing";
import { expect, test } from "vitest";
import { parityOf, parseSmile, quotesOf } from "./smile-quotes.ts";

const prices = (...rows: readonly string[]) => parseSmile("q.csv", ["strike,type,bid,ask", ...rows].join("\n"));

test("columns are found by name, an empty field is a side without an order", () => {
  expect(parseSmile("q.csv", "\uFEFFAsk, Bid ,type,strike,note\r\n2,1,C,90,x\r\n\r\n,1.5,put,95,\r\n")).toEqual({
    kind: "prices",
    lines: [{ strike: 90, type: "call", bid: 1, ask: 2 }, { strike: 95, type: "put", bid: 1.5, ask: 0 }],
  });
  expect(parseSmile("q.csv", "strike,bid_vol,ask_vol\n90,0.2,0.21")).toEqual({ kind: "vols", lines: [{ strike: 90, type: undefined, bid: 0.2, ask: 0.21 }] });
});

test.each([
  ["", 'q.csv: the header must be strike,type,bid,ask or strike,bid_vol,ask_vol, got "".'],
  ["strike;type;bid;ask", 'got "strike;type;bid;ask"'],
  ["strike,type,bid,ask\n\n90,call,one,2", 'line 3: bid must be a number, got "one"'],
  ["strike,type,bid,ask\n90,call,1,-2", 'line 2: ask must be >= 0, got "-2"'],
  ["strike,type,bid,ask\n,call,1,2", 'line 2: strike must be > 0, got ""'],
  ["strike,type,bid,ask\n90,straddle,1,2", 'line 2: type must be call or put, got "straddle"'],
  ["strike,type,bid,ask\n90,call,1", "line 2: it must have 4 fields, as the header does, got 3."],
  ["strike,type,bid,ask\n90,call,1,200,5", "line 2: it must have 4 fields, as the header does, got 5."],
  ["strike,type,bid,ask\n90,call,1,2\n90,put,1,2\n90.0,C,1,2", "line 4: 90 call stands in line 2 already."],
])("refuses %j", (text, message) => {
  expect(() => parseSmile("q.csv", text)).toThrow(message);
});

const price = (strike: number, putCall: "call" | "put", rate = 0): number => blackGreeks({ forward: 101, strike, yearsToExpiry: 0.5, vol: 0.3, rate, putCall }).price;
const row = (strike: number, putCall: "call" | "put", unit: number, rate = 0): string => `${String(strike)},${putCall},${String(price(strike, putCall, rate) * unit * 0.999)},${String(price(strike, putCall, rate) * unit * 1.001)}`;
const book = (unit: number, rate = 0) => prices(...[110, 90, 95, 105, 100].flatMap((strike) => [row(strike, "call", unit, rate), row(strike, "put", unit, rate)]));

test.each([
  ["quote currency", 1, 0, false],
  ["quote currency, discounted", 1, 0.05, false],
  ["coin", 1 / 101, 0, true],
])("the out-of-the-money options in %s give the vol that they were priced at, by rising strike", (_, unit, rate, coin) => {
  const quotes = quotesOf(book(unit, rate), { forward: 101, yearsToExpiry: 0.5, discount: Math.exp(-rate * 0.5), coin });
  expect(quotes.map(({ strike }) => strike)).toEqual([90, 95, 100, 105, 110]);
  for (const { strike, logMoneyness, bidVol, askVol } of quotes) {
    expect(logMoneyness).toBe(Math.log(strike / 101));
    expect(bidVol).toBeLessThan(0.3);
    expect(askVol).toBeGreaterThan(0.3);
    expect(askVol - bidVol).toBeLessThan(0.002);
  }
  const forward = parityOf(book(unit, rate), coin);
  expect(forward.kind === "forward" ? forward.forward : forward.kind).toBeCloseTo(101, 1);
});

test("a side without an order, or a price without a vol, leaves its quote unusable and counted", () => {
  const quotes = quotesOf(prices("90,put,,1", "100,call,5,6", "110,call,3,2"), { forward: 95, yearsToExpiry: 0.5, discount: 1, coin: false });
  expect(quotes.map(({ strike, bidVol, askVol }) => [strike, bidVol > 0 && bidVol <= askVol])).toEqual([[90, false], [100, true], [110, false]]);
  expect(parityOf(prices("90,put,1,2"), false).kind).not.toBe("forward");
});
