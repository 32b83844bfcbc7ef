import type { SviRaw } from "./svi.ts";

/**
 * Where a fit keeps the five parameters of a slice. Not a, b and rho: the total variance at a place amid the quotes, its anchor,
 * since a and sigma of a smile that its quotes see only the bottom of are each vague and their sum is not; and the wing slopes
 * b (1 - ρ) and b (1 + ρ), which make Lee's bounds a box.
 */
export const LEVEL = 0;
export const LEFT = 1;
export const RIGHT = 2;
export const M = 3;
export const SIGMA = 4;
export const SIZE = 5;

/** Total variance, slope and curvature of a slice at a place, and each one's gradient by the slice's five parameters. */
export type SmileGradient = {
  totalVariance: number;
  slope: number;
  curvature: number;
  readonly byTotalVariance: Float64Array;
  readonly bySlope: Float64Array;
  readonly byCurvature: Float64Array;
};

export const newSmileGradient = (): SmileGradient => ({
  totalVariance: NaN,
  slope: NaN,
  curvature: NaN,
  byTotalVariance: new Float64Array(SIZE),
  bySlope: new Float64Array(SIZE),
  byCurvature: new Float64Array(SIZE),
});

/** The arms of the hyperbola, b (ρ x + √(x² + σ²)) at x = k - m, with their gradient. */
const writeArms = (p: Float64Array, slice: number, k: number, smile: SmileGradient): void => {
  const at = slice * SIZE;
  const left = 0.5 * (p[at + LEFT] ?? NaN);
  const right = 0.5 * (p[at + RIGHT] ?? NaN);
  const sigma = p[at + SIGMA] ?? NaN;
  const x = k - (p[at + M] ?? NaN);
  const variance = sigma * sigma;
  const root = Math.sqrt(x * x + variance);
  // Of root + x and root - x one would cancel far from m, and comes from their product instead.
  const rising = x > 0 ? root + x : variance / (root - x);
  const falling = x > 0 ? variance / (root + x) : root - x;
  const inverse = 1 / root;
  smile.totalVariance = right * rising + left * falling;
  smile.slope = (right * rising - left * falling) * inverse;
  const gradient = smile.byTotalVariance;
  gradient[LEVEL] = 0;
  gradient[LEFT] = 0.5 * falling;
  gradient[RIGHT] = 0.5 * rising;
  gradient[M] = 0 - smile.slope;
  gradient[SIGMA] = (left + right) * sigma * inverse;
};

/** The arms of each slice at its anchor, which every value of that slice is counted from; one object a slice, refreshed for new parameters. */
export type Anchors = { readonly places: readonly number[]; readonly arms: readonly SmileGradient[] };

export const newAnchors = (places: readonly number[]): Anchors => ({ places, arms: places.map(newSmileGradient) });

export const refreshAnchors = (p: Float64Array, { places, arms }: Anchors): void => {
  for (let slice = 0; slice < arms.length; slice += 1) {
    const smile = arms[slice];
    if (smile !== undefined) writeArms(p, slice, places[slice] ?? NaN, smile);
  }
};

/** The total variance with its gradient, and the slope without; allocates nothing. */
export const writeVariance = (p: Float64Array, anchors: Anchors, slice: number, k: number, smile: SmileGradient): void => {
  writeArms(p, slice, k, smile);
  const anchor = anchors.arms[slice];
  if (anchor === undefined) return;
  smile.totalVariance += (p[slice * SIZE + LEVEL] ?? NaN) - anchor.totalVariance;
  const gradient = smile.byTotalVariance;
  gradient[LEVEL] = 1;
  for (let j = LEFT; j < SIZE; j += 1) gradient[j] = (gradient[j] ?? NaN) - (anchor.byTotalVariance[j] ?? NaN);
};

const scratch = newSmileGradient();

export const sviOfParameters = (p: Float64Array, slice: number, anchorPlace: number): SviRaw => {
  const at = slice * SIZE;
  const left = p[at + LEFT] ?? NaN;
  const right = p[at + RIGHT] ?? NaN;
  const sum = left + right;
  writeArms(p, slice, anchorPlace, scratch);
  const a = (p[at + LEVEL] ?? NaN) - scratch.totalVariance;
  return { a, b: 0.5 * sum, rho: sum > 0 ? (right - left) / sum : 0, m: p[at + M] ?? NaN, sigma: p[at + SIGMA] ?? NaN };
};

/** Everything; allocates nothing. */
export const writeSmile = (p: Float64Array, anchors: Anchors, slice: number, k: number, smile: SmileGradient): void => {
  writeVariance(p, anchors, slice, k, smile);
  const at = slice * SIZE;
  const b = 0.5 * ((p[at + LEFT] ?? NaN) + (p[at + RIGHT] ?? NaN));
  const sigma = p[at + SIGMA] ?? NaN;
  const x = k - (p[at + M] ?? NaN);
  const variance = sigma * sigma;
  const square = x * x + variance;
  const root = Math.sqrt(square);
  const bend = variance / (square * root);
  const rising = x > 0 ? root + x : variance / (root - x);
  const falling = x > 0 ? variance / (root + x) : root - x;
  const { bySlope, byCurvature } = smile;
  smile.curvature = b * bend;
  bySlope[LEVEL] = 0;
  bySlope[LEFT] = (-0.5 * falling) / root;
  bySlope[RIGHT] = (0.5 * rising) / root;
  bySlope[M] = 0 - b * bend;
  bySlope[SIGMA] = (0 - b * x * sigma) / (square * root);
  byCurvature[LEVEL] = 0;
  byCurvature[LEFT] = 0.5 * bend;
  byCurvature[RIGHT] = 0.5 * bend;
  byCurvature[M] = (3 * b * x * bend) / square;
  byCurvature[SIGMA] = (b * sigma * (2 - (3 * variance) / square)) / (square * root);
};
