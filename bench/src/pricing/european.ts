import {
  blackScholesGreeks,
  keepLogarithms,
  newFullGreekColumns,
  newGreekColumns,
  writeExpiryGreeks,
  writeGeneralFullGreeks,
  writeGeneralGreeks,
  type GeneralOptions,
} from "@finality/pricing";
import { alone, type Measurement } from "../measurement.ts";
import { beside } from "./beside.ts";
import { bestNanoseconds } from "./best-time.ts";
import { uniformFrom } from "./grids.ts";
import { yardstick } from "./yardstick.ts";

/** The distributions of the C++ limit's inputs. */
const optionsOf = (count: number): GeneralOptions => {
  const uniform = uniformFrom(9);
  const column = (draw: () => number): Float64Array => new Float64Array(count).map(draw);
  return {
    count,
    spot: column(() => 60_000 * (0.9 + 0.2 * uniform())),
    strike: column(() => 60_000 * Math.exp(-0.7 + 1.4 * uniform())),
    yearsToExpiry: column(() => Math.exp(Math.log(1 / 8_760) + Math.log(8_760) * uniform())),
    vol: column(() => 0.25 + 1.25 * uniform()),
    rate: column(() => 0.05 * uniform()),
    yield: column(() => 0.03 * uniform()),
    callPut: column(() => (uniform() < 0.5 ? -1 : 1)),
  };
};

const terms = { forward: 60_000, yearsToExpiry: 0.08, rate: 0.03 };
const REVALUED = 1_000;

/** A book's revaluation on a move of the forward: strikes and vols stay. */
const revaluation = (): Measurement => {
  const { strike, vol, callPut } = optionsOf(REVALUED);
  const options = { count: REVALUED, strike, vol, callPut, kept: keepLogarithms(terms.forward, strike, new Float64Array(REVALUED)) };
  const [result, status] = [newGreekColumns(REVALUED), new Uint8Array(REVALUED)];
  let forward = terms.forward;
  const nanoseconds = bestNanoseconds(1, () => {
    forward = forward > 61_000 ? 59_000 : forward + 1;
    writeExpiryGreeks({ ...terms, forward }, options, result, status);
  });
  return alone("a book of 1,000 options revalued after a move", nanoseconds / 1_000, "µs");
};

export const european = async (): Promise<readonly Measurement[]> => {
  const limit = yardstick("batch-limit.cpp");
  const rows = [1_024, 16_384, 1_000_000].flatMap((count) => {
    const general = optionsOf(count);
    const { strike, vol, callPut } = general;
    const options = { count, strike, vol, callPut };
    const kept = keepLogarithms(61_000, strike, new Float64Array(count));
    const [result, all, status] = [newGreekColumns(count), newFullGreekColumns(count), new Uint8Array(count)];
    const named = count.toLocaleString("en");
    const row = (name: string, against: string, work: () => void, atMost?: number): Measurement =>
      beside(`${name}, ${named}`, { value: bestNanoseconds(count, work), baseline: limit.nanoseconds(against, count) }, atMost === undefined || count > 16_384 ? undefined : { atMost });
    return [
      row("one expiry, logarithms kept", "chain5", () => {
        writeExpiryGreeks(terms, { ...options, kept }, result, status);
      }, 3),
      row("one expiry", "chain5", () => {
        writeExpiryGreeks(terms, options, result, status);
      }, 4.5),
      row("all terms per option", "general", () => {
        writeGeneralGreeks(general, result, status);
      }),
      row("all terms and all greeks to the third order", "all", () => {
        writeGeneralFullGreeks(general, all, status);
      }),
    ];
  });
  return [...rows, revaluation(), alone("one option a call", oneByOne(), "ns")];
};

const oneByOne = (): number => {
  const count = 4_096;
  const { spot, strike, yearsToExpiry, vol, rate, yield: dividend, callPut } = optionsOf(count);
  const inputs = Array.from(spot, (each, row) => ({
    spot: each,
    strike: strike[row] ?? NaN,
    yearsToExpiry: yearsToExpiry[row] ?? NaN,
    vol: vol[row] ?? NaN,
    rate: rate[row] ?? NaN,
    yield: dividend[row] ?? NaN,
    putCall: callPut[row] === 1 ? ("call" as const) : ("put" as const),
  }));
  let sum = 0;
  return bestNanoseconds(count, () => {
    for (const input of inputs) sum += blackScholesGreeks(input).price;
    if (Number.isNaN(sum)) throw new Error("A price is NaN.");
  });
};
