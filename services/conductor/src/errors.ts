export type ConductorErrorCode = "begins_too_early";

/** A feed that cannot go on. The message says why and what to do. */
export class ConductorError extends Error {
  readonly code: ConductorErrorCode;

  constructor(code: ConductorErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "ConductorError";
    this.code = code;
  }
}
