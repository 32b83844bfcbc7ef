/** A sum of squares of few parameters, each within bounds. */
export type LeastSquares = {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Parameters this far apart in their order, or farther, never meet in one square. */
  readonly bandwidth: number;
  /** Half the sum of squares. */
  readonly cost: (parameters: Float64Array) => number;
  /** Half the sum of squares; writes Jᵀ J (the lower triangle, rows as long as there are parameters) and Jᵀ r over what was there. */
  readonly linearise: (parameters: Float64Array, normal: Float64Array, gradient: Float64Array) => number;
};

export type LeastSquaresLimits = {
  /** Linearisations. */
  readonly iterationsMax: number;
  /** Ends when a step promises less than this part of the cost; 1e-13 is rounding. */
  readonly smallestGain: number;
};

export type LeastSquaresResult = { readonly cost: number; readonly iterations: number };

const SMALLEST_STEP = 1e-15;
const FIRST_DAMPING = 1e-3;
/** After a step that kept its promise the damping falls to no less than this part. */
const LARGEST_EASING = 1 / 3;
const SMALLEST_DAMPING = 1e-12;
const LARGEST_DAMPING = 1e10;

/** One minimisation's matrices and vectors. */
type Workspace = {
  readonly normal: Float64Array;
  readonly factor: Float64Array;
  readonly gradient: Float64Array;
  readonly step: Float64Array;
  readonly trial: Float64Array;
  /** 1 where a parameter may move; a held one moves by what `step` already says. */
  readonly isFree: Uint8Array;
};

const newWorkspace = (n: number): Workspace => ({
  normal: new Float64Array(n * n),
  factor: new Float64Array(n * n),
  gradient: new Float64Array(n),
  step: new Float64Array(n),
  trial: new Float64Array(n),
  isFree: new Uint8Array(n),
});

/** Factors Jᵀ J + damping × its diagonal over the free parameters into L Lᵀ; false when it is not positive definite to rounding. */
const factorise = ({ normal, factor, isFree }: Workspace, bandwidth: number, damping: number): boolean => {
  const n = isFree.length;
  for (let i = 0; i < n; i += 1) {
    const from = Math.max(0, i - bandwidth + 1);
    for (let j = from; j <= i; j += 1) {
      const bothFree = isFree[i] === 1 && isFree[j] === 1;
      let sum = bothFree ? (normal[i * n + j] ?? NaN) : 0;
      if (i === j) sum = bothFree ? sum * (1 + damping) + 1e-300 : 1;
      for (let k = from; k < j; k += 1) sum -= (factor[i * n + k] ?? NaN) * (factor[j * n + k] ?? NaN);
      if (i === j) {
        if (!(sum > 0)) return false;
        factor[i * n + i] = Math.sqrt(sum);
      } else factor[i * n + j] = sum / (factor[j * n + j] ?? NaN);
    }
  }
  return true;
};

/** Solves for the free parameters' steps, given those of the held ones. */
const solveFree = ({ normal, factor, gradient, step, isFree }: Workspace, bandwidth: number): void => {
  const n = isFree.length;
  for (let i = 0; i < n; i += 1) {
    if (isFree[i] !== 1) continue;
    let sum = 0 - (gradient[i] ?? NaN);
    for (let j = Math.max(0, i - bandwidth + 1); j < Math.min(n, i + bandwidth); j += 1) {
      if (isFree[j] !== 1) sum -= (normal[Math.max(i, j) * n + Math.min(i, j)] ?? NaN) * (step[j] ?? NaN);
      else if (j < i) sum -= (factor[i * n + j] ?? NaN) * (step[j] ?? NaN);
    }
    step[i] = sum / (factor[i * n + i] ?? NaN);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    if (isFree[i] !== 1) continue;
    let sum = step[i] ?? NaN;
    for (let k = i + 1; k < Math.min(n, i + bandwidth); k += 1) if (isFree[k] === 1) sum -= (factor[k * n + i] ?? NaN) * (step[k] ?? NaN);
    step[i] = sum / (factor[i * n + i] ?? NaN);
  }
};

