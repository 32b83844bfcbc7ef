import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "vitest";
import { openWorkQueue } from "../bull-work-queue.ts";
import type { QueueBackend } from "../engine.ts";
import type { WorkQueueError } from "../errors.ts";
import type { WorkQueue } from "../work-queue.ts";
import { failureConformance } from "./failure-conformance.ts";
import { orderConformance } from "./order-conformance.ts";
import { waitLongMs, type QueueUnderTest } from "./under-test.ts";

/** What the queue owes on every engine. Accounts get names that were never used before, so a storage may be used again. */
export const queueConformance = (name: string, backend: () => QueueBackend): void => {
  describe(`work queue conformance: ${name}`, { timeout: 3 * waitLongMs }, () => {
    let opened: WorkQueue[] = [];
    const errors: WorkQueueError[] = [];
    beforeEach(() => {
      opened = [];
      errors.length = 0;
    });
    afterEach(async () => {
      for (const queue of opened) await queue.close();
    });

    const underTest: QueueUnderTest = {
      open: async (options = {}) => {
        const queue = await openWorkQueue(backend(), { onError: (error) => errors.push(error), backoffMs: 10, ...options });
        opened.push(queue);
        return queue;
      },
      account: () => `conformance:${randomUUID()}`,
      backend,
      errors,
    };

    for (const [title, check] of Object.entries({ ...orderConformance, ...failureConformance })) {
      test(title, () => check(underTest));
    }
  });
};
