import { newFullGreeks, writeBlackScholesFullGreeks, type FullGreeks } from "./european/full-greeks.ts";
import { newBlackGreeks, writeBlackGreeks } from "./european/black.ts";
import { impliedVol } from "./implied-vol/implied-vol.ts";
import { erfcx } from "./kernels/erfcx.ts";
import { exp } from "./kernels/exponential.ts";
import { expm1 } from "./kernels/expm1.ts";
import { inverseNormalDistribution } from "./kernels/inverse-normal.ts";
import { logRatio } from "./kernels/log-ratio.ts";
import { log, log1p } from "./kernels/logarithm.ts";
import { millsRatio } from "./kernels/mills-ratio.ts";
import { normalDensity, normalDistribution } from "./kernels/normal.ts";
import { pow } from "./kernels/power.ts";

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

type Draw = (low: number, high: number) => number;

/** Results of one random option after the other, each of its fields in turn. */
const fieldsOf = (evaluate: () => readonly number[]): (() => number) => {
  let fields: readonly number[] = [];
  let at = 0;
  return () => {
    if (at === fields.length) {
      fields = evaluate();
      at = 0;
    }
    at += 1;
    return fields[at - 1] ?? NaN;
  };
};

const fiveGreeks = (draw: Draw): (() => number) => {
  const greeks = newBlackGreeks();
  return fieldsOf(() => {
    const rate = draw(0, 1) < 0.5 ? 0 : draw(-0.02, 0.08);
    const yearsToExpiry = 2 * draw(0, 1) * draw(0, 1) * draw(0, 1);
    writeBlackGreeks(
      { forward: draw(50, 150), strike: draw(50, 150), yearsToExpiry, vol: 0.01 + 1.5 * draw(0, 1) * draw(0, 1), rate, putCall: draw(0, 1) < 0.5 ? "call" : "put" },
      greeks,
    );
    return [greeks.price, greeks.delta, greeks.gamma, greeks.vegaPerUnitVol, greeks.thetaPerYear, greeks.rhoPerUnitRate];
  });
};

const higherGreeks = (draw: Draw): (() => number) => {
  const greeks: FullGreeks = newFullGreeks();
  return fieldsOf(() => {
    const option = { strike: draw(50, 150), yearsToExpiry: draw(0.001, 2), vol: draw(0.05, 1.5), rate: draw(-0.02, 0.08), yield: draw(-0.02, 0.05) };
    writeBlackScholesFullGreeks({ ...option, spot: draw(50, 150), putCall: draw(0, 1) < 0.5 ? "call" : "put" }, greeks);
    return [
      greeks.price, greeks.phiPerUnitYield, greeks.vannaPerUnitVol, greeks.volgaPerUnitVol, greeks.charmPerYear, greeks.vetaPerYear, greeks.speed,
      greeks.zommaPerUnitVol, greeks.colorPerYear, greeks.ultimaPerUnitVol, greeks.dualDelta, greeks.dualGamma,
    ];
  });
};

/** The volatility of a random out-of-the-money price; -1 where there is none. */
const impliedVols = (draw: Draw) => (): number => {
  const forward = draw(50, 150);
  const strike = draw(50, 150);
  const price = Math.min(forward, strike) * draw(0, 1) * draw(0, 1) * draw(0, 1) * draw(0, 1);
  const result = impliedVol({ forward, strike, yearsToExpiry: draw(0.001, 1), price, putCall: strike >= forward ? "call" : "put" });
  return result.kind === "vol" ? result.vol : -1;
};

/** A kernel's results over seeded inputs, one a call. */
export type SampledKernel = { readonly name: string; readonly next: () => number };

/**
 * Every kernel over seeded inputs: equal results on two platforms mean equal replays there. Each has a stream of its own, and neither
 * inputs nor results use a function that is not this package's own.
 */
export const sampledKernels = (): readonly SampledKernel[] => {
  const samplers: readonly (readonly [name: string, sampler: (draw: Draw) => () => number])[] = [
    ["exp", (draw) => () => exp(draw(-746, 710))],
    ["expm1", (draw) => () => expm1(draw(0, 1) < 0.5 ? draw(-1, 1) : draw(-40, 710))],
    ["log", (draw) => () => log(exp(draw(-745, 709)))],
    ["log1p", (draw) => () => log1p(draw(0, 1) < 0.5 ? draw(-1, 1) : exp(draw(-40, 40)))],
    ["logRatio", (draw) => () => logRatio(draw(50, 150), draw(50, 150))],
    ["pow", (draw) => () => pow(exp(draw(-5, 5)), draw(-150, 140))],
    ["erfcx", (draw) => () => erfcx(draw(-26, 60))],
    ["millsRatio", (draw) => () => millsRatio(draw(0, 40))],
    ["normalDensity", (draw) => () => normalDensity(draw(-39, 39))],
    ["normalDistribution", (draw) => () => normalDistribution(draw(-39, 9))],
    ["inverseNormalDistribution", (draw) => () => inverseNormalDistribution(draw(0, 1) < 0.5 ? draw(0, 1) : exp(draw(-700, 0)))],
    ["blackGreeks", fiveGreeks],
    ["blackScholesFullGreeks", higherGreeks],
    ["impliedVol", impliedVols],
  ];
  return samplers.map(([name, sampler], index) => {
    const uniform = seededUniform(20210104 + index);
    return { name, next: sampler((low, high) => low + (high - low) * uniform()) };
  });
};

/** Fills `bytes` with big-endian IEEE-754 results, eight bytes each. */
export const writeSamples = (next: () => number, bytes: Uint8Array): Uint8Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset < bytes.length; offset += 8) view.setFloat64(offset, next());
  return bytes;
};
