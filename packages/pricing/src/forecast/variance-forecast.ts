import { PricingError } from "../errors.ts";

/** A forecast of variance over the next steps; a step is as long as the model's data. */
export type VarianceForecast = {
  /** Of the 1st, 2nd … step ahead. */
  readonly variancePerStep: Float64Array;
  /** Their mean: times the steps a year, the horizon's annualised variance. */
  readonly meanVariance: number;
};

/** Throws PricingError `invalid_input` unless the horizon is a whole number of steps >= 1. */
export const requireHorizon = (horizon: number): void => {
  if (!(Number.isInteger(horizon) && horizon >= 1)) throw new PricingError("invalid_input", `horizon must be a whole number >= 1, got ${horizon}`);
};

/** The mean of forecasts by step, as a forecast. */
export const forecastOf = (variancePerStep: Float64Array): VarianceForecast => {
  let sum = 0;
  for (const each of variancePerStep) sum += each;
  return { variancePerStep, meanVariance: sum / variancePerStep.length };
};
