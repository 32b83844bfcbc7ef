export type ExecutionErrorCode =
  /** Another process of the same follower was faster: read the checkpoint again and go on from there. */
  | "checkpoint_moved"
  /** Another process took over an account's reports: read the cursor again. */
  | "cursor_moved"
  /** A record claims to be a hedge decision of a log whose first record is not `LogOpened`. */
  | "log_not_opened";

/** What fails in the book-keeping of execution itself; PostgreSQL's own failures stay `DatabaseError`. */
export class ExecutionError extends Error {
  override readonly name = "ExecutionError";
  readonly code: ExecutionErrorCode;

  constructor(code: ExecutionErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
