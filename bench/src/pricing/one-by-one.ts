import { blackGreeks, blackScholesGreeks, type BlackScholesInput } from "@finality/pricing";
import { alone, type Measurement } from "../measurement.ts";
import { beside } from "./beside.ts";
import { bestNanoseconds } from "./best-time.ts";
import { cryptoGrid, nearGrid, type Quote } from "./grids.ts";
import { yardstick } from "./yardstick.ts";

const COUNT = 4_096;

const time = <Input>(inputs: readonly Input[], price: (input: Input) => number): number => {
  let sum = 0;
  return bestNanoseconds(inputs.length, () => {
    for (const input of inputs) sum += price(input);
    if (Number.isNaN(sum)) throw new Error("A price is NaN.");
  });
};

const black = (quotes: readonly Quote[]): number => time(quotes.map((quote) => ({ ...quote, rate: 0 })), (input) => blackGreeks(input).price);

/** Price and all first greeks, one option a call, with the input and the result as objects. */
export const oneByOne = (general: readonly BlackScholesInput[]): readonly Measurement[] => {
  const quantlib = yardstick("quantlib.cpp");
  return [
    beside("one option a call, near, beside QuantLib's calculator", { value: black(nearGrid(COUNT)), baseline: quantlib.nanoseconds("calculator near") }),
    beside("one option a call, crypto, beside QuantLib's calculator", { value: black(cryptoGrid(COUNT)), baseline: quantlib.nanoseconds("calculator crypto") }),
    alone("one option a call, all terms per option", time(general, (input) => blackScholesGreeks(input).price), "ns"),
  ];
};
