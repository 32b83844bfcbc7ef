import { log } from "../kernels/logarithm.ts";

/** Parameters in their order: mean, omega, alpha, beta. */
export const SIZE = 4;
const LOG_2PI = 1.8378770664093453;

/** What one pass over the returns writes. */
export type GarchPass = {
  /** Gaussian log-likelihood; -Infinity where a variance is not > 0. */
  logLikelihood: number;
  readonly gradient: Float64Array;
  /** Sum of the outer products of the single returns' gradients. */
  readonly outer: Float64Array;
  /** The conditional variance of each return. */
  readonly variance: Float64Array;
  /** And of the one after the last. */
  nextVariance: number;
};

export const newGarchPass = (returns: number): GarchPass => ({
  logLikelihood: NaN, gradient: new Float64Array(SIZE), outer: new Float64Array(SIZE * SIZE), variance: new Float64Array(returns), nextVariance: NaN,
});

const single = new Float64Array(SIZE);

/** Mean square of the deviations, which stands for both the variance and the squared deviation before the first return, and its slope in the mean. */
const startOf = (returns: Float64Array, mean: number): { readonly variance: number; readonly slope: number } => {
  let [squares, sum] = [0, 0];
  for (const each of returns) {
    squares += (each - mean) * (each - mean);
    sum += each - mean;
  }
  return { variance: squares / returns.length, slope: (-2 * sum) / returns.length };
};

/**
 * h_t = omega + alpha e²_(t-1) + beta h_(t-1), with e²_0 = h_0 = mean of e² (Fiorentini, Calzolari & Panattoni 1996): log-likelihood, analytic gradient
 * and outer products in one pass.
 */
export const passGarch = (returns: Float64Array, parameters: Float64Array, pass: GarchPass): void => {
  const [mean = NaN, omega = NaN, alpha = NaN, beta = NaN] = parameters;
  const start = startOf(returns, mean);
  const { gradient, outer, variance } = pass;
  gradient.fill(0);
  outer.fill(0);
  // Slopes of h in the four parameters.
  let [inMean, inOmega, inAlpha, inBeta] = [(alpha + beta) * start.slope, 1, start.variance, start.variance];
  let h = omega + (alpha + beta) * start.variance;
  let logLikelihood = 0;
  for (let t = 0; t < returns.length; t += 1) {
    const e = (returns[t] ?? NaN) - mean;
    variance[t] = h;
    if (!(h > 0)) {
      pass.logLikelihood = -Infinity;
      return;
    }
    logLikelihood -= 0.5 * (LOG_2PI + log(h) + (e * e) / h);
    const weight = (0.5 * ((e * e) / h - 1)) / h;
    single[0] = weight * inMean + e / h;
    single[1] = weight * inOmega;
    single[2] = weight * inAlpha;
    single[3] = weight * inBeta;
    for (let row = 0; row < SIZE; row += 1) {
      gradient[row] = (gradient[row] ?? NaN) + (single[row] ?? NaN);
      for (let column = 0; column < SIZE; column += 1) outer[row * SIZE + column] = (outer[row * SIZE + column] ?? NaN) + (single[row] ?? NaN) * (single[column] ?? NaN);
    }
    inMean = beta * inMean - 2 * alpha * e;
    inOmega = beta * inOmega + 1;
    inAlpha = beta * inAlpha + e * e;
    inBeta = beta * inBeta + h;
    h = omega + alpha * e * e + beta * h;
  }
  pass.logLikelihood = logLikelihood;
  pass.nextVariance = h;
};
