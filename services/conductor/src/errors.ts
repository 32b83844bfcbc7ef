export type ConductorErrorCode =
  /** A log's time does not go back. */
  | "begins_too_early"
  /** A day on the wall clock begins a log, and this one has begun already. */
  | "log_not_fresh"
  /** A log of recorded data takes no load. */
  | "log_not_live"
  /** The catalogue has more logs than the topics have partitions. */
  | "no_partition"
  /** Nobody records what was published. */
  | "not_taken_in"
  /** The bus took nothing for longer than a load waits. */
  | "bus_away";

/** A feed that cannot go on. The message says why and what to do. */
export class ConductorError extends Error {
  readonly code: ConductorErrorCode;

  constructor(code: ConductorErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "ConductorError";
    this.code = code;
  }
}
