import { describe, expect, test } from "vitest";
import { batchStatus } from "../batch-status.ts";
import { seededUniform } from "../kernel-samples.ts";
import { blackGreeks } from "./black.ts";
import { blackScholesGreeks } from "./black-scholes.ts";
import { keepLogarithms, writeExpiryGreeks } from "./expiry-batch.ts";
import { blackScholesFullGreeks } from "./full-greeks.ts";
import { writeGeneralFullGreeks, writeGeneralGreeks, type GeneralOptions } from "./general-batch.ts";
import { newFullGreekColumns, newGreekColumns } from "./greek-columns.ts";

// More than two blocks, and not a whole number of them.
const count = 700;
const fields = ["price", "delta", "gamma", "vegaPerUnitVol", "thetaPerYear", "rhoPerUnitRate"] as const;

const randomOptions = (): GeneralOptions => {
  const uniform = seededUniform(7);
  const column = (draw: () => number): Float64Array => Float64Array.from({ length: count }, draw);
  return {
    count,
    spot: column(() => 60_000 * (0.9 + 0.2 * uniform())),
    // From the money to wings outside the table.
    strike: column(() => 60_000 * Math.exp((uniform() - 0.5) * (uniform() < 0.3 ? 6 : 0.3))),
    yearsToExpiry: column(() => (uniform() < 0.05 ? 0 : Math.exp(-9 + 9 * uniform()))),
    vol: column(() => (uniform() < 0.05 ? 0 : 0.05 + 1.5 * uniform())),
    rate: column(() => 0.1 * uniform() - 0.02),
    yield: column(() => 0.05 * uniform()),
    callPut: column(() => (uniform() < 0.5 ? 1 : -1)),
  };
};

const rowOf = (options: GeneralOptions, row: number) =>
  ({
    spot: options.spot[row] ?? NaN, strike: options.strike[row] ?? NaN, yearsToExpiry: options.yearsToExpiry[row] ?? NaN, vol: options.vol[row] ?? NaN,
    rate: options.rate[row] ?? NaN, yield: options.yield[row] ?? NaN, putCall: options.callPut[row] === 1 ? "call" : "put",
  }) as const;

describe("a batch gives the bits of the scalar form", () => {
  test("of one expiry, with and without kept logarithms", () => {
    const options = randomOptions();
    const terms = { forward: 60_500, yearsToExpiry: 0.02, rate: 0.03 };
    const plain = newGreekColumns(count);
    const kept = newGreekColumns(count);
    const status = new Uint8Array(count).fill(9);
    writeExpiryGreeks(terms, options, plain, status);
    writeExpiryGreeks(terms, { ...options, kept: keepLogarithms(60_500, options.strike, new Float64Array(count)) }, kept, status);
    expect([...status]).toEqual(new Array(count).fill(batchStatus.ok));
    for (let row = 0; row < count; row += 1) {
      const { strike, vol, putCall } = rowOf(options, row);
      const alone = blackGreeks({ ...terms, strike, vol, putCall });
      for (const field of fields) {
        expect(plain[field][row]).toBe(alone[field]);
        // The reference is the forward itself: nothing was added.
        expect(kept[field][row]).toBe(alone[field]);
      }
    }
  });

  test("of options that share nothing", () => {
    const options = randomOptions();
    const five = newGreekColumns(count);
    const all = newFullGreekColumns(count);
    const status = new Uint8Array(count);
    writeGeneralGreeks(options, five, status);
    writeGeneralFullGreeks(options, all, status);
    for (let row = 0; row < count; row += 1) {
      const alone = blackScholesGreeks(rowOf(options, row));
      for (const field of fields) expect(five[field][row]).toBe(alone[field]);
      const full = blackScholesFullGreeks(rowOf(options, row));
      for (const field of Object.keys(all) as (keyof typeof all)[]) expect(all[field][row], field).toBe(full[field]);
    }
  });

  test("wherever a row stands, and whatever stands beside it", () => {
    const options = randomOptions();
    const whole = newGreekColumns(count);
    writeGeneralGreeks(options, whole, new Uint8Array(count));
    const turned = Object.fromEntries(Object.entries(options).map(([name, column]) => [name, typeof column === "number" ? column : column.toReversed()])) as unknown as GeneralOptions;
    const reversed = newGreekColumns(count);
    writeGeneralGreeks(turned, reversed, new Uint8Array(count));
    for (const field of fields) expect(reversed[field].toReversed()).toEqual(whole[field]);
  });
});

