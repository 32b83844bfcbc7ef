export type RuntimeErrorCode =
  /** Settings that are missing or cannot be; the message names each of them. */
  | "bad_settings"
  /** A dependency was not there within the time that a start may wait. */
  | "unavailable";

/** Everything that fails in this package. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
