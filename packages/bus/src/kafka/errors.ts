import { BusError, type BusErrorCode } from "../errors.ts";

const away: ReadonlySet<string> = new Set([
  "KafkaJSConnectionError",
  "KafkaJSConnectionClosedError",
  "KafkaJSRequestTimeoutError",
  "KafkaJSBrokerNotFound",
  "KafkaJSNoBrokerAvailableError",
  "KafkaJSGroupCoordinatorNotFound",
  "KafkaJSTopicMetadataNotLoaded",
  "KafkaJSMetadataNotLoaded",
  "KafkaJSLockTimeout",
]);

/** Kafka's own names of errors that waiting mends. */
const passing: ReadonlySet<string> = new Set([
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_FOR_PARTITION",
  "REPLICA_NOT_AVAILABLE",
  "REQUEST_TIMED_OUT",
  "NETWORK_EXCEPTION",
  "BROKER_NOT_AVAILABLE",
  "NOT_ENOUGH_REPLICAS",
  "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR_FOR_GROUP",
  "GROUP_LOAD_IN_PROGRESS",
  "REBALANCE_IN_PROGRESS",
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "NOT_CONTROLLER",
  "KAFKA_STORAGE_ERROR",
]);

const codes: Readonly<Record<string, BusErrorCode>> = {
  UNKNOWN_TOPIC_OR_PARTITION: "unknown_topic",
  INVALID_TOPIC_EXCEPTION: "unknown_topic",
  MESSAGE_TOO_LARGE: "message_too_large",
  RECORD_LIST_TOO_LARGE: "message_too_large",
  OFFSET_OUT_OF_RANGE: "offset_out_of_range",
};

/** The error itself, what it says it was caused by, and so on. kafkajs wraps the last failure into one of its retrier. */
const chain = function* (error: unknown): Generator<Error> {
  for (let each = error, depth = 0; each instanceof Error && depth < 10; each = "originalError" in each ? each.originalError : each.cause, depth++) yield each;
};

const typeOf = (error: Error): string => ("type" in error && typeof error.type === "string" ? error.type : "");

export const isAway = (error: unknown): boolean => [...chain(error)].some((each) => away.has(each.name) || passing.has(typeOf(each)) || (each instanceof BusError && each.code === "unavailable"));

/** Anything as a `BusError`; one that is one already stays it. */
export const toBusError = (error: unknown, doing: string): BusError => {
  if (error instanceof BusError) return error;
  const message = `${doing}: ${error instanceof Error ? error.message : String(error)}`;
  for (const each of chain(error)) {
    if (each.name === "KafkaJSOffsetOutOfRange") return new BusError("offset_out_of_range", message, error);
    const code = codes[typeOf(each)];
    if (code !== undefined) return new BusError(code, message, error);
  }
  return new BusError(isAway(error) ? "unavailable" : "refused", message, error);
};
