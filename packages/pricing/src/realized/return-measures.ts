import { pow } from "../kernels/power.ts";

/** Variation of a stretch of returns (such as a day), not annualised: sums, so that a longer stretch has more of it. */
export type ReturnMeasures = {
  /** Sum of squares: the quadratic variation, jumps included. */
  readonly realizedVariance: number;
  /** Without jumps. Barndorff-Nielsen & Shephard (2004). */
  readonly bipower: number;
  /** Without jumps, less moved by a zero return. Andersen, Dobrev & Schaumburg (2012). */
  readonly minRv: number;
  readonly medRv: number;
  /** Integrated fourth power of the volatility, without jumps: what the error of the realized variance is judged by. */
  readonly tripowerQuarticity: number;
};

/** Fed one log return after the other; sums as it goes, so that a stream and a batch are the same numbers. */
export type ReturnStream = {
  readonly push: (logReturn: number) => void;
  /** NaN where there are too few returns: 1 for the variance, 2 for bipower and minRV, 3 for the rest. */
  readonly measures: () => ReturnMeasures;
};

const PI = 3.141592653589793;
const MIN_RV_FACTOR = PI / (PI - 2);
const MED_RV_FACTOR = PI / (6 - 4 * 1.7320508075688772 + PI);
/** E|Z|^(4/3) = 2^(2/3) Gamma(7/6) / Gamma(1/2) of a standard normal Z. */
const MU_FOUR_THIRDS = (1.5874010519681994 * 0.9277193336300392) / 1.772453850905516;

const medianOfThree = (x: number, y: number, z: number): number => Math.max(Math.min(x, y), Math.min(Math.max(x, y), z));

export const newReturnStream = (): ReturnStream => {
  let [count, squares, products, minima, medians, triples] = [0, 0, 0, 0, 0, 0];
  // Sizes of the last return and of the one before it.
  let [last, before] = [0, 0];
  return {
    push: (logReturn) => {
      const size = Math.abs(logReturn);
      count += 1;
      squares += size * size;
      if (count > 1) {
        const least = Math.min(size, last);
        products += size * last;
        minima += least * least;
      }
      if (count > 2) {
        const middle = medianOfThree(size, last, before);
        medians += middle * middle;
        triples += pow(size * last * before, 4 / 3);
      }
      before = last;
      last = size;
    },
    measures: () => ({
      realizedVariance: count > 0 ? squares : NaN,
      bipower: count > 1 ? (PI / 2) * (count / (count - 1)) * products : NaN,
      minRv: count > 1 ? MIN_RV_FACTOR * (count / (count - 1)) * minima : NaN,
      medRv: count > 2 ? MED_RV_FACTOR * (count / (count - 2)) * medians : NaN,
      tripowerQuarticity: count > 2 ? (count * (count / (count - 2)) * triples) / (MU_FOUR_THIRDS * MU_FOUR_THIRDS * MU_FOUR_THIRDS) : NaN,
    }),
  };
};

/** All measures of a row of log returns. */
export const returnMeasures = (logReturns: Float64Array): ReturnMeasures => {
  const stream = newReturnStream();
  for (const each of logReturns) stream.push(each);
  return stream.measures();
};
