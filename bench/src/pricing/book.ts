import { keepLogarithms, newGreekColumns, writeExpiryGreeks } from "@finality/pricing";
import type { Measurement } from "../measurement.ts";
import { beside } from "./beside.ts";
import { bestNanoseconds } from "./best-time.ts";
import { requireEveryRowPriced } from "./every-row-priced.ts";
import { uniformFrom } from "./grids.ts";
import { yardstick } from "./yardstick.ts";

const SPOT = 60_000;
const RATE = 0.03;
const OPTIONS_PER_EXPIRY = 100;
const EXPIRIES_IN_DAYS = [1, 2, 3, 7, 14, 30, 60, 90, 180, 365];
const OPTIONS = OPTIONS_PER_EXPIRY * EXPIRIES_IN_DAYS.length;

/** Listed strikes lie closer where expiry is near: here up to sqrt(years) in the logarithm, four standard deviations at the least vol. */
const expiryOf = (days: number, uniform: () => number) => {
  const yearsToExpiry = days / 365;
  const column = (draw: () => number): Float64Array => new Float64Array(OPTIONS_PER_EXPIRY).map(draw);
  const strike = column(() => SPOT * Math.exp((2 * uniform() - 1) * Math.sqrt(yearsToExpiry)));
  return {
    yearsToExpiry,
    forwardPerSpot: Math.exp(RATE * yearsToExpiry),
    options: {
      count: OPTIONS_PER_EXPIRY,
      strike,
      vol: column(() => 0.25 + 1.25 * uniform()),
      callPut: column(() => (uniform() < 0.5 ? -1 : 1)),
      kept: keepLogarithms(SPOT, strike, new Float64Array(OPTIONS_PER_EXPIRY)),
    },
    result: newGreekColumns(OPTIONS_PER_EXPIRY),
    status: new Uint8Array(OPTIONS_PER_EXPIRY),
  };
};

/** A tick of the underlying moves every forward; strikes, vols and times stay. */
export const book = async (): Promise<readonly Measurement[]> => {
  const uniform = uniformFrom(31);
  const expiries = EXPIRIES_IN_DAYS.map((days) => expiryOf(days, uniform));
  let spot = SPOT;
  const nanoseconds = bestNanoseconds(1, () => {
    spot = spot > SPOT * 1.02 ? SPOT * 0.98 : spot + 1;
    for (const { yearsToExpiry, forwardPerSpot, options, result, status } of expiries) {
      writeExpiryGreeks({ forward: spot * forwardPerSpot, yearsToExpiry, rate: RATE }, options, result, status);
    }
  });
  for (const { status } of expiries) requireEveryRowPriced("book", status);
  const limit = yardstick("batch-limit.cpp").nanoseconds("chain5", 1_024);
  const name = `a book of ${OPTIONS.toLocaleString("en")} options over ${String(EXPIRIES_IN_DAYS.length)} expiries revalued after a tick`;
  return [beside(name, { value: nanoseconds / 1_000, baseline: limit === null ? null : (limit * OPTIONS) / 1_000, unit: "µs" })];
};
