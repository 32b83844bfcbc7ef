import type { LeastSquares } from "./least-squares.ts";
import type { SmileData } from "./smile-quotes.ts";
import { LARGEST_WING_SLOPE } from "./svi-butterfly.ts";
import type { Anchors, LEFT, RIGHT } from "./svi-parameters.ts";
import { newAnchors, newSmileGradient, refreshAnchors, SIZE, writeSmile, writeVariance } from "./svi-parameters.ts";

/** A condition that a fit is held to by a penalty, at one place of one slice. */
export type Cut =
  /** The density factor g is at least `margin`. */
  | { readonly kind: "density"; readonly slice: number; readonly logMoneyness: number; readonly margin: number }
  /** The total variance is at least this, which is > 0. */
  | { readonly kind: "floor"; readonly slice: number; readonly logMoneyness: number; readonly totalVariance: number }
  /** The total variance exceeds that of the slice before by at least `margin`, a part of it. */
  | { readonly kind: "calendar"; readonly slice: number; readonly logMoneyness: number; readonly margin: number }
  /** So does the slope of a wing. */
  | { readonly kind: "wing"; readonly slice: number; readonly wing: typeof LEFT | typeof RIGHT; readonly margin: number };

export type SliceBounds = { readonly lower: Float64Array; readonly upper: Float64Array };

/** A slope just below 2 leaves no room for a butterfly in the far wing, where g tends to (4 - slope²) / 16. */
const LARGEST_FITTED_SLOPE = LARGEST_WING_SLOPE * (1 - 1e-3);
const SPANS_BESIDE = 1;
const SMALLEST_SIGMA_SPANS = 1e-3;
const LARGEST_SIGMA_SPANS = 2;

/**
 * Bounds of one slice's fit: wing slopes from 0 to Lee's bound; m within one span of the quotes on either side; σ between a
 * thousandth of the span and two spans: beyond, the smile is a corner or a parabola as far as its quotes can tell.
 */
export const sliceBounds = ({ lowestPlace, highestPlace }: SmileData): SliceBounds => {
  const span = highestPlace - lowestPlace;
  return {
    lower: Float64Array.of(-Infinity, 0, 0, lowestPlace - SPANS_BESIDE * span, SMALLEST_SIGMA_SPANS * span),
    upper: Float64Array.of(Infinity, LARGEST_FITTED_SLOPE, LARGEST_FITTED_SLOPE, highestPlace + SPANS_BESIDE * span, LARGEST_SIGMA_SPANS * span),
  };
};

// Written and read within one call and never across calls. A row touches one slice, or that and the slice before it.
const smile = newSmileGradient();
const smileBefore = newSmileGradient();
const row = new Float64Array(SIZE);
const rowBefore = new Float64Array(SIZE);

/** Where the total variance falls below this part of the quote's, the vol goes on along its tangent, so that the fit finds back. */
const TANGENT_BELOW = 0.01;

/** Writes the row of a quote, in bid–ask widths, and returns its residual. */
const quoteRow = (data: SmileData, i: number, p: Float64Array, anchors: Anchors, slice: number): number => {
  const years = data.yearsToExpiry;
  const vol = data.midVol[i] ?? NaN;
  const width = data.widthVol[i] ?? NaN;
  writeVariance(p, anchors, slice, data.logMoneyness[i] ?? NaN, smile);
  const variance = smile.totalVariance / years;
  const floor = TANGENT_BELOW * vol * vol;
  const root = Math.sqrt(Math.max(variance, floor));
  const factor = 1 / (2 * root * width * years);
  for (let j = 0; j < SIZE; j += 1) row[j] = factor * (smile.byTotalVariance[j] ?? NaN);
  const modelVol = variance >= floor ? root : root + (variance - floor) / (2 * root);
  return (modelVol - vol) / width;
};

/** How far g is below its margin; its row holds the gradient of the shortfall. Nothing where the total variance is not positive: a floor pulls there. */
const densityShortfall = (cut: Cut & { kind: "density" }, p: Float64Array, anchors: Anchors): number => {
  const k = cut.logMoneyness;
  writeSmile(p, anchors, cut.slice, k, smile);
  const { totalVariance: w, slope, curvature } = smile;
  if (!(w > 0)) return 0;
  const relative = 1 - (k * slope) / (2 * w);
  const g = relative * relative - 0.25 * slope * slope * (1 / w + 0.25) + 0.5 * curvature;
  const byValue = (relative * k * slope + 0.25 * slope * slope) / (w * w);
  const bySlope = (0 - relative * k) / w - 0.5 * slope * (1 / w + 0.25);
  for (let j = 0; j < SIZE; j += 1) {
    const change = byValue * (smile.byTotalVariance[j] ?? NaN) + bySlope * (smile.bySlope[j] ?? NaN) + 0.5 * (smile.byCurvature[j] ?? NaN);
    row[j] = 0 - change;
  }
  return cut.margin - g;
};

