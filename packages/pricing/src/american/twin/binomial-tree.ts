import { blackScholesGreeks } from "../../european/black-scholes.ts";
import { exp } from "../../kernels/exponential.ts";
import type { AmericanInput } from "../american-input.ts";

/** One tree of Cox, Ross and Rubinstein (1979) whose last step is the Black–Scholes price, which takes the saw's teeth off its error. */
const treePrice = (input: AmericanInput, steps: number): number => {
  const { spot, strike, yearsToExpiry, vol, rate, yield: dividend } = input;
  const years = yearsToExpiry / steps;
  const move = vol * Math.sqrt(years);
  const down = exp(-move);
  const probability = (exp((rate - dividend) * years) - down) / (exp(move) - down);
  const discount = exp(-rate * years);
  const sign = input.putCall === "call" ? 1 : -1;
  const spotAt = (step: number, ups: number): number => spot * exp((2 * ups - step) * move);
  const last = steps - 1;
  let values = Float64Array.from({ length: steps }, (_, ups) => {
    const there = spotAt(last, ups);
    return Math.max(sign * (there - strike), blackScholesGreeks({ ...input, spot: there, yearsToExpiry: years }).price);
  });
  for (let step = last - 1; step >= 0; step -= 1) {
    const later = values;
    values = Float64Array.from({ length: step + 1 }, (_, ups) => {
      const waiting = discount * (probability * (later[ups + 1] ?? NaN) + (1 - probability) * (later[ups] ?? NaN));
      return Math.max(sign * (spotAt(step, ups) - strike), waiting);
    });
  }
  return values[0] ?? NaN;
};

/**
 * Price of an American option by brute force, for tests: two trees and Richardson's extrapolation (Broadie and Detemple 1996).
 * Right to some 1e-4 of the strike at 200 steps. The step must be short enough for the probability to lie between 0 and 1.
 */
export const binomialPrice = (input: AmericanInput, steps: number): number => 2 * treePrice(input, steps) - treePrice(input, steps / 2);
