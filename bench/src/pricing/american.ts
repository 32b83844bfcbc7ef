import { accurateAmericanScheme, americanOption, fastAmericanScheme, preciseAmericanScheme, type AmericanScheme } from "@finality/pricing";
import type { Measurement } from "../measurement.ts";
import { beside } from "./beside.ts";
import { bestNanoseconds } from "./best-time.ts";
import { yardstick } from "./yardstick.ts";

/** The same puts as QuantLib's: struck at 105, a year, spots from 90 to 110. */
const priceAll = (scheme: AmericanScheme, options: number): number =>
  bestNanoseconds(options, () => {
    let sum = 0;
    for (let row = 0; row < options; row += 1) {
      sum += americanOption({ spot: 90 + (20 * row) / options, strike: 105, yearsToExpiry: 1, vol: 0.3, rate: 0.03, yield: 0.01, putCall: "put" }, scheme).price;
    }
    if (Number.isNaN(sum)) throw new Error("A price is NaN.");
  });

export const american = async (): Promise<readonly Measurement[]> => {
  const quantlib = yardstick("quantlib.cpp");
  const row = (name: string, scheme: AmericanScheme, options: number): Measurement =>
    beside(`${name} beside QuantLib's fixed point`, { value: priceAll(scheme, options), baseline: quantlib.nanoseconds(`american ${name}`) });
  return [row("fast", fastAmericanScheme, 2_000), row("accurate", accurateAmericanScheme, 500), row("high precision", preciseAmericanScheme, 50)];
};
