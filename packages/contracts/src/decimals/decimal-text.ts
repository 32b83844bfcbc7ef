/** Most significant digits that survive decimal → double → decimal unchanged, whatever the number. */
export const significantDigitsMax = 15;

/** Significant digits of a decimal string's value: "1200" and "0.0120" have 2, "0" has 0. */
export const significantDigits = (decimal: string): number => {
  let first = -1;
  let last = -1;
  let point = false;
  for (let index = 0; index < decimal.length; index++) {
    const code = decimal.charCodeAt(index);
    if (code === 0x2e) point = true;
    // "1" to "9".
    if (code > 0x30 && code <= 0x39) {
      if (first < 0) first = index - (point ? 1 : 0);
      last = index - (point ? 1 : 0);
    }
  }
  return first < 0 ? 0 : last - first + 1;
};

/** True of "0.50", false of "0", "0.00" and "-1". */
export const isPositive = (decimal: string): boolean => !decimal.startsWith("-") && significantDigits(decimal) > 0;

/** True of "0" and "0.50"; false of anything with a minus, "-0" too. */
export const isNotNegative = (decimal: string): boolean => !decimal.startsWith("-");

/**
 * The shortest decimal that reads back as this double, without exponent: what was written, when that had at most 15 significant digits
 * and no needless zeros. Throws a `RangeError` for NaN and infinities.
 */
export const decimalOfDouble = (value: number): string => {
  if (!Number.isFinite(value)) throw new RangeError(`${String(value)} has no decimal.`);
  const text = String(value === 0 ? 0 : value);
  const [mantissa = "", exponentText] = text.split("e");
  if (exponentText === undefined) return text;
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.slice(sign.length).split(".");
  const digits = whole + fraction;
  const pointAt = whole.length + Number(exponentText);
  return pointAt <= 0 ? `${sign}0.${"0".repeat(-pointAt)}${digits}` : `${sign}${digits.padEnd(pointAt, "0")}`;
};
