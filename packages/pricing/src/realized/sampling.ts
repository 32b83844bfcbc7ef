import { PricingError, requirePositive } from "../errors.ts";
import { logRatio } from "../kernels/log-ratio.ts";

const requireStep = (name: string, value: number): void => {
  if (!(Number.isInteger(value) && value >= 1)) throw new PricingError("invalid_input", `${name} must be a whole number >= 1, got ${value}`);
};

/** Log returns over every `step` prices, from the price at `offset` on; NaN beside a price that is not > 0. */
export const returnsOver = (prices: Float64Array, step: number, offset = 0): Float64Array => {
  requireStep("step", step);
  const count = Math.max(Math.floor((prices.length - 1 - offset) / step), 0);
  const returns = new Float64Array(count);
  for (let row = 0; row < count; row += 1) {
    const [before = NaN, after = NaN] = [prices[offset + row * step], prices[offset + (row + 1) * step]];
    returns[row] = before > 0 && after > 0 ? logRatio(after, before) : NaN;
  }
  return returns;
};

const sumOfSquares = (values: Float64Array): number => {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
};

/**
 * Realized variance of evenly spaced prices at the sampling step, averaged over all offsets of the grid and scaled to the whole stretch:
 * uses every price and is less moved by noise than one grid. Source: Zhang, Mykland & Aït-Sahalia (2005).
 */
export const subsampledVariance = (prices: Float64Array, step: number): number => {
  requireStep("step", step);
  let sum = 0;
  for (let offset = 0; offset < step; offset += 1) {
    const returns = returnsOver(prices, step, offset);
    sum += sumOfSquares(returns) * ((prices.length - 1) / (step * returns.length));
  }
  return sum / step;
};

const parzen = (x: number): number => (x <= 0.5 ? 1 - 6 * x * x * (1 - x) : 2 * (1 - x) * (1 - x) * (1 - x));

/**
 * Realized kernel with Parzen weights over `lags` autocovariances: consistent in spite of noise, never negative. No jittering at the
 * ends. Source: Barndorff-Nielsen, Hansen, Lunde & Shephard (2008).
 */
export const parzenKernelVariance = (logReturns: Float64Array, lags: number): number => {
  requireStep("lags", lags);
  let variance = sumOfSquares(logReturns);
  for (let lag = 1; lag <= lags; lag += 1) {
    let covariance = 0;
    for (let row = lag; row < logReturns.length; row += 1) covariance += (logReturns[row] ?? NaN) * (logReturns[row - lag] ?? NaN);
    variance += 2 * parzen(lag / (lags + 1)) * covariance;
  }
  return variance;
};

/** Prices at times of their own, oldest first; times in microseconds, not falling. */
export type TimedPrices = { readonly timeUs: Float64Array; readonly price: Float64Array };

/** Throws PricingError for columns of two lengths and for a time that falls or is none. */
const requireColumns = ({ timeUs, price }: TimedPrices): void => {
  if (timeUs.length !== price.length) throw new PricingError("invalid_input", `timeUs and price must be of one length, got ${timeUs.length} and ${price.length}`);
  for (let row = 0; row < timeUs.length; row += 1) {
    const [before = -Infinity, time = NaN] = [timeUs[row - 1], timeUs[row]];
    if (!(time >= before)) throw new PricingError("invalid_input", `timeUs must not fall, got ${time} after ${before}`);
  }
};

export type Grid = {
  readonly fromUs: number;
  readonly stepUs: number;
  readonly count: number;
};

/** The price known at each instant of a grid (the last one at or before it); NaN before the first. Throws PricingError for a step that is not > 0, columns of two lengths and times that fall. */
export const sampleOnGrid = ({ timeUs, price }: TimedPrices, { fromUs, stepUs, count }: Grid): Float64Array => {
  requirePositive("stepUs", stepUs);
  requireColumns({ timeUs, price });
  const sampled = new Float64Array(count).fill(NaN);
  let next = 0;
  for (let row = 0; row < count; row += 1) {
    while (next < timeUs.length && (timeUs[next] ?? NaN) <= fromUs + row * stepUs) next += 1;
    if (next > 0) sampled[row] = price[next - 1] ?? NaN;
  }
  return sampled;
};

const MICROSECONDS_PER_YEAR = 365 * 86_400 * 1e6;

/**
 * Variance a year (365 days) of irregularly timed prices: the sum of squared log returns over the time between the first and the last.
 * Each return weighs by what happened in it, so that gaps need no filling; NaN for fewer than two prices or no time between them. Throws PricingError
 * for columns of two lengths and for times that fall.
 */
export const irregularVariancePerYear = ({ timeUs, price }: TimedPrices): number => {
  requireColumns({ timeUs, price });
  const last = price.length - 1;
  const elapsedUs = (timeUs[last] ?? NaN) - (timeUs[0] ?? NaN);
  if (!(elapsedUs > 0)) return NaN;
  return sumOfSquares(returnsOver(price, 1)) / (elapsedUs / MICROSECONDS_PER_YEAR);
};
