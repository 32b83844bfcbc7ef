import { PricingError } from "../errors.ts";
import { SIZE, newGarchPass, passGarch, type GarchPass } from "./garch-likelihood.ts";
import { inverseOf, product, sandwichDiagonal } from "./symmetric-matrix.ts";
import { forecastOf, type VarianceForecast } from "./variance-forecast.ts";

/** Return of one step = mean + e, variance of e: h = omega + alpha e² + beta h of the step before. */
export type GarchParameters = { readonly mean: number; readonly omega: number; readonly alpha: number; readonly beta: number };

export type GarchFit =
  | {
      readonly kind: "fitted";
      readonly parameters: GarchParameters;
      /** From the curvature of the likelihood, right if returns are normal given the past. */
      readonly standardErrors: GarchParameters;
      /** Bollerslev & Wooldridge's (1992) sandwich, right also where they are not. */
      readonly robustErrors: GarchParameters;
      readonly logLikelihood: number;
      /** Conditional variance of each return, and of the next one. */
      readonly variance: Float64Array;
      readonly nextVariance: number;
      readonly iterations: number;
    }
  /** Too few returns, all equal ones, or a likelihood without a maximum inside alpha, beta > 0 and alpha + beta < 1. */
  | { readonly kind: "refused"; readonly reason: "too_few_returns" | "no_variation" | "not_converged"; readonly returns: number };

const RETURNS_MIN = 100;
const ITERATIONS_MAX = 400;
const HALVINGS_MAX = 40;
/** A step that promises less than this part of the likelihood is the last: the parameters are then known to a millionth of their standard errors. */
const SMALLEST_GAIN = 1e-15;

const isInside = (parameters: Float64Array): boolean => {
  const [, omega = NaN, alpha = NaN, beta = NaN] = parameters;
  return omega > 0 && alpha > 0 && beta > 0 && alpha + beta < 1;
};

/** Curvature (minus the second derivatives) by central differences of the analytic gradient. */
const curvatureAt = (returns: Float64Array, parameters: Float64Array, scratch: GarchPass): Float64Array => {
  const curvature = new Float64Array(SIZE * SIZE);
  const moved = parameters.slice();
  for (let k = 0; k < SIZE; k += 1) {
    const at = parameters[k] ?? NaN;
    const step = 1e-5 * Math.max(Math.abs(at), 1e-3 * Math.sqrt(Math.abs(parameters[1] ?? NaN)));
    const side = (sign: number): Float64Array => {
      moved[k] = at + sign * step;
      passGarch(returns, moved, scratch);
      return scratch.gradient.slice();
    };
    const [up, down] = [side(1), side(-1)];
    moved[k] = at;
    for (let row = 0; row < SIZE; row += 1) curvature[row * SIZE + k] = ((down[row] ?? NaN) - (up[row] ?? NaN)) / (2 * step);
  }
  for (let row = 0; row < SIZE; row += 1) {
    for (let column = 0; column < row; column += 1) {
      const mean = 0.5 * ((curvature[row * SIZE + column] ?? NaN) + (curvature[column * SIZE + row] ?? NaN));
      curvature[row * SIZE + column] = mean;
      curvature[column * SIZE + row] = mean;
    }
  }
  return curvature;
};

const named = (values: Float64Array): GarchParameters => {
  const [mean = NaN, omega = NaN, alpha = NaN, beta = NaN] = values;
  return { mean, omega, alpha, beta };
};

/** Diagonal of a square matrix, as standard errors. */
const rootsOfDiagonal = (matrix: Float64Array): Float64Array => Float64Array.from({ length: SIZE }, (_, k) => Math.sqrt(matrix[k * SIZE + k] ?? NaN));

/** Halves the step until the likelihood rises inside the region; false when none does. */
const advance = (returns: Float64Array, parameters: Float64Array, step: Float64Array, pass: GarchPass): boolean => {
  const before = pass.logLikelihood;
  const trial = new Float64Array(SIZE);
  let share = 1;
  for (let halving = 0; halving < HALVINGS_MAX; halving += 1) {
    for (let k = 0; k < SIZE; k += 1) trial[k] = (parameters[k] ?? NaN) + share * (step[k] ?? NaN);
    if (isInside(trial)) {
      passGarch(returns, trial, pass);
      if (pass.logLikelihood >= before) {
        parameters.set(trial);
        return true;
      }
    }
    share *= 0.5;
  }
  passGarch(returns, parameters, pass);
  return false;
};

/** Newton's step from the likelihood's curvature where that is positive definite, else from the outer products, which always are. */
const stepFrom = (returns: Float64Array, parameters: Float64Array, pass: GarchPass, scratch: GarchPass): Float64Array | undefined => {
  const inverse = inverseOf(curvatureAt(returns, parameters, scratch), SIZE) ?? inverseOf(pass.outer, SIZE);
  return inverse === undefined ? undefined : product(inverse, pass.gradient);
};

