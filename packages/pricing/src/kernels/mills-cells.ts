import { millsRatio } from "./mills-ratio.ts";
import { normalDensity } from "./normal.ts";

/**
 * The Mills ratio M(x) = N(-x) / phi(x) and the normal density by table, for the one loop that every European price goes through.
 * The axis from CELLS_FROM to CELLS_TO is cut into cells of width 1 / CELLS_PER_UNIT; a cell holds the Taylor coefficients of M
 * about its middle, which follow from M' = x M - 1. Within half a cell the terms left out are below 2e-17 of M.
 * Sums and products alone made the table: it has the same bits on every machine.
 */
export const CELLS_FROM = -2;
export const CELLS_TO = 8;
export const CELLS_PER_UNIT = 64;
/** Coefficients a cell: orders 0 to 7, one cache line. */
export const COEFFICIENTS = 8;

const CELLS = (CELLS_TO - CELLS_FROM) * CELLS_PER_UNIT;
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

/** From the upper end down, where errors of M die out like exp(-x²/2): each middle from the one above it. */
const buildMills = (): Float64Array => {
  const table = new Float64Array(CELLS * COEFFICIENTS);
  let value = millsRatio(middleOf(CELLS - 1));
  for (let cell = CELLS - 1; cell >= 0; cell -= 1) {
    const coefficients = coefficientsAt(middleOf(cell), value, STEP_ORDER);
    table.set(coefficients.subarray(0, COEFFICIENTS), cell * COEFFICIENTS);
    value = valueAt(coefficients, -1 / CELLS_PER_UNIT);
  }
  return table;
};

const buildDensity = (): Float64Array => {
  const table = new Float64Array(CELLS);
  for (let cell = 0; cell < CELLS; cell += 1) table[cell] = normalDensity(middleOf(cell));
  return table;
};

/** COEFFICIENTS numbers a cell. */
export const millsCells: Float64Array = buildMills();
/** The density at each cell's middle. */
export const densityCells: Float64Array = buildDensity();
