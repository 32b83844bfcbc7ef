export type WorkQueueErrorCode =
  /** The engine under the queue cannot be reached. */
  | "unavailable"
  /** A command id that the engine would not take as a job id. */
  | "bad_command_id"
  /** A stored job that is not a `CommandJob`; it was dropped. */
  | "bad_job"
  /** A handler's last attempt failed, or its workers died too often: the job was dropped until it is added again (rule 19). */
  | "job_failed"
  | "closed";

/** Everything that fails in this package. */
export class WorkQueueError extends Error {
  override readonly name = "WorkQueueError";
  readonly code: WorkQueueErrorCode;

  constructor(code: WorkQueueErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
