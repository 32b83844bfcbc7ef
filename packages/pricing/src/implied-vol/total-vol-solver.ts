import { log, log1p } from "../kernels/logarithm.ts";
import { evaluateTimeValue, type TimeValue, type TimeValuePoint } from "../european/time-value.ts";

export type TotalVolProblem = {
  /** The smaller of forward and strike, > 0. */
  readonly lowerLeg: number;
  /** |ln(forward / strike)|. */
  readonly distance: number;
  /** Undiscounted value of the out-of-the-money option, > 0 and < lowerLeg. */
  readonly timeValue: number;
};

/** Seen in practice: 3 to 8. The bound is what pure bisection would need. */
const ITERATIONS_MAX = 100;
/** Convergence is cubic: after a step this small the next one would be below the last bit. */
const CONVERGED = 1e-8;
/** A step this small that no longer halves is the rounding noise of the price, not progress. */
const NOISE = 1e-7;

// Written and read within one call and never across calls.
const point: TimeValuePoint = { lowerLeg: NaN, distance: NaN, totalVol: NaN };
const at: TimeValue = { value: NaN, slope: NaN, shortfall: NaN };

/** ln(a / b), exact to the last digits when the two are close. */
const logQuotient = (a: number, b: number): number => {
  const difference = (a - b) / b;
  return Math.abs(difference) < 0.25 ? log1p(difference) : log(a / b);
};

/** Newton's step of a function from its value, first and second derivative, with Halley's correction held between 1/2 and 2. */
const halleyStep = (value: number, first: number, second: number): number => {
  const newton = -value / first;
  const correction = 1 + (0.5 * newton * second) / first;
  return newton / Math.min(Math.max(correction, 0.5), 2);
};

/**
 * The next total volatility from the terms at `point`. Three faces of the same equation, each nearly straight where it is used:
 * below the inflection ln(value) over 1 / totalVol², up to half the maximum the value itself, above it ln(shortfall).
 */
const improve = (problem: TotalVolProblem, belowInflection: boolean): number => {
  const { lowerLeg, distance, timeValue } = problem;
  const s = point.totalVol;
  const slope = at.slope;
  const bend = slope * ((distance * distance) / (s * s * s) - 0.25 * s);
  if (belowInflection) {
    const first = slope / at.value;
    const second = bend / at.value - first * first;
    const cube = s * s * s;
    const firstByInverse = -0.5 * cube * first;
    const secondByInverse = 0.25 * cube * cube * second + 0.75 * cube * s * s * first;
    const inverse = 1 / (s * s) + halleyStep(logQuotient(at.value, timeValue), firstByInverse, secondByInverse);
    return inverse > 0 ? 1 / Math.sqrt(inverse) : NaN;
  }
  if (timeValue <= 0.5 * lowerLeg) return s + halleyStep(at.value - timeValue, slope, bend);
  const first = -slope / at.shortfall;
  return s + halleyStep(logQuotient(at.shortfall, lowerLeg - timeValue), first, -bend / at.shortfall - first * first);
};

/**
 * Solves evaluateTimeValue = timeValue for the total volatility (vol × sqrt(yearsToExpiry)). The value rises with the volatility,
 * convex up to sqrt(2 distance) and concave beyond, so that the inflection says on which side the answer lies and is the first
 * guess; each step is kept inside a bracket that only shrinks. Undefined only if the bracket could not be closed.
 */
export const solveTotalVol = (problem: TotalVolProblem): number | undefined => {
  const { lowerLeg, distance, timeValue } = problem;
  const inflection = Math.sqrt(2 * distance);
  point.lowerLeg = lowerLeg;
  point.distance = distance;
  let s = Math.max(inflection, 1e-300);
  point.totalVol = s;
  evaluateTimeValue(point, at);
  const belowInflection = timeValue < at.value;
  let low = belowInflection ? 0 : s;
  let high = belowInflection ? s : 64 + 2 * inflection;
  let next = belowInflection ? improve(problem, true) : s + (timeValue - at.value) / at.slope;
  let previousStep = Infinity;
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration += 1) {
    // Near the answer rounding may put a step an ulp outside the bracket: only a long one is refused.
    if (!(Math.abs(next - s) <= NOISE * s) && !(next > low && next < high)) next = 0.5 * (low + high);
    const step = Math.abs(next - s);
    s = next;
    if (step <= CONVERGED * s || (step <= NOISE * s && step >= 0.5 * previousStep)) return s;
    previousStep = step;
    point.totalVol = s;
    evaluateTimeValue(point, at);
    if (at.value === timeValue) return s;
    if (at.value < timeValue) low = s;
    else high = s;
    next = improve(problem, belowInflection);
  }
  return high - low <= NOISE * s ? s : undefined;
};
