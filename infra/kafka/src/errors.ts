export type KafkaBrokerErrorCode =
  /** No `java` on the path, or one older than 17. */
  | "no_java"
  /** Kafka's jars are not here yet, and there is no `mvn` to fetch them. */
  | "no_maven"
  /** Maven did not fetch the jars. */
  | "no_jars"
  | "port_in_use"
  /** The data folder was made with another number of nodes. */
  | "other_nodes"
  /** A node ended, or did not answer in time, while it was started. */
  | "startup";

/** Everything that fails in this package. */
export class KafkaBrokerError extends Error {
  override readonly name = "KafkaBrokerError";
  readonly code: KafkaBrokerErrorCode;

  constructor(code: KafkaBrokerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
