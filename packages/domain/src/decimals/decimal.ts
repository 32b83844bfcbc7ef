import { Decimal as DecimalJs } from "decimal.js";
import { DomainError } from "../errors.ts";

/** A whole number of exponent digits beyond any fact: plain notation always, never an exponent. */
const PLAIN_NOTATION = 9e15;

/**
 * Sums, differences and products of facts are exact: a fact has at most 60 characters, and no chain of the fold multiplies more
 * than four of them, so this many digits never round.
 */
const ExactDecimal = DecimalJs.clone({
  precision: 1000,
  rounding: DecimalJs.ROUND_HALF_EVEN,
  toExpNeg: -PLAIN_NOTATION,
  toExpPos: PLAIN_NOTATION,
});

/** Quotients have 34 digits, half-even. */
const QuotientDecimal = DecimalJs.clone({
  precision: 34,
  rounding: DecimalJs.ROUND_HALF_EVEN,
  toExpNeg: -PLAIN_NOTATION,
  toExpPos: PLAIN_NOTATION,
});

/** An exact decimal. Immutable. Divide with `divide` only. */
export type Decimal = DecimalJs;

const decimalPattern = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

/** An exact decimal from its wire spelling (no exponent). Throws DomainError `not_a_decimal`. */
export const decimal = (text: string): Decimal => {
  if (!decimalPattern.test(text)) throw new DomainError("not_a_decimal", `a decimal is digits with at most one point, got "${text}"`);
  return new ExactDecimal(text);
};

/** The decimal that a finite double spells (shortest form): exact for what came from at most 15 significant digits. */
export const decimalFromNumber = (value: number): Decimal => {
  if (!(value > -Infinity && value < Infinity)) throw new DomainError("not_a_decimal", `a decimal must be finite, got ${value}`);
  return new ExactDecimal(value);
};

export const zero: Decimal = new ExactDecimal(0);
const half: Decimal = new ExactDecimal("0.5");

/** The one named place where division happens: 34 digits, half-even. Throws DomainError `division_by_zero`. */
export const divide = (dividend: Decimal, divisor: Decimal): Decimal => {
  if (divisor.isZero()) throw new DomainError("division_by_zero", `cannot divide ${formatDecimal(dividend)} by zero`);
  return new ExactDecimal(new QuotientDecimal(dividend).div(divisor));
};

/** Half of the sum; exact. */
export const middle = (a: Decimal, b: Decimal): Decimal => a.plus(b).times(half);

const COIN_DECIMALS = 8;

/** The one named place where coin amounts are rounded: 8 decimals, half-even. */
export const roundCoin = (amount: Decimal): Decimal => amount.toDecimalPlaces(COIN_DECIMALS, DecimalJs.ROUND_HALF_EVEN);

/** Wire spelling: no exponent, no negative zero, no trailing zeros. One value has one spelling. */
export const formatDecimal = (value: Decimal): string => (value.isZero() ? "0" : value.toFixed());

/** The multiple of `lot` nearest to zero's side: a hedge never overshoots. Throws DomainError `not_positive` for a lot <= 0. */
export const roundToLot = (quantity: Decimal, lot: Decimal): Decimal => {
  if (lot.lte(zero)) throw new DomainError("not_positive", `a lot must be > 0, got ${formatDecimal(lot)}`);
  return quantity.divToInt(lot).times(lot);
};
