export type EngineErrorCode =
  /** A record does not follow the state's position, generation or time. */
  | "out_of_order"
  /** A record names something that the state does not hold; admission lets none of these in. */
  | "unknown_reference"
  /** Bytes that are not a snapshot of this engine's semantics. */
  | "bad_snapshot"
  /** A NaN or infinity reached the state (rule 27). */
  | "not_finite";

/** The one operating error of this package. The message names the offending value. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
