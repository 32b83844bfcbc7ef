import { remainderOfProduct } from "./exact-product.ts";
import { expWithTail } from "./exponential.ts";
import { writeLogarithmParts, type LogarithmParts } from "./log-ratio.ts";

const parts: LogarithmParts = { high: NaN, low: NaN };

/**
 * base to the power `exponent` = exp(exponent ln base), the logarithm kept to twice a double's precision so that its rounding is
 * not multiplied. For base >= 0; NaN for a negative base and for NaN. 0 to a positive power is 0, to a negative one Infinity; anything to
 * the power 0 is 1. The same bits on every platform.
 */
export const pow = (base: number, exponent: number): number => {
  if (exponent === 0) return 1;
  if (exponent !== exponent || !(base >= 0)) return NaN;
  if (base === 0 || base === Infinity) return base === 0 === exponent > 0 ? 0 : Infinity;
  if (exponent === Infinity || exponent === -Infinity) return base === 1 ? NaN : base > 1 === exponent > 0 ? Infinity : 0;
  writeLogarithmParts(base, parts);
  const product = exponent * parts.high;
  // Far outside the range of exp the exact product of large numbers would overflow.
  if (product > 800) return Infinity;
  if (product < -800) return 0;
  return expWithTail(product, exponent * parts.low - remainderOfProduct(product, exponent, parts.high));
};
