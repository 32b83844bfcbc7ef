import { minimiseLeastSquares } from "./least-squares.ts";
import { lowest } from "./local-minima.ts";
import type { SmileData } from "./smile-quotes.ts";
import { sviSmallestVariance, type SviRaw } from "./svi.ts";
import { bottomOf, densityFactorMinima } from "./svi-butterfly.ts";
import { calendarGapMinima } from "./svi-calendar.ts";
import { LEFT, LEVEL, M, RIGHT, SIGMA, SIZE, sviOfParameters } from "./svi-parameters.ts";
import { slicesProblem, type Cut, type SliceBounds } from "./svi-problem.ts";

/** A condition that the best fit without it broke, where it did so most and by how much. */
export type SviRepair = {
  /** Butterfly: the density factor g. Calendar: total variance over that of the expiry before, less 1. */
  readonly condition: "butterfly" | "calendar";
  readonly logMoneyness: number;
  readonly value: number;
};

/** Slices fitted side by side, in rising order of expiry, with their parameters one after the other. */
export type SlicesFit = { readonly slices: readonly SmileData[]; readonly bounds: readonly SliceBounds[]; readonly parameters: Float64Array };

/** Of each slice what it breaks; the cuts that would keep them all from doing so. No cuts: free of arbitrage. */
export type Violations = { readonly repairs: readonly (readonly SviRepair[])[]; readonly cuts: readonly Cut[] };

const ROUNDS_MAX = 16;
const LIMITS = { iterationsMax: 60, smallestGain: 1e-4 };
/** Held to this much more than 0 while repairing, so that what a penalty of finite weight leaves undone is not a violation. */
const MARGIN = 1e-4;
/** The bottom of a smile is kept above this part of the lowest quoted variance, to half of it. */
const BOTTOM_PART = 1e-3;
const FIRST_WEIGHT = 1;
const WEIGHT_RATIO = 4;
const FLAT_PART = 0.1;

const bottomFloor = (data: SmileData): number => {
  const lowestVol = data.midVol.reduce((least, vol) => Math.min(least, vol), Infinity);
  return BOTTOM_PART * lowestVol * lowestVol * data.yearsToExpiry;
};

const addButterfly = (data: SmileData, slice: number, svi: SviRaw, cuts: Cut[]): SviRepair[] => {
  const totalVariance = bottomFloor(data);
  if (sviSmallestVariance(svi) < 0.5 * totalVariance) cuts.push({ kind: "floor", slice, logMoneyness: bottomOf(svi), totalVariance });
  const minima = densityFactorMinima(svi);
  const least = lowest(minima);
  if (least.value >= 0) return [];
  for (const { logMoneyness, value } of minima) if (value < MARGIN) cuts.push({ kind: "density", slice, logMoneyness, margin: MARGIN });
  return [{ condition: "butterfly", ...least }];
};

const addCalendar = (slice: number, earlier: SviRaw, svi: SviRaw, cuts: Cut[]): SviRepair[] => {
  const minima = calendarGapMinima(earlier, svi);
  const least = lowest(minima);
  if (least.value >= 0) return [];
  for (const { logMoneyness, value } of minima) if (value < MARGIN) cuts.push({ kind: "calendar", slice, logMoneyness, margin: MARGIN });
  cuts.push({ kind: "wing", slice, wing: LEFT, margin: MARGIN }, { kind: "wing", slice, wing: RIGHT, margin: MARGIN });
  return [{ condition: "calendar", ...least }];
};

export const violationsOf = ({ slices, parameters }: SlicesFit): Violations => {
  const cuts: Cut[] = [];
  let earlier: SviRaw | undefined;
  const repairs = slices.map((data, slice) => {
    const svi = sviOfParameters(parameters, slice, data.anchorPlace);
    const own = addButterfly(data, slice, svi, cuts);
    if (earlier !== undefined) own.push(...addCalendar(slice, earlier, svi, cuts));
    earlier = svi;
    return own;
  });
  return { repairs, cuts };
};

/** Flat smiles at the level of the quotes nearest the anchors, a start that breaks nothing but perhaps the order of expiries. */
const writeFlat = ({ slices, parameters }: SlicesFit): void => {
  for (const [slice, data] of slices.entries()) {
    const at = slice * SIZE;
    const level = parameters[at + LEVEL] ?? NaN;
    parameters[at + LEVEL] = Math.max(level, bottomFloor(data));
    parameters[at + LEFT] = FLAT_PART * level;
    parameters[at + RIGHT] = FLAT_PART * level;
    parameters[at + M] = data.anchorPlace;
    parameters[at + SIGMA] = 0.5 * (data.highestPlace - data.lowestPlace);
  }
};

const repairFrom = (fit: SlicesFit, first: Violations, cuts: Cut[]): Violations => {
  let weight = FIRST_WEIGHT;
  let broken = first;
  for (let round = 0; round < ROUNDS_MAX && broken.cuts.length > 0; round += 1) {
    cuts.push(...broken.cuts);
    minimiseLeastSquares(slicesProblem(fit.slices, fit.bounds, cuts, weight), fit.parameters, LIMITS);
    weight *= WEIGHT_RATIO;
    broken = violationsOf(fit);
  }
  return broken;
};

/**
 * Moves the slices until none has butterfly arbitrage and none crosses the one before it: each place that breaks a condition
 * becomes a penalty, their weight rises, and the fit of all slices together is polished again, so that what a condition costs
 * falls on the quotes that are widest. Where that ends in a corner it is tried once more from flat smiles. Returns what is still
 * broken after a bounded number of rounds: nothing, as a rule.
 */
export const repairSlices = (fit: SlicesFit, first: Violations): Violations => {
  const cuts: Cut[] = [];
  const best = Float64Array.from(fit.parameters);
  const broken = repairFrom(fit, first, cuts);
  if (broken.cuts.length === 0) return broken;
  fit.parameters.set(best);
  writeFlat(fit);
  return repairFrom(fit, first, cuts);
};
