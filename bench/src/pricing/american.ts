import { accurateAmericanScheme, americanOption, fastAmericanScheme, preciseAmericanScheme, type AmericanScheme } from "@finality/pricing";
import { Option } from "option-pricing";
import type { Measurement } from "../measurement.ts";
import { beside } from "./beside.ts";
import { bestNanoseconds } from "./best-time.ts";
import { yardstick } from "./yardstick.ts";

const TREE_STEPS = 1_000;
const TREE_OPTIONS = 4;

/** Nanoseconds a put with a spot from 90 to 110. */
const timePuts = (options: number, price: (spot: number) => number): number =>
  bestNanoseconds(options, () => {
    let sum = 0;
    for (let row = 0; row < options; row += 1) sum += price(90 + (20 * row) / options);
    if (Number.isNaN(sum)) throw new Error("A price is NaN.");
  });

/** The same puts as QuantLib's: struck at 105, a year. */
const ours =
  (scheme: AmericanScheme, dividend = 0.01) =>
  (spot: number): number =>
    americanOption({ spot, strike: 105, yearsToExpiry: 1, vol: 0.3, rate: 0.03, yield: dividend, putCall: "put" }, scheme).price;

/** npm's package knows no yield. */
const tree = (spot: number): number =>
  new Option({ style: "american", type: "put", initialSpotPrice: spot, strikePrice: 105, timeToMaturity: 1, volatility: 0.3, riskFreeRate: 0.03 }).price("bt", { timeSteps: TREE_STEPS });

/** A tree of so many steps is right to about a hundredth of a percent of the strike; more apart, something else was priced. */
const requireSamePrice = (): void => {
  const [exact, approximate] = [ours(preciseAmericanScheme, 0)(100), tree(100)];
  if (!(Math.abs(exact - approximate) < 0.01)) throw new Error(`The tree's price is ${String(approximate)}, ours ${String(exact)}.`);
};

const besideTree = (): Measurement => {
  requireSamePrice();
  const value = timePuts(500, ours(accurateAmericanScheme, 0));
  return beside(`accurate beside option-pricing (tree of ${TREE_STEPS.toLocaleString("en")} steps)`, { value, baseline: timePuts(TREE_OPTIONS, tree) });
};

export const american = async (): Promise<readonly Measurement[]> => {
  const quantlib = yardstick("quantlib.cpp");
  const row = (name: string, scheme: AmericanScheme, options: number): Measurement =>
    beside(`${name} beside QuantLib's fixed point`, { value: timePuts(options, ours(scheme)), baseline: quantlib.nanoseconds(`american ${name}`) });
  return [row("fast", fastAmericanScheme, 2_000), row("accurate", accurateAmericanScheme, 500), row("high precision", preciseAmericanScheme, 50), besideTree()];
};
