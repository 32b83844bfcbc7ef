import { log } from "../kernels/logarithm.ts";
import { writeTails } from "./tail-difference.ts";
import type { TotalVolBlock } from "./total-vol-block.ts";
import { writeGuesses } from "./total-vol-guess.ts";

const SQRT_2PI = 2.5066282746310002;
/** Values below this share of the lower leg, or the inverse of that share, leave the range of doubles. */
const SMALLEST_SHARE = 1e-290;
/** Stands for such a value where the distance is far above it. */
const STAND_IN = 1e-100;
const LOG_STAND_IN = -230.25850929940458;
const NEAR_DISTANCE_MAX = 1e-90;
/** At the money the volatility is 2.5 times the share; below this it counts as this. */
const SHARE_MIN = 1e-300;
/** Seen: 1 or 2, up to 4 for total volatilities of 2 to 8, up to 15 when the legs are e^100 apart. The bound is what pure bisection would need. */
const ITERATIONS_MAX = 100;
/** What remains after a relative step this small is its fifth power times a number below 10: less than the last bit. */
const CONVERGED = 3e-4;
/** Newton's step times half the curvature: below this the power series of the inverse function is used, above it Halley's rule. */
const SERIES_BEND_MAX = 0.05;

/**
 * The relative step in the total volatility that takes the logarithm of the value (or of the shortfall) to where it should be, to the
 * fourth power of Newton's step. Black's formula gives the derivatives for a few products: value'' / value' = (z² - t²) / totalVol.
 * `logError` is what the logarithm is too large by, `elasticity` its derivative in ln totalVol.
 */
const relativeStep = (logError: number, elasticity: number, zz: number, tt: number): number => {
  const newton = -logError / elasticity;
  const bend = zz - tt;
  const bendSlope = -3 * zz - tt;
  const a2 = 0.5 * (bend - elasticity);
  if (!(Math.abs(newton * a2) < SERIES_BEND_MAX)) return newton / Math.min(Math.max(1 + newton * a2, 0.5), 2);
  const third = bend * bend + bendSlope;
  const fourth = bend * (bend * bend + 3 * bendSlope) + 12 * zz;
  const a3 = (third + elasticity * (2 * elasticity - 3 * bend)) * (1 / 6);
  const a4 = (fourth - elasticity * (4 * third + 3 * bend * bend - elasticity * (12 * bend - 6 * elasticity))) * (1 / 24);
  return newton * (1 - newton * (a2 - newton * (2 * a2 * a2 - a3 + newton * (5 * a2 * (a3 - a2 * a2) - a4))));
};

/** Keeps the value's logarithm beside a stand-in; near the money, where the volatility is as small as the value, the value itself. */
const standInForTiny = (block: TotalVolBlock, row: number): void => {
  const lowerLeg = block.lowerLeg[row] ?? NaN;
  const timeValue = block.timeValue[row] ?? NaN;
  const isNear = (block.distance[row] ?? NaN) < NEAR_DISTANCE_MAX;
  block.lowerLeg[row] = 1;
  block.upperLeg[row] = 1;
  block.timeValue[row] = isNear ? Math.max(timeValue / lowerLeg, SHARE_MIN) : STAND_IN;
  block.logShift[row] = isNear ? 0 : LOG_STAND_IN - (log(timeValue) - log(lowerLeg));
};

/** Moves every open row by one step and keeps those open that were far from their answer; returns how many. */
const stepOpenRows = (block: TotalVolBlock, openCount: number): number => {
  let stillOpen = 0;
  for (let place = 0; place < openCount; place += 1) {
    const row = block.open[place] ?? 0;
    const s = block.totalVol[row] ?? NaN;
    const tail = block.tail[row] ?? NaN;
    const lowerLeg = block.lowerLeg[row] ?? NaN;
    const timeValue = block.timeValue[row] ?? NaN;
    const z = (block.distance[row] ?? NaN) / s;
    const t = 0.5 * s;
    const near = z - t;
    const wanted = tail > 0 ? timeValue : lowerLeg - timeValue;
    const ratio = (Math.abs(tail) * lowerLeg) / (wanted * SQRT_2PI);
    const logError = log(ratio) + (block.logShift[row] ?? NaN) - 0.5 * near * near;
    const step = relativeStep(logError, s / tail, z * z, t * t);
    const next = s + s * step;
    block.totalVol[row] = next;
    if (!(Math.abs(step) < CONVERGED)) {
      if (logError < 0 === tail > 0) block.low[row] = s;
      else block.high[row] = s;
      const low = block.low[row] ?? NaN;
      const high = block.high[row] ?? NaN;
      if (!(next > low && next < high)) block.totalVol[row] = high === Infinity ? 2 * s : 0.5 * (low + high);
      block.open[stillOpen] = row;
      stillOpen += 1;
    }
  }
  return stillOpen;
};

/**
 * Writes the total volatility (vol × sqrt(yearsToExpiry)) at which the out-of-the-money option has the value, for the first `count`
 * rows; relative error below max(2e-15, 2 c) with c the share of the value's own rounding. One evaluation after the guess is mostly
 * enough. Logarithms are compared, so that no exponential is taken: the rounding of its argument in the wings costs the price many
 * digits, the volatility none. Idea (rational guess, then steps of high order): P. Jäckel, Let's Be Rational (2015); the guess
 * and the step are other ones.
 */
export const solveTotalVols = (block: TotalVolBlock, count: number): void => {
  for (let row = 0; row < count; row += 1) {
    block.logShift[row] = 0;
    if ((block.timeValue[row] ?? NaN) < SMALLEST_SHARE * (block.lowerLeg[row] ?? NaN)) standInForTiny(block, row);
    block.low[row] = 0;
    block.high[row] = Infinity;
    block.open[row] = row;
  }
  writeGuesses(block, count);
  let openCount = count;
  for (let iteration = 0; iteration < ITERATIONS_MAX && openCount > 0; iteration += 1) {
    writeTails(block, openCount);
    openCount = stepOpenRows(block, openCount);
  }
  for (let place = 0; place < openCount; place += 1) block.totalVol[block.open[place] ?? 0] = NaN;
};
