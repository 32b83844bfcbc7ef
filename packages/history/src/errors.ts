export type HistoryErrorCode =
  /** The fold does not give the state that the log's writer hashed (rule 34). */
  | "state_hash_mismatch"
  /** A record that this release cannot read or apply. */
  | "record_unfoldable"
  | "unknown_log"
  /** The log does not hold what was asked for: a position behind its head, a time before its first record. */
  | "not_in_log"
  /** More records than one answer may fold lie between it and the nearest snapshot. */
  | "too_far"
  /** Too many ask for the past at once. */
  | "busy"
  /** No signed checkpoint covers it. */
  | "not_attested"
  /** A file that is no proof. */
  | "bad_proof";

/** What fails when a log's past is asked for. The message names log and position. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
  readonly code: HistoryErrorCode;
  /** Of the record that failed, where one did. */
  readonly position: number | undefined;

  constructor(code: HistoryErrorCode, message: string, options: { readonly cause?: unknown; readonly position?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.position = options.position;
  }
}
