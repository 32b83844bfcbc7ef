import { millsRatio } from "../kernels/mills-ratio.ts";
import { normalDensity } from "../kernels/normal.ts";

/** Where an out-of-the-money value is asked for. */
export type TimeValuePoint = {
  /** The smaller of forward and strike (or of their present values), > 0: what the value rises to at infinite volatility. */
  lowerLeg: number;
  /** |ln(forward / strike)|. */
  distance: number;
  /** vol × sqrt(yearsToExpiry), > 0. */
  totalVol: number;
};

/** What `evaluateTimeValue` writes; currency of `lowerLeg`. */
export type TimeValue = {
  /** Value of the out-of-the-money option, from 0 to `lowerLeg`. */
  value: number;
  /** d value / d totalVol, which is also lowerLeg × phi(d) and so the common factor of gamma and vega. */
  slope: number;
  /** lowerLeg - value without cancellation: near the maximum it is what carries the volatility. */
  shortfall: number;
};

/** Below these the series in the half width converges within nine terms and loses nothing; above, a plain difference loses little. */
const SERIES_TOTAL_VOL_MAX = 0.5;
const SERIES_DISTANCE_MAX = 4;
const SERIES_ORDER_MAX = 17;

/**
 * M(z - t) - M(z + t) for 0 < t <= 1/4 and z t <= 2 by the odd Taylor terms 2 Σ t^n I_n(z) / n!, where
 * I_n = ∫ u^n exp(-z u - u²/2) du >= 0 follows I_(n+1) = n I_(n-1) - z I_n from I_0 = M. The difference itself would lose
 * z / t digits' worth: everything near the money and near expiry.
 */
const millsDifference = (z: number, t: number): number => {
  let previous = millsRatio(z);
  let current = 1 - z * previous;
  let power = t;
  let sum = power * current;
  for (let order = 1; order < SERIES_ORDER_MAX; order += 2) {
    previous = order * previous - z * current;
    current = (order + 1) * current - z * previous;
    power *= (t * t) / ((order + 1) * (order + 2));
    const term = power * current;
    sum += term;
    if (Math.abs(term) <= 1e-17 * sum) break;
  }
  return 2 * sum;
};

/**
 * Undiscounted value of the out-of-the-money European option, lowerLeg N(-z+t) - upperLeg N(-z-t) with z = distance / totalVol
 * and t = totalVol / 2, written as lowerLeg phi(z-t) (M(z-t) - M(z+t)): relative precision about 1e-15 near the money and
 * 1e-12 down to 1e-280, instead of a difference of two almost equal tails. Never negative, never NaN.
 */
export const evaluateTimeValue = (point: TimeValuePoint, result: TimeValue): void => {
  const { lowerLeg, distance, totalVol } = point;
  const z = distance / totalVol;
  const t = 0.5 * totalVol;
  const near = z - t;
  const slope = lowerLeg * normalDensity(near);
  result.slope = slope;
  if (totalVol <= SERIES_TOTAL_VOL_MAX && distance <= SERIES_DISTANCE_MAX) {
    // The second bound of the value holds exactly; rounding may pass it by an ulp.
    result.value = slope === 0 ? 0 : Math.min(slope * millsDifference(z, t), lowerLeg);
    result.shortfall = lowerLeg - result.value;
  } else if (near >= 0) {
    result.value = slope === 0 ? 0 : Math.max(slope * (millsRatio(near) - millsRatio(z + t)), 0);
    result.shortfall = lowerLeg - result.value;
  } else {
    result.shortfall = Math.min(slope * (millsRatio(-near) + millsRatio(z + t)), lowerLeg);
    result.value = lowerLeg - result.shortfall;
  }
};
