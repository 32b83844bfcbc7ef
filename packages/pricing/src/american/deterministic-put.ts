import { exp } from "../kernels/exponential.ts";
import { log } from "../kernels/logarithm.ts";

/** Where an American put on one unit of strike stands; a call is one by put–call symmetry. */
export type PutInput = {
  /** Per unit of strike. */
  spot: number;
  yearsToExpiry: number;
  vol: number;
  rate: number;
  yield: number;
};

/** Value and slopes of an American put on one unit of strike. Times in years, all per 1.00. */
export type PutGreeks = {
  value: number;
  /** Value less that of the European put. */
  premium: number;
  /** d value / d spot and its slope; spot per unit of strike. */
  delta: number;
  gamma: number;
  /** Minus d value / d yearsToExpiry. */
  theta: number;
  rho: number;
  phi: number;
};

export const newPutGreeks = (): PutGreeks => ({ value: NaN, premium: NaN, delta: NaN, gamma: NaN, theta: NaN, rho: NaN, phi: NaN });

const exerciseValue = (input: PutInput, years: number): number => exp(-input.rate * years) - input.spot * exp(-input.yield * years);

/** The one time at which the discounted exercise value stands still, or NaN when there is none inside the life of the option. */
const stationaryYears = ({ spot, yearsToExpiry, rate, yield: dividend }: PutInput): number => {
  const ratio = rate / (dividend * spot);
  if (rate === dividend || !(ratio > 0 && ratio < Infinity)) return NaN;
  const years = log(ratio) / (rate - dividend);
  return years > 0 && years < yearsToExpiry ? years : NaN;
};

/** The time of exercise that is best when the spot is known to grow at rate - yield: now, at expiry or between; at a tie the earliest. */
const bestExerciseYears = (input: PutInput): number => {
  let best = 0;
  const between = stationaryYears(input);
  if (between === between && exerciseValue(input, between) > exerciseValue(input, best)) best = between;
  return exerciseValue(input, input.yearsToExpiry) > exerciseValue(input, best) ? input.yearsToExpiry : best;
};

const writeWorthless = (result: PutGreeks): void => {
  result.value = 0;
  result.premium = 0;
  result.delta = 0;
  result.gamma = 0;
  result.theta = 0;
  result.rho = 0;
  result.phi = 0;
};

/**
 * The limit without volatility, or where the spot is 0: the greatest discounted exercise value over the times until expiry, or 0.
 * Delta, rho and phi are those of exercising then; gamma is what moving the best time adds; vega is 0. Theta is 0 unless expiry cuts
 * the option short. Spot from 0 to Infinity. Returns the years until that exercise, 0 also for a worthless option.
 */
export const writeDeterministicPut = (input: PutInput, result: PutGreeks): number => {
  const { spot, yearsToExpiry, rate, yield: dividend } = input;
  const years = spot < Infinity ? bestExerciseYears(input) : 0;
  const value = exerciseValue(input, years);
  if (!(value > 0)) {
    writeWorthless(result);
    return 0;
  }
  const strikeDiscount = exp(-rate * years);
  const assetDiscount = exp(-dividend * years);
  const isBetween = years > 0 && years < yearsToExpiry;
  const isAtExpiry = years === yearsToExpiry && yearsToExpiry > 0;
  result.value = value;
  result.premium = value - Math.max(exerciseValue(input, yearsToExpiry), 0);
  result.delta = -assetDiscount;
  result.gamma = isBetween ? (dividend * assetDiscount) / (spot * (dividend - rate)) : 0;
  result.theta = isAtExpiry ? rate * strikeDiscount - dividend * spot * assetDiscount : 0;
  result.rho = 0 - years * strikeDiscount;
  result.phi = years * spot * assetDiscount;
  return years;
};
