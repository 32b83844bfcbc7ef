import { remainderOfProduct } from "./exact-product.ts";
import { expWithTail } from "./exponential.ts";
import { millsRatio } from "./mills-ratio.ts";

const SQRT2 = 1.4142135623730951;
const SQRT_2_OVER_PI = 0.7978845608028654;

/** exp(x²) erfc(x), which neither under- nor overflows for x >= 0; Infinity below -26.6, NaN for NaN. The same bits on every platform. */
export const erfcx = (x: number): number => {
  if (x >= 0) return SQRT_2_OVER_PI * millsRatio(SQRT2 * x);
  if (x !== x) return NaN;
  if (x < -27) return Infinity;
  const square = x * x;
  return 2 * expWithTail(square, 0 - remainderOfProduct(square, x, x)) - SQRT_2_OVER_PI * millsRatio(-SQRT2 * x);
};
