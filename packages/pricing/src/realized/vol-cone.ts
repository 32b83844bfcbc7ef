import { PricingError, requirePositive } from "../errors.ts";
import { annualizedVol, newBarVarianceColumns, writeBarVariances, type BarColumns, type BarEstimator } from "./bar-estimators.ts";

export type VolConeInput = {
  readonly bars: BarColumns;
  readonly estimator: BarEstimator;
  /** Window lengths in bars, each >= 3. */
  readonly horizons: readonly number[];
  readonly barsPerYear: number;
  /** Shares from 0 to 1; by default the extremes, 10, 25, 50, 75 and 90 %. */
  readonly shares?: readonly number[];
};

/** How realized volatility has been spread over windows of one length. */
export type VolConeSlice = {
  readonly horizon: number;
  /** Overlapping windows that it is made from. */
  readonly windows: number;
  /** Annualised vol at each share, in the order asked for; NaN without a window. */
  readonly vols: readonly number[];
  /** The newest window's. */
  readonly latest: number;
};

const defaultShares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1] as const;

/** Quantile of sorted values, linear between the two that it falls between (Hyndman & Fan's type 7). */
const quantile = (sorted: Float64Array, share: number): number => {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (place - below) * (high - low);
};

/** The volatility cone: quantiles of rolling realized volatility by window length. Throws PricingError `invalid_input` for a share outside 0 to 1, a horizon below 3 and bars a year that are not > 0. */
export const volCone = ({ bars, estimator, horizons, barsPerYear, shares = defaultShares }: VolConeInput): readonly VolConeSlice[] => {
  requirePositive("barsPerYear", barsPerYear);
  for (const share of shares) if (!(share >= 0 && share <= 1)) throw new PricingError("invalid_input", `shares must be from 0 to 1, got ${share}`);
  return horizons.map((horizon) => {
    const columns = newBarVarianceColumns(bars.close.length);
    writeBarVariances(estimator, bars, horizon, columns);
    const vols = columns.variance.map((variance) => annualizedVol(variance, barsPerYear)).filter((vol) => !Number.isNaN(vol));
    const sorted = vols.toSorted();
    return { horizon, windows: sorted.length, vols: shares.map((share) => quantile(sorted, share)), latest: vols[vols.length - 1] ?? NaN };
  });
};
