/**
 * What became of one row of a batch, one byte a row. A batch never throws in its middle: a row that has no result holds NaN
 * and says here why. The scalar forms of the same calculation throw or return the outcome instead.
 */
export const batchStatus = {
  ok: 0,
  /** An argument of the row is out of its documented range. */
  invalidInput: 1,
  /** Implied volatility: the price is below the intrinsic value. */
  belowIntrinsic: 2,
  /** Implied volatility: the price is at or above what an infinite volatility gives. */
  aboveMaximum: 3,
  /** There is no solution, such as a time value at expiry. */
  noSolution: 4,
  /** A window that reaches back beyond the first row. */
  tooFewRows: 5,
} as const;
