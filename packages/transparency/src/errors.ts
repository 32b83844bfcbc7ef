export type TransparencyErrorCode =
  /** A tile is missing or is not what the tree needs there. */
  | "bad_tile"
  /** Text that is no signed note, or no checkpoint. */
  | "bad_note"
  /** A signature by a known key that does not hold, or none by a known key. */
  | "bad_signature"
  /** A key that cannot be read. */
  | "bad_key";

/** What fails in a proof's material. The message names the tile, note or key, never a secret. */
export class TransparencyError extends Error {
  override readonly name = "TransparencyError";
  readonly code: TransparencyErrorCode;

  constructor(code: TransparencyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