test("kept logarithms of another forward cost no more than a few roundings of d1", () => {
  const uniform = seededUniform(11);
  const strike = Float64Array.from({ length: count }, () => 60_000 * Math.exp(0.4 * (uniform() - 0.5)));
  const options = { count, strike, vol: new Float64Array(count).fill(0.5), callPut: new Float64Array(count).fill(1) };
  const kept = keepLogarithms(60_000, strike, new Float64Array(count));
  const [direct, moved] = [newGreekColumns(count), newGreekColumns(count)];
  const terms = { forward: 61_234.5, yearsToExpiry: 0.02, rate: 0 };
  writeExpiryGreeks(terms, options, direct, new Uint8Array(count));
  writeExpiryGreeks(terms, { ...options, kept }, moved, new Uint8Array(count));
  for (let row = 0; row < count; row += 1) {
    const price = direct.price[row] ?? NaN;
    expect(Math.abs((moved.price[row] ?? NaN) - price)).toBeLessThanOrEqual(1e-15 * 75_000 + 2e-14 * price);
    expect(Math.abs((moved.delta[row] ?? NaN) / (direct.delta[row] ?? NaN) - 1)).toBeLessThanOrEqual(1e-13);
  }
});

describe("bad rows", () => {
  const bad: readonly (readonly [keyof Omit<GeneralOptions, "count">, number])[] = [
    ["spot", 0], ["spot", NaN], ["spot", -1], ["strike", -1], ["strike", NaN], ["strike", Infinity], ["vol", -0.1], ["vol", NaN], ["vol", Infinity],
    ["yearsToExpiry", -1], ["yearsToExpiry", NaN], ["rate", NaN], ["yield", Infinity], ["callPut", 0], ["callPut", 0.5], ["callPut", NaN],
  ];

  test.each(bad)("%s %d becomes NaN with its status, and its neighbours keep their values", (name, value) => {
    const options = randomOptions();
    const [before, after] = [newFullGreekColumns(count), newFullGreekColumns(count)];
    const status = new Uint8Array(count);
    writeGeneralFullGreeks(options, before, status);
    options[name][300] = value;
    writeGeneralFullGreeks(options, after, status);
    expect(status[300]).toBe(batchStatus.invalidInput);
    expect(status.filter((each) => each !== batchStatus.ok)).toHaveLength(1);
    for (const field of Object.keys(after) as (keyof typeof after)[]) {
      expect(after[field][300], field).toBeNaN();
      expect(after[field][299]).toBe(before[field][299]);
    }
  });

  test.each([["strike", -1], ["strike", NaN], ["vol", -0.1], ["vol", Infinity], ["callPut", 0.5], ["callPut", 2]] as const)("of one expiry: %s %d", (name, value) => {
    const options = randomOptions();
    options[name][300] = value;
    const result = newGreekColumns(count);
    const status = new Uint8Array(count);
    writeExpiryGreeks({ forward: 60_000, yearsToExpiry: 0.1, rate: 0.01 }, options, result, status);
    expect(status[300]).toBe(batchStatus.invalidInput);
    expect(status.filter((each) => each !== batchStatus.ok)).toHaveLength(1);
    for (const field of fields) expect(result[field][300], field).toBeNaN();
  });

  test("what all rows share is refused by name", () => {
    const options = randomOptions();
    expect(() => { writeExpiryGreeks({ forward: -1, yearsToExpiry: 1, rate: 0 }, options, newGreekColumns(count), new Uint8Array(count)); }).toThrow("forward must be finite and > 0, got -1");
  });
});