const calendarShortfall = (cut: Cut & { kind: "calendar" }, p: Float64Array, anchors: Anchors): number => {
  writeVariance(p, anchors, cut.slice, cut.logMoneyness, smile);
  writeVariance(p, anchors, cut.slice - 1, cut.logMoneyness, smileBefore);
  const needed = smileBefore.totalVariance * (1 + cut.margin);
  if (!(needed > 0)) return 0;
  const ratio = smile.totalVariance / needed;
  for (let j = 0; j < SIZE; j += 1) {
    row[j] = (0 - (smile.byTotalVariance[j] ?? NaN)) / needed;
    rowBefore[j] = (ratio * (smileBefore.byTotalVariance[j] ?? NaN)) / smileBefore.totalVariance;
  }
  return 1 - ratio;
};

/** By how much a cut is missed, 0 or less when it is kept; writes the rows, those of the slice before for a cut between two. */
const cutShortfall = (cut: Cut, p: Float64Array, anchors: Anchors): number => {
  switch (cut.kind) {
    case "density":
      return densityShortfall(cut, p, anchors);
    case "calendar":
      return calendarShortfall(cut, p, anchors);
    case "floor":
      writeVariance(p, anchors, cut.slice, cut.logMoneyness, smile);
      for (let j = 0; j < SIZE; j += 1) row[j] = (0 - (smile.byTotalVariance[j] ?? NaN)) / cut.totalVariance;
      return 1 - smile.totalVariance / cut.totalVariance;
    case "wing": {
      row.fill(0);
      rowBefore.fill(0);
      row[cut.wing] = -1;
      rowBefore[cut.wing] = 1 + cut.margin;
      return (p[(cut.slice - 1) * SIZE + cut.wing] ?? NaN) * (1 + cut.margin) - (p[cut.slice * SIZE + cut.wing] ?? NaN);
    }
  }
};

const addTo = (sums: Float64Array, at: number, amount: number): void => {
  sums[at] = (sums[at] ?? NaN) + amount;
};

/** Adds weight² × the outer product of the row to the lower triangle. */
const addRow = (slice: number, weight: number, residual: number, normal: Float64Array, gradient: Float64Array): void => {
  const size = gradient.length;
  const at = slice * SIZE;
  for (let i = 0; i < SIZE; i += 1) {
    const left = weight * (row[i] ?? NaN);
    addTo(gradient, at + i, left * residual);
    for (let j = 0; j <= i; j += 1) addTo(normal, (at + i) * size + at + j, left * weight * (row[j] ?? NaN));
  }
};

/** The same for the slice before, and the product of the two. */
const addRowBefore = (slice: number, weight: number, residual: number, normal: Float64Array, gradient: Float64Array): void => {
  const size = gradient.length;
  const at = slice * SIZE;
  const before = at - SIZE;
  for (let i = 0; i < SIZE; i += 1) {
    const left = weight * (rowBefore[i] ?? NaN);
    addTo(gradient, before + i, left * residual);
    for (let j = 0; j <= i; j += 1) addTo(normal, (before + i) * size + before + j, left * weight * (rowBefore[j] ?? NaN));
    const across = weight * (row[i] ?? NaN);
    for (let j = 0; j < SIZE; j += 1) addTo(normal, (at + i) * size + before + j, across * weight * (rowBefore[j] ?? NaN));
  }
};

/** The fit of slices side by side as a sum of squares: each quote's vol error in its widths, each cut's shortfall times `cutWeight`. */
export const slicesProblem = (slices: readonly SmileData[], bounds: readonly SliceBounds[], cuts: readonly Cut[], cutWeight: number): LeastSquares => {
  const anchors = newAnchors(slices.map(({ anchorPlace }) => anchorPlace));
  return {
    lower: Float64Array.from(bounds.flatMap(({ lower }) => [...lower])),
    upper: Float64Array.from(bounds.flatMap(({ upper }) => [...upper])),
    bandwidth: 2 * SIZE,
    cost: (p) => {
      refreshAnchors(p, anchors);
      let sum = 0;
      for (const [slice, data] of slices.entries()) {
        for (let i = 0; i < data.count; i += 1) {
          const residual = quoteRow(data, i, p, anchors, slice);
          sum += residual * residual;
        }
      }
      for (const cut of cuts) {
        const residual = cutWeight * Math.max(0, cutShortfall(cut, p, anchors));
        sum += residual * residual;
      }
      return 0.5 * sum;
    },
    linearise: (p, normal, gradient) => {
      normal.fill(0);
      gradient.fill(0);
      refreshAnchors(p, anchors);
      let sum = 0;
      for (const [slice, data] of slices.entries()) {
        for (let i = 0; i < data.count; i += 1) {
          const residual = quoteRow(data, i, p, anchors, slice);
          sum += residual * residual;
          addRow(slice, 1, residual, normal, gradient);
        }
      }
      for (const cut of cuts) {
        const residual = cutWeight * Math.max(0, cutShortfall(cut, p, anchors));
        if (residual === 0) continue;
        sum += residual * residual;
        addRow(cut.slice, cutWeight, residual, normal, gradient);
        if (cut.kind === "calendar" || cut.kind === "wing") addRowBefore(cut.slice, cutWeight, residual, normal, gradient);
      }
      return 0.5 * sum;
    },
  };
};
