export type PricingErrorCode = "invalid_input";

/** The one operating error of this package: an argument outside its documented range. The message names the argument and its value. */
export class PricingError extends Error {
  override readonly name = "PricingError";
  readonly code: PricingErrorCode;

  constructor(code: PricingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Throws `invalid_input` unless the value is finite and > 0. */
export const requirePositive = (name: string, value: number): void => {
  if (!(value > 0 && value < Infinity)) throw new PricingError("invalid_input", `${name} must be finite and > 0, got ${value}`);
};

/** Throws `invalid_input` unless the value is finite and >= 0. */
export const requireNotNegative = (name: string, value: number): void => {
  if (!(value >= 0 && value < Infinity)) throw new PricingError("invalid_input", `${name} must be finite and >= 0, got ${value}`);
};

/** Throws `invalid_input` unless the value is finite. */
export const requireFinite = (name: string, value: number): void => {
  if (!(value > -Infinity && value < Infinity)) throw new PricingError("invalid_input", `${name} must be finite, got ${value}`);
};
