import { PricingError, requireFinite } from "../errors.ts";
import { requireHorizon, type VarianceForecast } from "./variance-forecast.ts";

/** An exponentially weighted variance that is fed one return after the other. */
export type Ewma = {
  readonly push: (logReturn: number) => void;
  /** Of one return; NaN before the first. */
  readonly variance: () => number;
};

/** RiskMetrics' decay for daily returns. */
export const EWMA_LAMBDA = 0.94;

/** variance = lambda × variance + (1 - lambda) × return², starting with the first return's square. Throws PricingError unless 0 < lambda < 1; a push throws for a return that is not finite. */
export const newEwma = (lambda: number = EWMA_LAMBDA): Ewma => {
  if (!(lambda > 0 && lambda < 1)) throw new PricingError("invalid_input", `lambda must be between 0 and 1, both excluded, got ${lambda}`);
  let variance = NaN;
  return {
    push: (logReturn) => {
      requireFinite("logReturn", logReturn);
      variance = Number.isNaN(variance) ? logReturn * logReturn : lambda * variance + (1 - lambda) * (logReturn * logReturn);
    },
    variance: () => variance,
  };
};

/** The variance of the whole row of returns; NaN for an empty one. */
export const ewmaVariance = (logReturns: Float64Array, lambda: number = EWMA_LAMBDA): number => {
  const ewma = newEwma(lambda);
  for (const each of logReturns) ewma.push(each);
  return ewma.variance();
};

/** EWMA has no mean to return to: every step ahead has today's variance. Throws PricingError unless the horizon is a whole number >= 1. */
export const ewmaForecast = (logReturns: Float64Array, horizon: number, lambda: number = EWMA_LAMBDA): VarianceForecast => {
  requireHorizon(horizon);
  const variance = ewmaVariance(logReturns, lambda);
  return { variancePerStep: new Float64Array(horizon).fill(variance), meanVariance: variance };
};
