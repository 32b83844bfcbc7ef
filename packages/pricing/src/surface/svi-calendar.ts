import { addLocalMinima, type SmilePlace } from "./local-minima.ts";
import { newSviPoint, writeSviPoint, type SviRaw } from "./svi.ts";
import { searchGrids } from "./svi-butterfly.ts";

const point = newSviPoint();

/** Two smiles that touch are not told apart from two that cross by less than this part of their total variance. */
const ROUNDING = 1e-12;
/** Only gaps below this are worth their exact place. */
const REFINE_BELOW = 0.1;

/**
 * How much total variance the later expiry has beyond the earlier one, as a part of the earlier one's; its local minima over
 * the whole line. Below 0 (beyond rounding) a calendar spread costs less than nothing there.
 */
export const calendarGapMinima = (earlier: SviRaw, later: SviRaw): readonly SmilePlace[] => {
  const gapAt = (k: number): number => {
    writeSviPoint(later, k, point);
    const far = point.totalVariance;
    writeSviPoint(earlier, k, point);
    const near = point.totalVariance;
    const gap = (far - near) / Math.abs(near);
    return gap < 0 && gap > -ROUNDING ? 0 : gap;
  };
  const minima: SmilePlace[] = [];
  for (const grid of [...searchGrids(earlier), ...searchGrids(later)]) addLocalMinima(grid, gapAt, REFINE_BELOW, minima);
  return minima;
};
