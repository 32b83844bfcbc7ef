import { newBlackGreeks, writeBlackGreeks } from "./european/black.ts";
import { exp } from "./kernels/exponential.ts";
import { impliedVol } from "./implied-vol/implied-vol.ts";
import { log, log1p } from "./kernels/logarithm.ts";
import { millsRatio } from "./kernels/mills-ratio.ts";
import { normalDensity, normalDistribution } from "./kernels/normal.ts";

/** Uniform numbers in [0, 1) with 53 bits, from 32-bit integer arithmetic only (mulberry32): the same on every platform. */
export const seededUniform = (seed: number): (() => number) => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word = (word + Math.imul(word ^ (word >>> 7), word | 61)) ^ word;
    return (word ^ (word >>> 14)) >>> 0;
  };
  return () => {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };
};

/** Big-endian IEEE-754 bytes of `count` results. */
const bytesOf = (count: number, result: () => number): Uint8Array => {
  const bytes = new Uint8Array(count * 8);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < count; index += 1) view.setFloat64(index * 8, result());
  return bytes;
};

/** Each greek of a random option in turn. */
const greekSource = (uniform: () => number): (() => number) => {
  const greeks = newBlackGreeks();
  let queue: number[] = [];
  return () => {
    if (queue.length === 0) {
      writeBlackGreeks(
        {
          forward: 50 + 100 * uniform(),
          strike: 50 + 100 * uniform(),
          yearsToExpiry: 2 * uniform() * uniform() * uniform(),
          vol: 0.01 + 1.5 * uniform() * uniform(),
          rate: uniform() < 0.5 ? 0 : 0.1 * uniform() - 0.02,
          putCall: uniform() < 0.5 ? "call" : "put",
        },
        greeks,
      );
      queue = [greeks.rhoPerUnitRate, greeks.thetaPerYear, greeks.vegaPerUnitVol, greeks.gamma, greeks.delta, greeks.price];
    }
    return queue.pop() ?? 0;
  };
};

/** The volatility of a random out-of-the-money price; -1 where there is none. */
const impliedVolOf = (uniform: () => number): number => {
  const forward = 50 + 100 * uniform();
  const strike = 50 + 100 * uniform();
  const price = Math.min(forward, strike) * uniform() * uniform() * uniform() * uniform();
  const result = impliedVol({ forward, strike, yearsToExpiry: 0.001 + uniform(), price, putCall: strike >= forward ? "call" : "put" });
  return result.kind === "vol" ? result.vol : -1;
};

/**
 * Results of every kernel over seeded inputs, as bytes to be hashed: equal bytes on two platforms mean equal replays there.
 * Inputs and results use no function that is not this package's own.
 */
export const kernelSamples = (count: number): ReadonlyMap<string, Uint8Array> => {
  const uniform = seededUniform(20210104);
  const between = (low: number, high: number): number => low + (high - low) * uniform();
  return new Map([
    ["exp", bytesOf(count, () => exp(between(-746, 710)))],
    ["log", bytesOf(count, () => log(exp(between(-745, 709))))],
    ["log1p", bytesOf(count, () => log1p(uniform() < 0.5 ? between(-1, 1) : exp(between(-40, 40))))],
    ["millsRatio", bytesOf(count, () => millsRatio(between(0, 40)))],
    ["normalDensity", bytesOf(count, () => normalDensity(between(-39, 39)))],
    ["normalDistribution", bytesOf(count, () => normalDistribution(between(-39, 9)))],
    ["blackGreeks", bytesOf(count, greekSource(uniform))],
    ["impliedVol", bytesOf(count, () => impliedVolOf(uniform))],
  ]);
};
