import { millsRatio } from "./mills-ratio.ts";
import { normalDensity } from "./normal.ts";

/**
 * The Mills ratio M(x) = N(-x) / phi(x) and the normal density by table, for the loops that every European price goes through.
 * The axis from CELLS_FROM to CELLS_TO is cut into cells of width 1 / CELLS_PER_UNIT; of each the tables hold the middle, the density
 * there, and the Taylor coefficients of M about it, which follow from M' = x M - 1. Within half a cell the terms left out are below
 * 2e-17 of M. Sums and products alone made the tables: they have the same bits on every machine.
 */
export const CELLS_FROM = -2;
export const CELLS_TO = 10;
export const CELLS_PER_UNIT = 64;
const CELLS = (CELLS_TO - CELLS_FROM) * CELLS_PER_UNIT;
/** Each table has a power of two of places, so that an index under this mask is within it; places past the last cell are 0. */
export const CELL_MASK = 1023;

const ORDER = 7;
/** Enough for one step of a whole cell. */
const STEP_ORDER = 20;

const middleOf = (cell: number): number => (cell + 0.5) / CELLS_PER_UNIT + CELLS_FROM;

/** Taylor coefficients of M about x from its value there. */
const coefficientsAt = (x: number, value: number, order: number): Float64Array => {
  const coefficients = new Float64Array(order + 1);
  coefficients[0] = value;
  coefficients[1] = x * value - 1;
  for (let n = 1; n < order; n += 1) coefficients[n + 1] = (x * (coefficients[n] ?? NaN) + (coefficients[n - 1] ?? NaN)) / (n + 1);
  return coefficients;
};

const valueAt = (coefficients: Float64Array, step: number): number => {
  let sum = 0;
  for (let n = coefficients.length - 1; n >= 0; n -= 1) sum = sum * step + (coefficients[n] ?? NaN);
  return sum;
};

// One buffer for all: a compiled loop then checks once that it is still there, and one index is checked once for all tables.
const buffer = new ArrayBuffer(8 * (CELL_MASK + 1) * (ORDER + 3));
const table = (place: number): Float64Array => new Float64Array(buffer, 8 * (CELL_MASK + 1) * place, CELL_MASK + 1);

/** Taylor coefficients of M at each cell's middle, one table an order. */
export const millsCells = [table(0), table(1), table(2), table(3), table(4), table(5), table(6), table(7)] as const;
/** The density at each cell's middle. */
export const densityCells = table(8);
/** Each cell's middle. */
export const middleCells = table(9);

/** From the upper end down, where errors of M die out like exp(-x²/2): each middle from the one above it. */
const fillTables = (): void => {
  let value = millsRatio(middleOf(CELLS - 1));
  for (let cell = CELLS - 1; cell >= 0; cell -= 1) {
    const coefficients = coefficientsAt(middleOf(cell), value, STEP_ORDER);
    millsCells.forEach((column, order) => (column[cell] = coefficients[order] ?? NaN));
    middleCells[cell] = middleOf(cell);
    densityCells[cell] = normalDensity(middleOf(cell));
    value = valueAt(coefficients, -1 / CELLS_PER_UNIT);
  }
};
fillTables();
