import { blackGreeks, type PutCall } from "@finality/pricing";

/** The same numbers in every run: a linear congruence is enough for inputs of a benchmark. */
export const uniformFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

export type Quote = {
  readonly forward: number;
  readonly strike: number;
  readonly yearsToExpiry: number;
  readonly vol: number;
  readonly putCall: PutCall;
  /** Undiscounted, out of the money. */
  readonly price: number;
};

type Draw = (uniform: () => number) => { readonly forward: number; readonly strike: number; readonly yearsToExpiry: number; readonly vol: number };

const near: Draw = (uniform) => ({ forward: 100, strike: 100 * Math.exp(-0.3 + 0.6 * uniform()), vol: 0.1 + 0.5 * uniform(), yearsToExpiry: 0.05 + 1.95 * uniform() });

const crypto: Draw = (uniform) => ({
  forward: 60_000,
  strike: 60_000 * Math.exp(Math.log(0.3) + Math.log(10) * uniform()),
  vol: 0.25 + 1.25 * uniform(),
  yearsToExpiry: Math.exp(Math.log(1 / 8_760) + Math.log(8_760) * uniform()),
});

const grid = (draw: Draw, priceMin: number, count: number): readonly Quote[] => {
  const uniform = uniformFrom(12_345);
  const quotes: Quote[] = [];
  while (quotes.length < count) {
    const drawn = draw(uniform);
    const putCall = drawn.strike >= drawn.forward ? "call" : "put";
    const { price } = blackGreeks({ ...drawn, rate: 0, putCall });
    if (price > priceMin) quotes.push({ ...drawn, putCall, price });
  }
  return quotes;
};

/** Out-of-the-money quotes near the money, and over a whole crypto chain from an hour to a year. */
export const nearGrid = (count: number): readonly Quote[] => grid(near, 1e-8, count);
export const cryptoGrid = (count: number): readonly Quote[] => grid(crypto, 1e-3, count);
