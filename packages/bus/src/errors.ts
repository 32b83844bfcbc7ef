export type BusErrorCode =
  | "unknown_topic"
  | "unknown_partition"
  /** The topic exists with another number of partitions, or co-partitioned topics differ in it (rule 5). */
  | "partition_mismatch"
  /** A consumer named an offset behind the end of its partition, or a stored offset is missing. Never reset silently (rule 4). */
  | "offset_out_of_range"
  /** A value above `maxValueBytes`. */
  | "message_too_large"
  /** The connection failed while the messages were being stored: they may or may not be there. Read back before sending again. */
  | "outcome_unknown"
  /** The bus could not be reached for as long as was stated. */
  | "unavailable"
  /** The bus answered with an error that waiting does not mend. */
  | "refused"
  /** `assigned`, `batch` or `revoked` rejected; what it rejected with is the cause. */
  | "handler"
  | "closed";

/** Everything that fails in this package. */
export class BusError extends Error {
  override readonly name = "BusError";
  readonly code: BusErrorCode;

  constructor(code: BusErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
