export type WorkQueueErrorCode =
  /** The engine under the queue cannot be reached. */
  | "unavailable"
  /** A command id that the engine would not take as a job id. */
  | "bad_command_id"
  /** A stored job that is not a `CommandJob`; it was dropped. */
  | "bad_job"
  /** A handler's last attempt failed, or its workers died too often: the job was dropped until it is added again (rule 19). */
  | "job_failed"
  /** The storage may forget jobs before they are done: a warning at the start. The message says what to set. */
  | "unsafe_storage"
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

/** A Redis error carries the command that failed with its arguments, at a refused login the password: message and stack are enough. */
export const withoutArguments = (error: unknown): unknown => {
  if (!(error instanceof Error && "command" in error)) return error;
  const bare = new Error(error.message);
  if (error.stack !== undefined) bare.stack = error.stack;
  return bare;
};
