import {
  keepLogarithms,
  newFullGreekColumns,
  newGreekColumns,
  writeExpiryGreeks,
  writeGeneralFullGreeks,
  writeGeneralGreeks,
  type BlackScholesInput,
  type GeneralOptions,
} from "@finality/pricing";
import { alone, type Measurement } from "../measurement.ts";
import { bytesAllocated } from "./allocation.ts";
import { beside } from "./beside.ts";
import { bestNanoseconds } from "./best-time.ts";
import { requireEveryRowPriced } from "./every-row-priced.ts";
import { uniformFrom } from "./grids.ts";
import { oneByOne } from "./one-by-one.ts";
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

export const european = async (): Promise<readonly Measurement[]> => {
  const limit = yardstick("batch-limit.cpp");
  const rows = [1_024, 16_384, 1_000_000].flatMap((count) => {
    const general = optionsOf(count);
    const { strike, vol, callPut } = general;
    const options = { count, strike, vol, callPut };
    const kept = keepLogarithms(61_000, strike, new Float64Array(count));
    const [result, all, status] = [newGreekColumns(count), newFullGreekColumns(count), new Uint8Array(count)];
    const named = count.toLocaleString("en");
    const row = (name: string, against: string, work: () => void, atMost?: number): Measurement => {
      const value = bestNanoseconds(count, work);
      requireEveryRowPriced(name, status);
      return beside(`${name}, ${named}`, { value, baseline: limit.nanoseconds(against, count) }, atMost === undefined || count > 16_384 ? undefined : { atMost });
    };
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
  return [...rows, allocation(), ...oneByOne(inputsOf(optionsOf(4_096)))];
};

const inputsOf = ({ spot, strike, yearsToExpiry, vol, rate, yield: dividend, callPut }: GeneralOptions): readonly BlackScholesInput[] =>
  Array.from(spot, (each, row) => ({
    spot: each,
    strike: strike[row] ?? NaN,
    yearsToExpiry: yearsToExpiry[row] ?? NaN,
    vol: vol[row] ?? NaN,
    rate: rate[row] ?? NaN,
    yield: dividend[row] ?? NaN,
    putCall: callPut[row] === 1 ? "call" : "put",
  }));

/** Batches are to leave no garbage behind. */
const allocation = (): Measurement => {
  const count = 16_384;
  const { strike, vol, callPut } = optionsOf(count);
  const options = { count, strike, vol, callPut };
  const [result, status] = [newGreekColumns(count), new Uint8Array(count)];
  const bytes = bytesAllocated(count, () => {
    writeExpiryGreeks(terms, options, result, status);
  });
  return alone("one expiry, 16,384: growth of the heap", bytes, "bytes");
};
