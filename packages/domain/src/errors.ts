export type DomainErrorCode = "not_a_decimal" | "not_positive" | "division_by_zero" | "too_precise";

/** The one operating error of this package. The message names the offending value. */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly code: DomainErrorCode;

  constructor(code: DomainErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A broken invariant: a bug of ours, never the world's doing. The process stops. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws `InvariantError` unless the rule holds. `rule` states what is always true. */
export function invariant(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new InvariantError(`Invariant: ${rule}`);
}