/** Parameters at a bound that the gradient pushes against are held there. */
const holdAtBounds = (problem: LeastSquares, parameters: Float64Array, { gradient, step, isFree }: Workspace): void => {
  for (let i = 0; i < parameters.length; i += 1) {
    const value = parameters[i] ?? NaN;
    const push = gradient[i] ?? NaN;
    const isHeld = (value <= (problem.lower[i] ?? NaN) && push > 0) || (value >= (problem.upper[i] ?? NaN) && push < 0);
    isFree[i] = isHeld ? 0 : 1;
    if (isHeld) step[i] = 0;
  }
};

/** Holds each parameter whose step would cross a bound to the step that reaches it; whether there was one. */
const holdCrossing = (problem: LeastSquares, parameters: Float64Array, { step, isFree }: Workspace): boolean => {
  let crossed = false;
  for (let i = 0; i < parameters.length; i += 1) {
    const value = parameters[i] ?? NaN;
    const moved = value + (step[i] ?? NaN);
    const held = Math.max(problem.lower[i] ?? NaN, Math.min(problem.upper[i] ?? NaN, moved));
    if (isFree[i] !== 1 || held === moved) continue;
    isFree[i] = 0;
    step[i] = held - value;
    crossed = true;
  }
  return crossed;
};

/** The damped step within the bounds: what crosses a bound is held at it and the others are solved again. False when it cannot be solved. */
const writeStep = (problem: LeastSquares, parameters: Float64Array, work: Workspace, damping: number): boolean => {
  holdAtBounds(problem, parameters, work);
  do {
    if (!factorise(work, problem.bandwidth, damping)) return false;
    solveFree(work, problem.bandwidth);
  } while (holdCrossing(problem, parameters, work));
  return true;
};

/** Writes the trial point and returns the largest move relative to its parameter. */
const writeTrial = (problem: LeastSquares, parameters: Float64Array, { step, trial }: Workspace): number => {
  let largest = 0;
  for (let i = 0; i < parameters.length; i += 1) {
    const value = parameters[i] ?? NaN;
    const moved = Math.max(problem.lower[i] ?? NaN, Math.min(problem.upper[i] ?? NaN, value + (step[i] ?? NaN)));
    trial[i] = moved;
    largest = Math.max(largest, Math.abs(moved - value) / (Math.abs(value) + 1e-6));
  }
  return largest;
};

/** What a step would bring if the residuals were straight: -g·step - step·(Jᵀ J) step / 2. */
const promiseOf = ({ normal, gradient, step }: Workspace, bandwidth: number): number => {
  const n = step.length;
  let promised = 0;
  for (let i = 0; i < n; i += 1) {
    const move = step[i] ?? NaN;
    let row = 0.5 * move * (normal[i * n + i] ?? NaN);
    for (let j = Math.max(0, i - bandwidth + 1); j < i; j += 1) row += (step[j] ?? NaN) * (normal[i * n + j] ?? NaN);
    promised -= move * ((gradient[i] ?? NaN) + row);
  }
  return promised;
};

/**
 * Levenberg–Marquardt within bounds, its damping led by how well each step kept its promise (Nielsen, 1999), from `parameters`,
 * which it overwrites with the best found. Never ends above the cost it began with; the same bits on every machine.
 */
export const minimiseLeastSquares = (problem: LeastSquares, parameters: Float64Array, limits: LeastSquaresLimits): LeastSquaresResult => {
  const work = newWorkspace(parameters.length);
  let damping = FIRST_DAMPING;
  let raise = 2;
  let cost = problem.linearise(parameters, work.normal, work.gradient);
  let iterations = 1;
  let finished = false;
  while (!finished && iterations < limits.iterationsMax && cost > 0) {
    const solved = writeStep(problem, parameters, work, damping);
    const move = solved ? writeTrial(problem, parameters, work) : 1;
    const promised = solved ? promiseOf(work, problem.bandwidth) : NaN;
    const gain = solved ? cost - problem.cost(work.trial) : NaN;
    finished = move <= SMALLEST_STEP || Math.abs(promised) <= limits.smallestGain * cost || damping > LARGEST_DAMPING;
    if (gain > 0) {
      const surprise = 2 * (gain / promised) - 1;
      damping = Math.max(damping * Math.max(LARGEST_EASING, 1 - surprise * surprise * surprise), SMALLEST_DAMPING);
      raise = 2;
      parameters.set(work.trial);
      cost = problem.linearise(parameters, work.normal, work.gradient);
      iterations += 1;
    } else {
      damping *= raise;
      raise *= 2;
    }
  }
  return { cost, iterations };
};
