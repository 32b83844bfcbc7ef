export type NotaryErrorCode =
  /** A record's bytes are not what its leaf hash says. */
  | "record_changed"
  /** The log is not the one whose records were attested: an older database, or changed records. */
  | "not_attested_history"
  /** The head's root is not that of the records. */
  | "root_mismatch";

/** Why a log is attested no further. Each holds its trading. The message names log and position. */
export class NotaryError extends Error {
  override readonly name = "NotaryError";
  readonly code: NotaryErrorCode;

  constructor(code: NotaryErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
