import { remainderOfProduct } from "./exact-product.ts";
import { powerOfTwo } from "./powers-of-two.ts";

/** Halves, quarters, … of the way from one power of two to the next: exp is read from a table and a short polynomial within a step. */
const STEPS_BITS = 6;
const STEPS = 1 << STEPS_BITS;
const STEPS_PER_UNIT = 92.33248261689366;
/** ln(2) / 64 to 33 bits, so that its product with any number of steps that occurs is exact, and the rest; made by reference/fit_coefficients.py. */
const STEP_HIGH = 0.010830424695086549;
const STEP_LOW = 1.162596423439437e-12;
/** A number between -2^51 and 2^51 becomes an integer by adding and subtracting this: cheaper than Math.floor, and the same everywhere. */
const ROUNDER = 6755399441055744;

/** 2^(step / STEPS), each as a sum of two doubles. */
const stepHigh = new Float64Array(STEPS);
const stepLow = new Float64Array(STEPS);

/** Products of the square roots of 2, of that, and so on, carried to twice a double's precision. */
const fillSteps = (): void => {
  stepHigh[0] = 1;
  let rootHigh = 2;
  let rootLow = 0;
  for (let stride = STEPS / 2; stride >= 1; stride /= 2) {
    const root = Math.sqrt(rootHigh);
    rootLow = (remainderOfProduct(rootHigh, root, root) + rootLow) / (2 * root);
    rootHigh = root;
    // Every step filled so far gains one that is this root higher.
    for (let step = 0; step < STEPS; step += 2 * stride) {
      const high = stepHigh[step] ?? NaN;
      const product = high * rootHigh;
      const low = high * rootLow + (stepLow[step] ?? NaN) * rootHigh - remainderOfProduct(product, high, rootHigh);
      const sum = product + low;
      stepHigh[step + stride] = sum;
      stepLow[step + stride] = low - (sum - product);
    }
  }
};
fillSteps();

/**
 * exp(x + tail) where `tail` is the part of the argument that a double could not hold: |tail| of the order of one ulp of x.
 * Range as `exp`.
 */
export const expWithTail = (x: number, tail: number): number => {
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  if (x !== x) return NaN;
  const steps = x * STEPS_PER_UNIT + ROUNDER - ROUNDER;
  const r = x - steps * STEP_HIGH - (steps * STEP_LOW - tail);
  const square = r * r;
  const rise = r + (square * (0.5 + r * 0.16666666666666666) + square * square * (0.041666666666666664 + r * 0.008333333333333333 + square * 0.001388888888888889));
  const whole = steps | 0;
  const step = whole & (STEPS - 1);
  const exponent = whole >> STEPS_BITS;
  const high = stepHigh[step] ?? NaN;
  const y = high + ((stepLow[step] ?? NaN) + high * rise);
  if (exponent >= -1021 && exponent <= 1023) return y * powerOfTwo(exponent);
  if (exponent > 1023) return y * 2 * powerOfTwo(exponent - 1);
  // Two steps, so that a denormal result is rounded only once.
  return y * powerOfTwo(exponent + 128) * powerOfTwo(-128);
};

/** e to the x, within 0.52 ulp; 0 below -745.13, Infinity above 709.78, NaN for NaN. The same bits on every platform. */
export const exp = (x: number): number => expWithTail(x, 0);
