import { expect, test } from "vitest";
import { inCoin, numberArgument, termsOf, yearsOf } from "./option-terms.ts";

const us = (instant: string): number => Date.parse(instant) * 1000;
const at = us("2026-08-17T08:00Z");

test("numbers as people type them", () => {
  expect([numberArgument("0.25"), numberArgument("25%"), numberArgument("1e-3"), numberArgument("-5%")]).toEqual([0.25, 0.25, 0.001, -0.05]);
  for (const text of ["", "%", " ", "twenty", "Infinity", "1,5", "NaN%"]) expect(() => numberArgument(text), text).toThrow("It must be a number such as 0.25 or 25%.");
});

test("years come from one of four ways", () => {
  expect(yearsOf({ years: 0.5 })).toBe(0.5);
  expect(yearsOf({ days: 73 })).toBe(0.2);
  expect(yearsOf({ expires: us("2027-08-17T08:00Z"), at })).toBe(1);
  expect(yearsOf({ at }, us("2027-08-17T08:00Z"))).toBe(1);
  expect(() => yearsOf({})).toThrow("Time to expiry is missing: give one of --years, --days, --expires, --instrument.");
  expect(() => yearsOf({ years: 1, days: 1 })).toThrow("Time to expiry is given twice: --years and --days.");
  expect(() => yearsOf({ days: 1 }, at)).toThrow("given twice: --days and --instrument");
  expect(() => yearsOf({ days: 1, at })).toThrow("--at goes with --expires or --instrument");
  expect(() => yearsOf({ expires: at, at: at + 1 })).toThrow("The option expired at 2026-08-17T08:00:00.000Z");
});

test("an instrument gives strike, side, expiry and settlement", () => {
  expect(termsOf(undefined, { instrument: "BTC-17AUG27-60000-P", forward: 66_520, rate: 0, at })).toEqual({
    putCall: "put", strike: 60_000, yearsToExpiry: 1, rate: 0, underlying: { kind: "forward", price: 66_520 }, american: false, coin: true,
  });
  expect(termsOf(undefined, { instrument: "BTC_USDC-17AUG27-60000-C", spot: 66_520, rate: 0.04, at })).toMatchObject({ putCall: "call", underlying: { kind: "spot", yield: 0 }, coin: false });
});

test.each([
  ["a side beside the instrument", "call", { instrument: "BTC-17AUG27-60000-P", forward: 1, rate: 0, at }, "leave them out"],
  ["a future", undefined, { instrument: "BTC-17AUG27", forward: 1, rate: 0, at }, "BTC-17AUG27 is no option."],
  ["coin prices on a spot", undefined, { instrument: "BTC-17AUG27-60000-P", spot: 1, rate: 0, at }, "give --forward, not --spot"],
  ["--coin with a spot", "put", { coin: true, spot: 1, strike: 1, days: 1, rate: 0 }, "--coin goes with --forward"],
  ["a yield of a forward", "put", { forward: 1, yield: 0.1, strike: 1, days: 1, rate: 0 }, "--yield goes with --spot"],
  ["an American option on a forward", "put", { forward: 1, american: true, strike: 1, days: 1, rate: 0 }, "--american goes with --spot"],
  ["no strike", "put", { forward: 1, days: 1, rate: 0 }, "--strike is missing"],
  ["no side", undefined, { forward: 1, strike: 1, days: 1, rate: 0 }, 'Say "put" or "call", or name an --instrument.'],
] as const)("refuses %s", (_, putCall, options, message) => {
  expect(() => termsOf(putCall, options)).toThrow(message);
});

test("coin prices take no rate, and an instrument that settles in dollars is not in coin", () => {
  expect([inCoin({ rate: 0 }), inCoin({ rate: 0, coin: true }), inCoin({ rate: 0 }, "inverse"), inCoin({ rate: 0.05 }, "linear")]).toEqual([false, true, true, false]);
  expect(() => inCoin({ rate: 0.05, coin: true })).toThrow("leave --rate out");
  expect(() => inCoin({ rate: 0.05 }, "inverse")).toThrow("leave --rate out");
  expect(() => inCoin({ rate: 0, coin: true }, "linear")).toThrow("--coin contradicts --instrument");
});
