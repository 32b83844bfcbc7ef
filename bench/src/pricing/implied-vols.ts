import { impliedVol, writeImpliedVols } from "@finality/pricing";
import type { Measurement } from "../measurement.ts";
import { beside } from "./beside.ts";
import { bestNanoseconds } from "./best-time.ts";
import { requireEveryRowPriced } from "./every-row-priced.ts";
import { cryptoGrid, nearGrid, type Quote } from "./grids.ts";
import { yardstick, type Yardstick } from "./yardstick.ts";

const QUOTES = 100_000;
/** Published for the reference implementation in C++ are 280 to 380 ns; its source is not to be had here. */
const PUBLISHED_NANOSECONDS = 330;

const scalar = (quotes: readonly Quote[]): number => {
  let sum = 0;
  return bestNanoseconds(quotes.length, () => {
    for (const quote of quotes) {
      const result = impliedVol(quote);
      if (result.kind !== "vol") throw new Error(`No vol of ${JSON.stringify(quote)}.`);
      sum += result.vol;
    }
    if (Number.isNaN(sum)) throw new Error("A vol is NaN.");
  });
};

const batch = (quotes: readonly Quote[]): number => {
  const column = (of: (quote: Quote) => number): Float64Array => Float64Array.from(quotes, of);
  const columns = {
    forward: column(({ forward }) => forward),
    strike: column(({ strike }) => strike),
    yearsToExpiry: column(({ yearsToExpiry }) => yearsToExpiry),
    price: column(({ price }) => price),
    isCall: Uint8Array.from(quotes, ({ putCall }) => (putCall === "call" ? 1 : 0)),
  };
  const results = { vol: new Float64Array(quotes.length), status: new Uint8Array(quotes.length) };
  const nanoseconds = bestNanoseconds(quotes.length, () => {
    writeImpliedVols(columns, results);
  });
  requireEveryRowPriced("implied vols in columns", results.status);
  return nanoseconds;
};

const rowsOf = (name: "near" | "crypto", quotes: readonly Quote[], quantlib: Yardstick): readonly Measurement[] => {
  const one = scalar(quotes);
  return [
    beside(`${name}: one at a time beside ${String(PUBLISHED_NANOSECONDS)} ns as published for C++`, { value: one, baseline: PUBLISHED_NANOSECONDS }, { atMost: 1.5 }),
    beside(`${name}: columns beside ${String(PUBLISHED_NANOSECONDS)} ns as published for C++`, { value: batch(quotes), baseline: PUBLISHED_NANOSECONDS }, { atMost: 1.5 }),
    beside(`${name}: one at a time beside QuantLib`, { value: one, baseline: quantlib.nanoseconds(`implied vol ${name}`) }),
  ];
};

export const impliedVols = async (): Promise<readonly Measurement[]> => {
  const quantlib = yardstick("quantlib.cpp");
  return [...rowsOf("near", nearGrid(QUOTES), quantlib), ...rowsOf("crypto", cryptoGrid(QUOTES), quantlib)];
};
