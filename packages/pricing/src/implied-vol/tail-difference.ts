import type { TotalVolBlock } from "./total-vol-block.ts";
import { millsRatio } from "../kernels/mills-ratio.ts";

/** Up to this total volatility (near the money) the series below is used: nine terms leave less than 1e-17. */
const SERIES_TOTAL_VOL_MAX = 0.7;
const SERIES_DISTANCE_MAX = 1;
/** t² up to which six terms leave less than 1e-17. */
const SHORT_SERIES_MAX = 0.004;

/**
 * The out-of-the-money value and what it lacks to its maximum are, over lowerLeg × phi(m) with m = distance / totalVol - totalVol / 2,
 * sums of Mills ratios M. Writes the value's, > 0, where that has all its digits: below the inflection of the value and for
 * small total volatilities; else minus the shortfall's, < 0. Either is 1 / (d ln / d totalVol) of what it stands for.
 *
 * The difference M(z - t) - M(z + t) would lose z / t digits' worth near the money and near expiry. There it is the series
 * 2 t Σ a_j t^2j of positive terms, a_j = I_(2j+1) / (2j+1)! with I_n = ∫ u^n exp(-z u - u²/2) du over u > 0: from
 * I_(n+2) = (n + 1) I_n - z I_(n+1) and I_0 = M follows a three-term recurrence of the odd ones alone.
 */
export const writeTails = (block: TotalVolBlock, openCount: number): void => {
  for (let place = 0; place < openCount; place += 1) {
    const row = block.open[place] ?? 0;
    const distance = block.distance[row] ?? NaN;
    const totalVol = block.totalVol[row] ?? NaN;
    const z = distance / totalVol;
    const t = 0.5 * totalVol;
    if (totalVol < SERIES_TOTAL_VOL_MAX && distance < SERIES_DISTANCE_MAX) {
      const zz = z * z;
      const tt = t * t;
      const a0 = 1 - z * millsRatio(z);
      const a1 = ((3 + zz) * a0 - 1) * (1 / 6);
      const a2 = ((7 + zz) * a1 - a0) * (1 / 20);
      const a3 = ((11 + zz) * a2 - a1) * (1 / 42);
      const a4 = ((15 + zz) * a3 - a2) * (1 / 72);
      const a5 = ((19 + zz) * a4 - a3) * (1 / 110);
      let last = a5;
      if (tt >= SHORT_SERIES_MAX) {
        const a6 = ((23 + zz) * a5 - a4) * (1 / 156);
        const a7 = ((27 + zz) * a6 - a5) * (1 / 210);
        const a8 = ((31 + zz) * a7 - a6) * (1 / 272);
        last = a5 + tt * (a6 + tt * (a7 + tt * a8));
      }
      block.tail[row] = totalVol * (a0 + tt * (a1 + tt * (a2 + tt * (a3 + tt * (a4 + tt * last)))));
    } else {
      const near = z - t;
      const nearRatio = millsRatio(Math.abs(near));
      const farRatio = millsRatio(z + t);
      block.tail[row] = near >= 0 ? nearRatio - farRatio : 0 - (nearRatio + farRatio);
    }
  }
};
