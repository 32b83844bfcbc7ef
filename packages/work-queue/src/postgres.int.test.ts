import { eventually, privatePostgres, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorkQueue } from "./bull-work-queue.ts";
import { queueConformance } from "./conformance/queue-conformance.ts";
import type { WorkQueueError } from "./errors.ts";

let storage: TestDatabase;
beforeAll(async () => {
  storage = await testDatabase();
});
afterAll(async () => {
  await storage.dispose();
});

queueConformance("BullMQ on PostgreSQL", () => ({ kind: "postgres", url: storage.url }));

test("several processes may open an empty database at once", async () => {
  const backend = { kind: "postgres", url: storage.url, schema: "queue_at_once" } as const;
  const onError = (): void => undefined;
  const queues = await Promise.all([1, 2, 3].map(() => openWorkQueue(backend, { onError })));
  await queues[0]?.add("main", { commandId: "a" });
  expect(await queues[1]?.openJobs("main")).toBe(1);
  for (const queue of queues) await queue.close();
});

test("a stored job that is not a command job is reported and dropped", async () => {
  const errors: WorkQueueError[] = [];
  const queue = await openWorkQueue({ kind: "postgres", url: storage.url }, { onError: (error) => errors.push(error) });
  await queue.add("strange", { commandId: "a" });
  await storage.database.query(`UPDATE bullmq.job SET data = '{"commandId": 7}' WHERE queue = 'exec-strange'`);
  const seen: string[] = [];
  await queue.work("strange", async ({ commandId }) => {
    seen.push(commandId);
  });
  await eventually(() => errors.length === 1);
  expect(errors[0]).toMatchObject({ code: "bad_job" });
  expect(await queue.openJobs("strange")).toBe(0);
  expect(seen).toEqual([]);
  await queue.close();
});

test("a worker whose notifications are lost finds its jobs by itself", async () => {
  const queue = await openWorkQueue({ kind: "postgres", url: storage.url }, { onError: () => undefined });
  const seen: string[] = [];
  await queue.work("deaf", async ({ commandId }) => {
    seen.push(commandId);
  });
  await queue.add("deaf", { commandId: "heard" });
  await eventually(() => seen.length === 1);
  // Written past the engine's functions: nobody is notified.
  await storage.database.query(
    `INSERT INTO bullmq.job (queue, id, seq, name, state, data, opts, priority, delay_ms, max_attempts, added_at_ms)
     VALUES ('exec-deaf', 'unheard', nextval('bullmq.job_seq'), 'command', 'waiting', '{"commandId": "unheard"}', '{"attempts": 1, "removeOnComplete": true}', 0, 0, 1, 0)`,
  );
  await eventually(() => seen.length === 2);
  expect(seen).toEqual(["heard", "unheard"]);
  await queue.close();
});

test("works on after PostgreSQL crashed and came back; a queue that cannot be reached says so", async () => {
  const server = await privatePostgres();
  const backend = { kind: "postgres", url: server.url } as const;
  const errors: WorkQueueError[] = [];
  const onError = (error: WorkQueueError): void => void errors.push(error);
  const queue = await openWorkQueue(backend, { onError, lockMs: 1_000 });
  const seen: string[] = [];
  await queue.work("main", async ({ commandId }) => {
    seen.push(commandId);
  });
  await queue.add("main", { commandId: "before" });
  await eventually(() => seen.includes("before"));
  await server.stop("immediate");
  await expect(queue.add("main", { commandId: "during" })).rejects.toMatchObject({ name: "WorkQueueError", code: "unavailable" });
  await expect(queue.add("other", { commandId: "during" })).rejects.toMatchObject({ name: "WorkQueueError", code: "unavailable" });
  await expect(openWorkQueue(backend, { onError })).rejects.toMatchObject({ name: "WorkQueueError", code: "unavailable" });
  await server.start();
  await queue.add("main", { commandId: "after" });
  await queue.add("other", { commandId: "after" });
  await eventually(() => seen.includes("after"), { timeoutMs: 30_000 });
  expect(await queue.openJobs("other")).toBe(1);
  await queue.close();
  await server.dispose();
});
