import { batchStatus } from "../batch-status.ts";
import { PricingError } from "../errors.ts";
import { logRatio } from "../kernels/log-ratio.ts";

/** Bars of one length as columns, oldest first; prices > 0. */
export type BarColumns = {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
};

/**
 * Estimators of the variance of one bar from a window of n bars. `close` is the sample variance of the n - 1 close-to-close returns
 * inside the window; all others use n terms, and those with a return into the first bar also read the bar before the window.
 * Bipower, minRV and medRV leave jumps out; range estimators see what happened within a bar.
 */
export const barEstimators = [
  "close", "close_mean_zero", "parkinson", "garman_klass", "rogers_satchell", "garman_klass_yang_zhang", "yang_zhang", "bipower", "min_rv", "med_rv",
] as const;
export type BarEstimator = (typeof barEstimators)[number];

const LN2 = 0.6931471805599453;
const PI = 3.141592653589793;
const MIN_RV_FACTOR = PI / (PI - 2);
const MED_RV_FACTOR = PI / (6 - 4 * 1.7320508075688772 + PI);

type Window = { readonly bars: BarColumns; readonly first: number; readonly length: number };

/** NaN for what is no price. */
const at = (column: Float64Array, place: number): number => {
  const price = column[place] ?? NaN;
  return price > 0 ? price : NaN;
};

/** Log of high over low; NaN where they are the wrong way round. */
const rangeOf = ({ high, low }: BarColumns, bar: number): number => {
  const range = logRatio(at(high, bar), at(low, bar));
  return range >= 0 ? range : NaN;
};

/** Close-to-close log return into a bar. */
const returnInto = ({ bars: { close } }: Window, bar: number): number => logRatio(at(close, bar), at(close, bar - 1));

const meanOf = (window: Window, term: (bar: number) => number): number => {
  let sum = 0;
  for (let bar = window.first; bar < window.first + window.length; bar += 1) sum += term(bar);
  return sum / window.length;
};

/** Sample variance of `count` terms from bar `from` on. */
const sampleVariance = (from: number, count: number, term: (bar: number) => number): number => {
  let sum = 0;
  for (let bar = from; bar < from + count; bar += 1) sum += term(bar);
  const mean = sum / count;
  let squares = 0;
  for (let bar = from; bar < from + count; bar += 1) {
    const deviation = term(bar) - mean;
    squares += deviation * deviation;
  }
  return squares / (count - 1);
};

const parkinsonTerm = (bars: BarColumns, bar: number): number => {
  const range = rangeOf(bars, bar);
  return (range * range) / (4 * LN2);
};

const garmanKlassTerm = (bars: BarColumns, bar: number): number => {
  const range = rangeOf(bars, bar);
  const move = logRatio(at(bars.close, bar), at(bars.open, bar));
  return 0.5 * range * range - (2 * LN2 - 1) * move * move;
};

const rogersSatchellTerm = (bars: BarColumns, bar: number): number => {
  const [open, high, low, close] = [at(bars.open, bar), at(bars.high, bar), at(bars.low, bar), at(bars.close, bar)];
  return high >= low ? logRatio(high, close) * logRatio(high, open) + logRatio(low, close) * logRatio(low, open) : NaN;
};

const overnightOf = ({ open, close }: BarColumns, bar: number): number => logRatio(at(open, bar), at(close, bar - 1));

const yangZhang = (window: Window): number => {
  const { bars, first, length } = window;
  const weight = 0.34 / (1.34 + (length + 1) / (length - 1));
  const overnight = sampleVariance(first, length, (bar) => overnightOf(bars, bar));
  const openToClose = sampleVariance(first, length, (bar) => logRatio(at(bars.close, bar), at(bars.open, bar)));
  return overnight + weight * openToClose + (1 - weight) * meanOf(window, (bar) => rogersSatchellTerm(bars, bar));
};

const medianOfThree = (x: number, y: number, z: number): number => Math.max(Math.min(x, y), Math.min(Math.max(x, y), z));

/** Products of neighbouring returns: of `reach` + 1 at a time, all inside the window's n returns, scaled to n. */
const ofNeighbours = (window: Window, reach: 1 | 2, term: (bar: number) => number): number => {
  let sum = 0;
  for (let bar = window.first + reach; bar < window.first + window.length; bar += 1) sum += term(bar);
  return sum / (window.length - reach);
};

