import { SIZE, newGarchPass, passGarch, type GarchPass } from "./garch-likelihood.ts";
import { inverseOf, product } from "./symmetric-matrix.ts";

const ITERATIONS_MAX = 200;
const HALVINGS_MAX = 40;
/** A step that promises less than this part of the likelihood is the last: the parameters are then known to a millionth of their standard errors. */
const SMALLEST_GAIN = 1e-15;
/** The most of the way to the region's edge that one step goes. */
const SHARE_OF_WAY = 0.9;
/** A climb that comes closer to the region's edge than this ends there. omega may be small in itself. */
const EDGE = 1e-6;
const EDGE_OF_OMEGA = 1e-9;

/** Where a climb ended: at a maximum inside, at the edge of what the parameters may be, or nowhere within the bounds on its steps. */
export type Climb = {
  readonly end: "maximum" | "edge" | "unfinished";
  readonly parameters: Float64Array;
  readonly logLikelihood: number;
  readonly iterations: number;
};

/** Curvature (minus the second derivatives) by central differences of the analytic gradient. */
export const curvatureAt = (returns: Float64Array, parameters: Float64Array, scratch: GarchPass): Float64Array => {
  const curvature = new Float64Array(SIZE * SIZE);
  const moved = parameters.slice();
  for (let k = 0; k < SIZE; k += 1) {
    const at = parameters[k] ?? NaN;
    const step = 1e-5 * Math.max(Math.abs(at), 1e-3 * Math.sqrt(Math.abs(parameters[1] ?? NaN)));
    for (const sign of [1, -1]) {
      moved[k] = at + sign * step;
      passGarch(returns, moved, scratch);
      for (let row = 0; row < SIZE; row += 1) curvature[row * SIZE + k] = (curvature[row * SIZE + k] ?? NaN) - (sign * (scratch.gradient[row] ?? NaN)) / (2 * step);
    }
    moved[k] = at;
  }
  for (let row = 0; row < SIZE; row += 1) {
    for (let column = 0; column < row; column += 1) {
      const mean = 0.5 * ((curvature[row * SIZE + column] ?? NaN) + (curvature[column * SIZE + row] ?? NaN));
      curvature[row * SIZE + column] = mean;
      curvature[column * SIZE + row] = mean;
    }
  }
  return curvature;
};

/** What must stay > 0: omega, alpha, beta, 1 - alpha - beta. */
const slacksOf = ([, omega = NaN, alpha = NaN, beta = NaN]: Float64Array): readonly number[] => [omega, alpha, beta, 1 - alpha - beta];

const isAtEdge = (parameters: Float64Array): boolean => slacksOf(parameters).some((slack, place) => slack < (place === 0 ? EDGE_OF_OMEGA : EDGE));

/** The share of a step that stays inside the region, at most the whole of it. */
const shareInside = (parameters: Float64Array, step: Float64Array): number => {
  const slacks = slacksOf(parameters);
  const ends = slacksOf(parameters.map((each, k) => each + (step[k] ?? NaN)));
  return slacks.reduce((share, slack, place) => {
    const lost = slack - (ends[place] ?? NaN);
    return lost >= slack ? Math.min(share, (SHARE_OF_WAY * slack) / lost) : share;
  }, 1);
};

/** Halves the step until the likelihood rises; false when it never does. */
const advance = (returns: Float64Array, parameters: Float64Array, step: Float64Array, pass: GarchPass): boolean => {
  const before = pass.logLikelihood;
  const trial = new Float64Array(SIZE);
  let share = shareInside(parameters, step);
  for (let halving = 0; halving < HALVINGS_MAX; halving += 1) {
    for (let k = 0; k < SIZE; k += 1) trial[k] = (parameters[k] ?? NaN) + share * (step[k] ?? NaN);
    passGarch(returns, trial, pass);
    if (pass.logLikelihood >= before) {
      parameters.set(trial);
      return true;
    }
    share *= 0.5;
  }
  passGarch(returns, parameters, pass);
  return false;
};

/** Newton's step from the likelihood's curvature where that is positive definite, else from the outer products, which always are. */
const stepFrom = (returns: Float64Array, parameters: Float64Array, pass: GarchPass, scratch: GarchPass): Float64Array | undefined => {
  const inverse = inverseOf(curvatureAt(returns, parameters, scratch), SIZE) ?? inverseOf(pass.outer, SIZE);
  return inverse === undefined ? undefined : product(inverse, pass.gradient);
};

const gainOf = (step: Float64Array, gradient: Float64Array): number => step.reduce((sum, each, k) => sum + 0.5 * each * (gradient[k] ?? NaN), 0);

/** Climbs the likelihood from a start inside the region. */
export const climbGarch = (returns: Float64Array, start: Float64Array): Climb => {
  const parameters = start.slice();
  const [pass, scratch] = [newGarchPass(returns.length), newGarchPass(returns.length)];
  passGarch(returns, parameters, pass);
  const ended = (end: Climb["end"], iterations: number): Climb => ({ end, parameters, logLikelihood: pass.logLikelihood, iterations });
  for (let iteration = 1; iteration <= ITERATIONS_MAX; iteration += 1) {
    const step = stepFrom(returns, parameters, pass, scratch);
    if (step === undefined) return ended("unfinished", iteration);
    const isLast = Math.abs(gainOf(step, pass.gradient)) <= SMALLEST_GAIN * Math.abs(pass.logLikelihood);
    const rises = advance(returns, parameters, step, pass);
    if (isAtEdge(parameters)) return ended("edge", iteration);
    // At the end rounding alone decides whether the likelihood still rises.
    if (isLast) return ended("maximum", iteration);
    if (!rises) return ended("unfinished", iteration);
  }
  return ended("unfinished", ITERATIONS_MAX);
};
