import { barVariance, barsNeeded, requireWindowLength, type BarColumns, type BarEstimator } from "./bar-estimators.ts";

export type Bar = { readonly open: number; readonly high: number; readonly low: number; readonly close: number };

/** An estimator that is fed one bar after the other and remembers just its window. */
export type BarStream = {
  readonly push: (bar: Bar) => void;
  /** Variance of one bar over the last window; NaN until it is filled. The bits of `barVariance` on the same bars. */
  readonly variance: () => number;
};

/** Throws PricingError `invalid_input` for a window of fewer than 3 bars. */
export const newBarStream = (estimator: BarEstimator, length: number): BarStream => {
  requireWindowLength(length);
  const kept = barsNeeded(estimator, length);
  // Twice as long as needed: a full one moves its newer half to the front, so that a window is always contiguous.
  const column = (): Float64Array => new Float64Array(2 * kept);
  const bars: BarColumns = { open: column(), high: column(), low: column(), close: column() };
  const columns = [bars.open, bars.high, bars.low, bars.close];
  let count = 0;
  return {
    push: ({ open, high, low, close }) => {
      if (count === 2 * kept) {
        for (const each of columns) each.copyWithin(0, kept + 1);
        count = kept - 1;
      }
      bars.open[count] = open;
      bars.high[count] = high;
      bars.low[count] = low;
      bars.close[count] = close;
      count += 1;
    },
    variance: () => barVariance(estimator, bars, { last: count - 1, length }),
  };
};
