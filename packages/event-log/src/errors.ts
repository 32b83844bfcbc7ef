export type EventLogErrorCode =
  /** Another writer took the log over: let go of it (rule 2). */
  | "fenced"
  /** The head's position or an offset is not what the append expected. */
  | "conflict"
  /** The connection failed during COMMIT: ask `wasCommitted`, never send again (rule 3). */
  | "commit_unknown"
  /** Positions are missing. */
  | "hole"
  /** The records left PostgreSQL for the archive: read them there. */
  | "archived"
  /** Stored bytes and stored hashes contradict each other. */
  | "corrupt"
  | "unknown_log"
  | "unknown_dead_letter"
  /** A file is no export of a log, or ends early. */
  | "bad_export";

/** What fails in the event store itself; PostgreSQL's own failures stay `DatabaseError`. The message names log and positions. */
export class EventLogError extends Error {
  readonly code: EventLogErrorCode;

  constructor(code: EventLogErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "EventLogError";
    this.code = code;
  }
}
