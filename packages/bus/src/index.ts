export { maxValueBytes, type Bus, type BusBatch, type BusMessage, type Consumer, type ConsumerHandlers, type ConsumerOptions, type OutgoingMessage } from "./bus.ts";
export { BusError, type BusErrorCode } from "./errors.ts";
export { createPostgresBus, type PostgresBusOptions } from "./postgres/postgres-bus.ts";
export { createKafkaBus, type KafkaBusOptions } from "./kafka/kafka-bus.ts";
export type { BusLogger, KafkaConnection } from "./kafka/client.ts";
export { openBus, type BusConnection } from "./open-bus.ts";
export { applyTopics, checkTopics, type TopicDefinition, type TopicFinding } from "./kafka/topic-definition.ts";
