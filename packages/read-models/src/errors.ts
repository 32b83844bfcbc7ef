/** Operating errors of the read models. */
export type ReadModelErrorCode =
  /** The checkpoint is not where its only writer left it: another projector writes, or the version was dropped. */
  | "checkpoint_moved"
  /** No such version of the log's read models. */
  | "no_version"
  /** The version is not as far as the one that serves. */
  | "version_behind"
  /** The version stands still by an error. */
  | "version_failed"
  /** The version is the one that readers see. */
  | "version_serves"
  /** A skip names a record that the version did not fail at. */
  | "not_failed_there"
  /** A row holds what its schema does not allow. */
  | "unreadable_row";

export class ReadModelError extends Error {
  override readonly name = "ReadModelError";
  readonly code: ReadModelErrorCode;

  constructor(code: ReadModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
