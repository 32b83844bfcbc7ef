import { PricingError } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { log } from "../kernels/logarithm.ts";
import { inverseOf, product, sandwichDiagonal } from "./symmetric-matrix.ts";
import { forecastOf, requireHorizon, type VarianceForecast } from "./variance-forecast.ts";

/** What is regressed: the daily variance itself, its root, or its logarithm. */
export type HarTransform = "variance" | "root" | "logarithm";

/** The four coefficients in the order constant, day, week, month. */
export type HarCoefficients = Float64Array;

export type HarFit =
  | {
      readonly kind: "fitted";
      readonly transform: HarTransform;
      readonly coefficients: HarCoefficients;
      /** Ordinary least squares' standard errors. */
      readonly standardErrors: Float64Array;
      /** Newey–West (Bartlett weights, 5 lags, no small-sample correction): for errors that are correlated and uneven. */
      readonly robustErrors: Float64Array;
      readonly rSquared: number;
      /** Of the residuals, in the transform's unit squared. */
      readonly residualVariance: number;
      /** The last 22 values in the transform's unit, oldest first: what forecasts go on from. */
      readonly lastMonth: Float64Array;
    }
  /** Fewer days than 22 + 5, or regressors that do not differ. */
  | { readonly kind: "refused"; readonly reason: "too_few_days" | "no_variation"; readonly days: number };

const WEEK = 5;
const MONTH = 22;
const SIZE = 4;
const LAGS = 5;
const DAYS_MIN = MONTH + SIZE + 1;

const transformed = (transform: HarTransform, variance: number): number =>
  transform === "variance" ? variance : transform === "root" ? Math.sqrt(variance) : log(variance);

const meanOfLast = (values: Float64Array, end: number, count: number): number => {
  let sum = 0;
  for (let day = end - count; day < end; day += 1) sum += values[day] ?? NaN;
  return sum / count;
};

/** Constant, yesterday, last week's and last month's mean before day `end`. */
const regressorsAt = (values: Float64Array, end: number, row: Float64Array): void => {
  row[0] = 1;
  row[1] = values[end - 1] ?? NaN;
  row[2] = meanOfLast(values, end, WEEK);
  row[3] = meanOfLast(values, end, MONTH);
};

const dot = (left: Float64Array, right: Float64Array): number => {
  let sum = 0;
  for (let place = 0; place < left.length; place += 1) sum += (left[place] ?? NaN) * (right[place] ?? NaN);
  return sum;
};

const addOuter = (matrix: Float64Array, left: Float64Array, right: Float64Array, weight: number): void => {
  for (let row = 0; row < SIZE; row += 1) {
    for (let column = 0; column < SIZE; column += 1) matrix[row * SIZE + column] = (matrix[row * SIZE + column] ?? NaN) + weight * (left[row] ?? NaN) * (right[column] ?? NaN);
  }
};

type Regression = { readonly rows: readonly Float64Array[]; readonly targets: Float64Array; readonly scale: number };

/** The regressors' rows, all but the constant divided by one scale, so that the equations are well conditioned. */
const regressionOf = (values: Float64Array): Regression => {
  const scale = Math.max(...values.map(Math.abs), 1e-300);
  const rows: Float64Array[] = [];
  for (let day = MONTH; day < values.length; day += 1) {
    const row = new Float64Array(SIZE);
    regressorsAt(values, day, row);
    for (let place = 1; place < SIZE; place += 1) row[place] = (row[place] ?? NaN) / scale;
    rows.push(row);
  }
  return { rows, targets: values.subarray(MONTH), scale };
};

/** Newey–West's middle of the sandwich. */
const neweyWest = (rows: readonly Float64Array[], residuals: Float64Array): Float64Array => {
  const middle = new Float64Array(SIZE * SIZE);
  for (const [day, row] of rows.entries()) {
    addOuter(middle, row, row, (residuals[day] ?? NaN) * (residuals[day] ?? NaN));
    for (let lag = 1; lag <= Math.min(LAGS, day); lag += 1) {
      const earlier = rows[day - lag];
      if (earlier === undefined) continue;
      const weight = (1 - lag / (LAGS + 1)) * (residuals[day] ?? NaN) * (residuals[day - lag] ?? NaN);
      addOuter(middle, row, earlier, weight);
      addOuter(middle, earlier, row, weight);
    }
  }
  return middle;
};

