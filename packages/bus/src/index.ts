export { maxValueBytes, type Bus, type BusBatch, type BusMessage, type Consumer, type ConsumerHandlers, type ConsumerOptions, type OutgoingMessage } from "./bus.ts";
export { BusError, type BusErrorCode } from "./errors.ts";
export { createPostgresBus, type PostgresBusOptions } from "./postgres/postgres-bus.ts";