const estimate: Readonly<Record<BarEstimator, (window: Window) => number>> = {
  close: (window) => sampleVariance(window.first + 1, window.length - 1, (bar) => returnInto(window, bar)),
  close_mean_zero: (window) => meanOf(window, (bar) => returnInto(window, bar) * returnInto(window, bar)),
  parkinson: (window) => meanOf(window, (bar) => parkinsonTerm(window.bars, bar)),
  garman_klass: (window) => meanOf(window, (bar) => garmanKlassTerm(window.bars, bar)),
  rogers_satchell: (window) => meanOf(window, (bar) => rogersSatchellTerm(window.bars, bar)),
  garman_klass_yang_zhang: (window) => meanOf(window, (bar) => overnightOf(window.bars, bar) * overnightOf(window.bars, bar) + garmanKlassTerm(window.bars, bar)),
  yang_zhang: yangZhang,
  bipower: (window) => (PI / 2) * ofNeighbours(window, 1, (bar) => Math.abs(returnInto(window, bar) * returnInto(window, bar - 1))),
  min_rv: (window) =>
    MIN_RV_FACTOR *
    ofNeighbours(window, 1, (bar) => {
      const least = Math.min(Math.abs(returnInto(window, bar)), Math.abs(returnInto(window, bar - 1)));
      return least * least;
    }),
  med_rv: (window) =>
    MED_RV_FACTOR *
    ofNeighbours(window, 2, (bar) => {
      const middle = medianOfThree(Math.abs(returnInto(window, bar)), Math.abs(returnInto(window, bar - 1)), Math.abs(returnInto(window, bar - 2)));
      return middle * middle;
    }),
};

const LENGTH_MIN = 3;

/** Throws PricingError `invalid_input` for a window of fewer than 3 bars. */
export const requireWindowLength = (length: number): void => {
  if (!(Number.isInteger(length) && length >= LENGTH_MIN)) throw new PricingError("invalid_input", `length must be a whole number >= ${LENGTH_MIN}, got ${length}`);
};

/** Bars that a window reads: its own, and the one before it but for estimators that stay inside. */
export const barsNeeded = (estimator: BarEstimator, length: number): number =>
  estimator === "close" || estimator === "parkinson" || estimator === "garman_klass" || estimator === "rogers_satchell" ? length : length + 1;

/**
 * Variance of one bar from the `length` bars that end with bar `last` (counted from 0); NaN where the columns hold too few bars before
 * it, a price that is not > 0, or, in what reads ranges, a high below its low. Sources: Parkinson (1980), Garman & Klass (1980), Rogers & Satchell (1991), Yang & Zhang (2000),
 * Barndorff-Nielsen & Shephard (2004), Andersen, Dobrev & Schaumburg (2012). Throws PricingError for a window of fewer than 3 bars.
 */
export const barVariance = (estimator: BarEstimator, bars: BarColumns, { last, length }: { readonly last: number; readonly length: number }): number => {
  requireWindowLength(length);
  if (last >= bars.close.length || last + 1 < barsNeeded(estimator, length)) return NaN;
  return estimate[estimator]({ bars, first: last + 1 - length, length });
};

/** Results of a batch: as many rows as there are bars. `status` is of `batchStatus`. */
export type BarVarianceColumns = { readonly variance: Float64Array; readonly status: Uint8Array };

/** `barVariance` ending at every bar. A row is NaN, and says why, where the window is not filled yet (`tooFewRows`) or holds what is no bar (`invalidInput`). */
export const writeBarVariances = (estimator: BarEstimator, bars: BarColumns, length: number, { variance, status }: BarVarianceColumns): void => {
  for (let last = 0; last < bars.close.length; last += 1) {
    const value = barVariance(estimator, bars, { last, length });
    variance[last] = value;
    status[last] = last + 1 < barsNeeded(estimator, length) ? batchStatus.tooFewRows : Number.isNaN(value) ? batchStatus.invalidInput : batchStatus.ok;
  }
};

/** Columns for the results of so many bars. */
export const newBarVarianceColumns = (bars: number): BarVarianceColumns => ({ variance: new Float64Array(bars), status: new Uint8Array(bars) });

/** Annualised volatility from the variance of one bar. `barsPerYear` is the reader's convention: 365 daily bars in crypto, 252 on an exchange. */
export const annualizedVol = (variancePerBar: number, barsPerYear: number): number => Math.sqrt(variancePerBar * barsPerYear);
