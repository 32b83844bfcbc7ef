import { PricingError } from "../errors.ts";
import { climbGarch, curvatureAt, type Climb } from "./garch-climb.ts";
import { SIZE, newGarchPass, passGarch } from "./garch-likelihood.ts";
import { inverseOf, sandwichDiagonal } from "./symmetric-matrix.ts";
import { forecastOf, requireHorizon, type VarianceForecast } from "./variance-forecast.ts";

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
  /**
   * Fewer than 100 returns; all equal ones; a likelihood that is highest at the edge of alpha, beta > 0 and alpha + beta < 1 (no clusters,
   * or no mean to return to: EWMA fits those), where standard errors mean nothing; or no maximum within the bound on steps.
   */
  | { readonly kind: "refused"; readonly reason: "too_few_returns" | "no_variation" | "at_edge" | "not_converged"; readonly returns: number };

const RETURNS_MIN = 100;

/** alpha and beta to climb from: the likelihood of short or hardly clustered series has several tops. */
const starts = [[0.1, 0.8], [0.05, 0.93], [0.2, 0.6], [0.15, 0.3], [0.05, 0.5], [0.4, 0.3]] as const;
/** Two tops nearer than this part of the likelihood are one. */
const SAME_TOP = 1e-9;

const named = (values: Float64Array): GarchParameters => {
  const [mean = NaN, omega = NaN, alpha = NaN, beta = NaN] = values;
  return { mean, omega, alpha, beta };
};

/** Diagonal of a square matrix, as standard errors. */
const rootsOfDiagonal = (matrix: Float64Array): Float64Array => Float64Array.from({ length: SIZE }, (_, k) => Math.sqrt(matrix[k * SIZE + k] ?? NaN));

/** The highest climb from all starts. */
const highestClimb = (scaled: Float64Array, mean: number): Climb | undefined => {
  let highest: Climb | undefined;
  for (const [alpha, beta] of starts) {
    const climb = climbGarch(scaled, Float64Array.from([mean, 1 - alpha - beta, alpha, beta]));
    if (highest === undefined || climb.logLikelihood > highest.logLikelihood + SAME_TOP * Math.abs(highest.logLikelihood)) highest = climb;
  }
  return highest;
};

/**
 * GARCH(1,1) with a constant mean by maximum Gaussian likelihood. Climbs from several starts, deterministic and bounded in steps. Any unit of returns (percent or
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
  const climb = highestClimb(scaled, mean / scale);
  if (climb?.end === "edge") return { kind: "refused", reason: "at_edge", returns: count };
  const inverse = climb?.end === "maximum" ? inverseOf(curvatureAt(scaled, climb.parameters, newGarchPass(count)), SIZE) : undefined;
  if (climb === undefined || inverse === undefined) return { kind: "refused", reason: "not_converged", returns: count };
  const pass = newGarchPass(count);
  passGarch(scaled, climb.parameters, pass);
  const units = [scale, variance, 1, 1];
  const inUnits = (values: Float64Array): GarchParameters => named(values.map((each, k) => each * (units[k] ?? NaN)));
  const final = newGarchPass(count);
  const fitted = inUnits(climb.parameters);
  passGarch(logReturns, Float64Array.from([fitted.mean, fitted.omega, fitted.alpha, fitted.beta]), final);
  return {
    kind: "fitted",
    parameters: fitted,
    standardErrors: inUnits(rootsOfDiagonal(inverse)),
    robustErrors: inUnits(sandwichDiagonal(inverse, pass.outer, SIZE).map(Math.sqrt)),
    logLikelihood: final.logLikelihood,
    variance: final.variance,
    nextVariance: final.nextVariance,
    iterations: climb.iterations,
  };
};

/** Variances of the next steps: from `nextVariance` they return to omega / (1 - alpha - beta). Throws PricingError unless the horizon is a whole number >= 1. */
export const garchForecast = ({ omega, alpha, beta }: GarchParameters, nextVariance: number, horizon: number): VarianceForecast => {
  requireHorizon(horizon);
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