const gainOf = (step: Float64Array, gradient: Float64Array): number => step.reduce((sum, each, k) => sum + 0.5 * each * (gradient[k] ?? NaN), 0);

/** Climbs to the maximum; the number of steps, or undefined where there is none. */
const climb = (returns: Float64Array, parameters: Float64Array, pass: GarchPass): number | undefined => {
  const scratch = newGarchPass(returns.length);
  passGarch(returns, parameters, pass);
  for (let iteration = 1; iteration <= ITERATIONS_MAX; iteration += 1) {
    const step = stepFrom(returns, parameters, pass, scratch);
    if (step === undefined) return undefined;
    const gain = gainOf(step, pass.gradient);
    const isLast = Math.abs(gain) <= SMALLEST_GAIN * Math.abs(pass.logLikelihood);
    const rises = advance(returns, parameters, step, pass);
    // At the end rounding alone decides whether the likelihood still rises.
    if (isLast) return iteration;
    if (!rises) return undefined;
  }
  return undefined;
};

/**
 * GARCH(1,1) with a constant mean by maximum Gaussian likelihood. Deterministic and bounded in steps. Any unit of returns (percent or
 * shares): omega is in its square. Source: Bollerslev (1986); before the first return both the
 * variance and the squared deviation are the sample's, as in the benchmark of Fiorentini, Calzolari and Panattoni (1996). Throws PricingError `invalid_input` for a return that is not finite.
 */
export const fitGarch = (logReturns: Float64Array): GarchFit => {
  const count = logReturns.length;
  for (const each of logReturns) if (!Number.isFinite(each)) throw new PricingError("invalid_input", `logReturns must be finite, got ${each}`);
  if (count < RETURNS_MIN) return { kind: "refused", reason: "too_few_returns", returns: count };
  const mean = logReturns.reduce((sum, each) => sum + each, 0) / count;
  const variance = logReturns.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / count;
  // The rounding of equal returns is no variation.
  if (!(variance > 1e-24 * mean * mean)) return { kind: "refused", reason: "no_variation", returns: count };
  const scale = Math.sqrt(variance);
  // In units of the returns' own deviation every series looks alike to the climb.
  const scaled = logReturns.map((each) => each / scale);
  const parameters = Float64Array.from([mean / scale, 0.1, 0.1, 0.8]);
  const pass = newGarchPass(count);
  const iterations = climb(scaled, parameters, pass);
  const inverse = iterations === undefined ? undefined : inverseOf(curvatureAt(scaled, parameters, newGarchPass(count)), SIZE);
  if (iterations === undefined || inverse === undefined) return { kind: "refused", reason: "not_converged", returns: count };
  const units = [scale, variance, 1, 1];
  const inUnits = (values: Float64Array): GarchParameters => named(values.map((each, k) => each * (units[k] ?? NaN)));
  const final = newGarchPass(count);
  const fitted = inUnits(parameters);
  passGarch(logReturns, Float64Array.from([fitted.mean, fitted.omega, fitted.alpha, fitted.beta]), final);
  return {
    kind: "fitted",
    parameters: fitted,
    standardErrors: inUnits(rootsOfDiagonal(inverse)),
    robustErrors: inUnits(sandwichDiagonal(inverse, pass.outer, SIZE).map(Math.sqrt)),
    logLikelihood: final.logLikelihood,
    variance: final.variance,
    nextVariance: final.nextVariance,
    iterations,
  };
};

/** Variances of the next steps: from `nextVariance` they return to omega / (1 - alpha - beta). Throws PricingError unless the horizon is a whole number >= 1. */
export const garchForecast = ({ omega, alpha, beta }: GarchParameters, nextVariance: number, horizon: number): VarianceForecast => {
  if (!(Number.isInteger(horizon) && horizon >= 1)) throw new PricingError("invalid_input", `horizon must be a whole number >= 1, got ${horizon}`);
  const variances = new Float64Array(horizon);
  let variance = nextVariance;
  for (let step = 0; step < horizon; step += 1) {
    variances[step] = variance;
    variance = omega + (alpha + beta) * variance;
  }
  return forecastOf(variances);
};

/** Conditional variances of given returns under given parameters, starting from `firstVariance`: as many as returns, and the next one behind them. */
export const garchVariances = ({ mean, omega, alpha, beta }: GarchParameters, logReturns: Float64Array, firstVariance: number): Float64Array => {
  const variances = new Float64Array(logReturns.length + 1);
  variances[0] = firstVariance;
  for (const [t, each] of logReturns.entries()) variances[t + 1] = omega + alpha * (each - mean) * (each - mean) + beta * (variances[t] ?? NaN);
  return variances;
};
