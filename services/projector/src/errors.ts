/** Operating errors that stop the projection of one log, by name. */
export type ProjectorErrorCode =
  /** The state of this projector is not the one that the log's writer hashed (rule 34). */
  | "state_hash_mismatch"
  /** The read models were made from a log that has lost records or was restored under another generation since. */
  | "checkpoint_not_in_log"
  /** The projector was stopped before the position was reached. */
  | "stopped"
  /** The position was not reached in time. */
  | "timeout";

export class ProjectorError extends Error {
  override readonly name = "ProjectorError";
  readonly code: ProjectorErrorCode;

  constructor(code: ProjectorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
