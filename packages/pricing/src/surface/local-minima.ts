/** A place on a smile and a value there. */
export type SmilePlace = { readonly logMoneyness: number; readonly value: number };

/** Places origin + scale × grid, the grid in rising order and at most `GRID_MAX` long. */
export type SearchGrid = { readonly grid: Float64Array; readonly origin: number; readonly scale: number };

const GRID_MAX = 256;
const GOLDEN = 0.6180339887498949;
const REFINEMENTS_MAX = 64;
const RESOLUTION = 1e-12;

/** Golden-section search within a bracket. */
const refine = (valueAt: (k: number) => number, from: number, to: number): SmilePlace => {
  let low = from;
  let high = to;
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let atLeft = valueAt(left);
  let atRight = valueAt(right);
  for (let i = 0; i < REFINEMENTS_MAX && high - low > RESOLUTION * (1 + Math.abs(low)); i += 1) {
    if (atLeft <= atRight) {
      high = right;
      right = left;
      atRight = atLeft;
      left = high - GOLDEN * (high - low);
      atLeft = valueAt(left);
    } else {
      low = left;
      left = right;
      atLeft = atRight;
      right = low + GOLDEN * (high - low);
      atRight = valueAt(right);
    }
  }
  return atLeft <= atRight ? { logMoneyness: left, value: atLeft } : { logMoneyness: right, value: atRight };
};

// Written and read within one call and never across calls.
const values = new Float64Array(GRID_MAX);

/**
 * Adds the local minima over a grid, its ends included; those at or below `refineBelow` refined between their neighbours to
 * 1e-12. Sees what the grid is dense enough to see.
 */
export const addLocalMinima = ({ grid, origin, scale }: SearchGrid, valueAt: (k: number) => number, refineBelow: number, minima: SmilePlace[]): void => {
  const last = grid.length - 1;
  const placeAt = (i: number): number => origin + scale * (grid[Math.max(0, Math.min(last, i))] ?? NaN);
  for (let i = 0; i <= last; i += 1) values[i] = valueAt(placeAt(i));
  for (let i = 0; i <= last; i += 1) {
    const value = values[i] ?? NaN;
    if (i > 0 && value > (values[i - 1] ?? NaN)) continue;
    if (i < last && value > (values[i + 1] ?? NaN)) continue;
    const here = { logMoneyness: placeAt(i), value };
    if (value > refineBelow || value === -Infinity) minima.push(here);
    else {
      const refined = refine(valueAt, placeAt(i - 1), placeAt(i + 1));
      minima.push(refined.value < value ? refined : here);
    }
  }
};

/** The lowest of them; the first where several are equal. */
export const lowest = (minima: readonly SmilePlace[]): SmilePlace => {
  let found: SmilePlace = { logMoneyness: 0, value: Infinity };
  for (const minimum of minima) if (minimum.value < found.value) found = minimum;
  return found;
};
