export { openWorkQueue, type WorkQueueOptions } from "./bull-work-queue.ts";
export type { QueueBackend } from "./engine.ts";
export { WorkQueueError, type WorkQueueErrorCode } from "./errors.ts";
export type { JobHandler, QueueWorker, WorkQueue } from "./work-queue.ts";
