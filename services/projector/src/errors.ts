/** Operating errors that stop the projection of one log, by name. */
export type ProjectorErrorCode =
  /** A record that it cannot fold or whose rows it cannot write; `position` says which. */
  | "record_failed"
  /** The state of this projector is not the one that the log's writer hashed (rule 34). */
  | "state_hash_mismatch"
  /** The read models were made from a log that has lost records or was restored under another generation since. */
  | "checkpoint_not_in_log"
  /** A new version cannot begin at the first record, which has left for the archive. */
  | "records_archived"
  /** The projector was stopped before the position was reached. */
  | "stopped"
  /** The position was not reached in time. */
  | "timeout";

export class ProjectorError extends Error {
  override readonly name = "ProjectorError";
  readonly code: ProjectorErrorCode;
  /** The record that is the cause; undefined where no single one is. */
  readonly position: number | undefined;

  constructor(code: ProjectorErrorCode, message: string, { position, ...options }: ErrorOptions & { readonly position?: number } = {}) {
    super(message, options);
    this.code = code;
    this.position = position;
  }
}
