export type RisingFunction = {
  readonly at: (x: number) => number;
  /** Where the function is negative, and its value there. */
  readonly low: number;
  readonly valueAtLow: number;
  /** Where the function is positive, and its value there. */
  readonly high: number;
  readonly valueAtHigh: number;
  /** Where to look first, between `low` and `high`. */
  readonly guess: number;
  /** Values this small count as zero. */
  readonly noise: number;
};

/** Bisection alone would need 60. */
const ITERATIONS_MAX = 120;
/** Bracket relative to its upper end at which the search ends. */
const CLOSED = 1e-13;

/** Where a rising function crosses zero: regula falsi with the weights of Anderson and Björck (1973), bisection where that stalls. */
export const findRoot = (f: RisingFunction): number => {
  let { low, valueAtLow, high, valueAtHigh } = f;
  let x = f.guess;
  let width = high - low;
  let lastSide = 0;
  for (let iteration = 1; iteration <= ITERATIONS_MAX; iteration += 1) {
    if (!(x > low && x < high)) x = 0.5 * (low + high);
    const value = f.at(x);
    if (Math.abs(value) <= f.noise) return x;
    const side = Math.sign(value);
    // An end that stays twice is weighted down, so that the next chord lands on its side of the root.
    const weight = 1 - value / (side < 0 ? valueAtLow : valueAtHigh);
    const stays = side !== lastSide ? 1 : weight > 0 ? weight : 0.5;
    if (side < 0) {
      low = x;
      valueAtLow = value;
      valueAtHigh *= stays;
    } else {
      high = x;
      valueAtHigh = value;
      valueAtLow *= stays;
    }
    lastSide = side;
    if (high - low <= CLOSED * high) break;
    x = high - (valueAtHigh * (high - low)) / (valueAtHigh - valueAtLow);
    if (iteration % 4 === 0) {
      if (high - low > 0.25 * width) x = 0.5 * (low + high);
      width = high - low;
    }
  }
  return 0.5 * (low + high);
};
