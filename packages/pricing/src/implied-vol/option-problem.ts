import { batchStatus } from "../batch-status.ts";
import { logRatio } from "../kernels/log-ratio.ts";
import type { TotalVolBlock } from "./total-vol-block.ts";

/** What `poseProblem` finds: a `batchStatus` other than ok, or one of these. */
export const problemStatus = { ...batchStatus, noTimeValue: 254, posed: 255 } as const;

const ULP = 2.220446049250313e-16;

/**
 * Turns the option of a row (`assetLeg`, `strikeLeg`, `yearsToExpiry`, `price`) into the problem to be solved there, but for its
 * distance, or returns the status that says why there is none. The problem is always that of the out-of-the-money option of the
 * strike: by put–call parity its price is what this one's is beyond its intrinsic value. A time value in the money below one ulp of the
 * asset leg counts as none. The caller has checked the ranges.
 */
export const poseProblem = (block: TotalVolBlock, row: number, isCall: boolean): number => {
  const assetLeg = block.assetLeg[row] ?? NaN;
  const strikeLeg = block.strikeLeg[row] ?? NaN;
  const price = block.price[row] ?? NaN;
  const intrinsic = Math.max(isCall ? assetLeg - strikeLeg : strikeLeg - assetLeg, 0);
  const noise = intrinsic > 0 ? assetLeg * ULP : 0;
  const timeValue = price - intrinsic;
  const lowerLeg = Math.min(assetLeg, strikeLeg);
  if (timeValue < -noise) return problemStatus.belowIntrinsic;
  if (price >= (isCall ? assetLeg : strikeLeg) || timeValue >= lowerLeg) return problemStatus.aboveMaximum;
  if (timeValue <= noise) return problemStatus.noTimeValue;
  if (block.yearsToExpiry[row] === 0) return problemStatus.noSolution;
  block.lowerLeg[row] = lowerLeg;
  block.upperLeg[row] = Math.max(assetLeg, strikeLeg);
  block.timeValue[row] = timeValue;
  return problemStatus.posed;
};

/** The distances of the first `count` problems, where the legs are forward and strike as they were given. */
export const writeDistances = (block: TotalVolBlock, count: number): void => {
  for (let row = 0; row < count; row += 1) block.distance[row] = logRatio(block.upperLeg[row] ?? NaN, block.lowerLeg[row] ?? NaN);
};
