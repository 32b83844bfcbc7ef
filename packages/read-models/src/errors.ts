/** Operating errors of the read models. */
export type ReadModelErrorCode =
  /** The checkpoint is not where its only writer left it: another projector writes, or the rows were rebuilt. */
  | "checkpoint_moved"
  /** A rebuild was not as far as the rows that it should replace. */
  | "rebuild_behind"
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