/**
 * The heterogeneous autoregression of daily realized variances (oldest first, each > 0) by least squares. Source: Corsi (2009).
 * Throws PricingError `invalid_input` for a variance that is not > 0.
 */
export const fitHar = (dailyVariances: Float64Array, transform: HarTransform): HarFit => {
  const days = dailyVariances.length;
  for (const variance of dailyVariances) if (!(variance > 0 && variance < Infinity)) throw new PricingError("invalid_input", `dailyVariances must be finite and > 0, got ${variance}`);
  if (days < DAYS_MIN) return { kind: "refused", reason: "too_few_days", days };
  const values = dailyVariances.map((variance) => transformed(transform, variance));
  const { rows, targets, scale } = regressionOf(values);
  const normal = new Float64Array(SIZE * SIZE);
  const right = new Float64Array(SIZE);
  for (const [day, row] of rows.entries()) {
    addOuter(normal, row, row, 1);
    for (let place = 0; place < SIZE; place += 1) right[place] = (right[place] ?? NaN) + (row[place] ?? NaN) * (targets[day] ?? NaN);
  }
  const inverse = inverseOf(normal, SIZE);
  if (inverse === undefined) return { kind: "refused", reason: "no_variation", days };
  const solution = product(inverse, right);
  const residuals = Float64Array.from(rows, (row, day) => (targets[day] ?? NaN) - dot(row, solution));
  const mean = targets.reduce((sum, each) => sum + each, 0) / targets.length;
  const total = targets.reduce((sum, each) => sum + (each - mean) * (each - mean), 0);
  const squares = dot(residuals, residuals);
  const residualVariance = squares / (rows.length - SIZE);
  const robust = sandwichDiagonal(inverse, neweyWest(rows, residuals), SIZE);
  const unscaled = (value: number, place: number): number => (place === 0 ? value : value / scale);
  return {
    kind: "fitted",
    transform,
    coefficients: solution.map(unscaled),
    standardErrors: solution.map((_, place) => unscaled(Math.sqrt(residualVariance * (inverse[place * SIZE + place] ?? NaN)), place)),
    robustErrors: robust.map((variance, place) => unscaled(Math.sqrt(variance), place)),
    rSquared: 1 - squares / total,
    residualVariance,
    lastMonth: values.slice(-MONTH),
  };
};

/** The next day's value in the transform's unit: log or root variance are not yet the variance. */
export const harNext = (fit: Extract<HarFit, { kind: "fitted" }>): number => {
  const row = new Float64Array(SIZE);
  regressorsAt(fit.lastMonth, MONTH, row);
  return dot(row, fit.coefficients);
};

/** Mean of the variance whose transform is normal with this mean and variance. */
const varianceOf = (transform: HarTransform, mean: number, spread: number): number =>
  transform === "variance" ? mean : transform === "root" ? mean * mean + spread : exp(mean + 0.5 * spread);

/**
 * Daily variances of the next days: each forecast enters the next one's week and month. Of a root or a logarithm the residual variance
 * of every day up to the forecast one is allowed for. Throws PricingError unless the horizon is a whole number >= 1.
 */
export const harForecast = (fit: Extract<HarFit, { kind: "fitted" }>, horizon: number): VarianceForecast => {
  requireHorizon(horizon);
  const values = new Float64Array(MONTH + horizon);
  values.set(fit.lastMonth);
  // What a residual of the first day moves each later day by: the model without its constant, after a month of zeros.
  const responses = new Float64Array(MONTH + horizon);
  const row = new Float64Array(SIZE);
  const variances = new Float64Array(horizon);
  let squares = 0;
  for (let step = 0; step < horizon; step += 1) {
    const day = MONTH + step;
    regressorsAt(responses, day, row);
    row[0] = 0;
    const response = step === 0 ? 1 : dot(row, fit.coefficients);
    responses[day] = response;
    squares += response * response;
    regressorsAt(values, day, row);
    const mean = dot(row, fit.coefficients);
    values[day] = mean;
    variances[step] = Math.max(varianceOf(fit.transform, mean, fit.residualVariance * squares), 0);
  }
  return forecastOf(variances);
};
