export type VenueErrorCode =
  /** The answer to a submission was lost: it may or may not have been accepted. Ask by client order id, never send again (rule 20). */
  | "outcome_unknown"
  /** The venue cannot be reached or did not answer a question. Nothing was changed. */
  | "unavailable"
  /** The venue's stated terms do not keep their schema. */
  | "bad_terms";

/** Everything that fails in this package. */
export class VenueError extends Error {
  override readonly name = "VenueError";
  readonly code: VenueErrorCode;

  constructor(code: VenueErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
