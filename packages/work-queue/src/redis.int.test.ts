import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { eventually, lacksRedis, privateRedis, testRedis, type PrivateRedis } from "@finality/testkit";
import { Redis } from "ioredis";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openWorkQueue } from "./bull-work-queue.ts";
import { createGate, createRecorder } from "./conformance/under-test.ts";
import { queueConformance } from "./conformance/queue-conformance.ts";
import type { WorkQueueError } from "./errors.ts";
import type { WorkQueue } from "./work-queue.ts";

const withoutRedis = await lacksRedis();

describe.skipIf(withoutRedis)("on a Redis that nobody hurts", () => {
  let url: string;
  beforeAll(async () => {
    ({ url } = await testRedis());
  });

  queueConformance("BullMQ on Redis", () => ({ kind: "redis", url }));

  test("queues under two prefixes are two queues", async () => {
    const onError = (): void => undefined;
    const [one, two] = [await openWorkQueue({ kind: "redis", url, prefix: "one" }, { onError }), await openWorkQueue({ kind: "redis", url, prefix: "two" }, { onError })];
    await one.empty("main");
    await one.add("main", { commandId: "a" });
    expect([await one.openJobs("main"), await two.openJobs("main")]).toEqual([1, 0]);
    for (const queue of [one, two]) await queue.close();
  });
});

describe.skipIf(withoutRedis)("on a Redis that is hurt", () => {
  let redis: PrivateRedis;
  let admin: Redis;
  let errors: WorkQueueError[];
  let opened: WorkQueue[];
  beforeEach(async () => {
    redis = await privateRedis();
    admin = new Redis(redis.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    admin.on("error", () => undefined);
    errors = [];
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((queue) => queue.close()));
    admin.disconnect();
    await redis.dispose();
  });

  const onError = (error: WorkQueueError): void => void errors.push(error);
  const open = async (url = redis.url, ca?: string): Promise<WorkQueue> => {
    const queue = await openWorkQueue({ kind: "redis", url, ...(ca === undefined ? {} : { ca }) }, { onError, lockMs: 1_000, backoffMs: 10 });
    opened.push(queue);
    return queue;
  };
  const unavailable = { name: "WorkQueueError", code: "unavailable" };
  /** Until the queue takes it: as the sweep does. */
  const sweep = (queue: WorkQueue, commandId: string): Promise<unknown> =>
    eventually(async () => {
      await queue.add("main", { commandId });
      return true;
    });

  test("emptied while jobs wait and one is in work: what is added again is seen", async () => {
    const queue = await open();
    const gate = createGate();
    const { seen, handler } = createRecorder(() => gate.opened);
    await queue.work("main", handler);
    for (const commandId of ["a", "b", "c"]) await queue.add("main", { commandId });
    await eventually(() => seen.length === 1);
    await admin.flushall();
    expect(await queue.openJobs("main")).toBe(0);
    gate.open();
    for (const commandId of ["a", "b", "c"]) await sweep(queue, commandId);
    await eventually(() => seen.length === 4);
    expect(seen).toEqual(["a", "a", "b", "c"]);
    await eventually(async () => (await queue.openJobs("main")) === 0);
  });

  test("killed and started again while a worker works: nothing that it had kept is lost", async () => {
    const queue = await open();
    const gate = createGate();
    const { seen, handler } = createRecorder(() => gate.opened);
    await queue.work("main", handler);
    for (const commandId of ["a", "b"]) await queue.add("main", { commandId });
    await eventually(() => seen.length === 1);
    await redis.kill();
    gate.open();
    await redis.start();
    await eventually(async () => (await queue.openJobs("main").catch(() => 1)) === 0);
    expect([...new Set(seen)]).toEqual(["a", "b"]);
  });

  test("away for a while: adding fails at once and says so, and the worker goes on by itself when it is back", async () => {
    const queue = await open();
    const { seen, handler } = createRecorder();
    await queue.work("main", handler);
    await queue.add("main", { commandId: "before" });
    await eventually(() => seen.length === 1);
    await redis.kill();
    for (const account of ["main", "never used before"]) await expect(queue.add(account, { commandId: "during" })).rejects.toMatchObject(unavailable);
    // Until the loss was noticed the words are those of the broken connection.
    const words = `there is no connection to Redis at ${new URL(redis.url).host}`;
    await eventually(() => queue.add("main", { commandId: "during" }).then(() => false, (error: unknown) => error instanceof Error && error.message.includes(words)));
    await expect(queue.work("main", handler)).rejects.toMatchObject(unavailable);
    await expect(open()).rejects.toMatchObject(unavailable);
    await redis.start({ empty: true });
    await sweep(queue, "after");
    await eventually(() => seen.includes("after"));
    // One lost connection, however many of ours it was.
    expect(errors.length).toBeLessThanOrEqual(5);
  });

  test("closes while it is away, when the job in work is done", async () => {
    const queue = await open();
    const gate = createGate();
    let finished = false;
    const { seen, handler } = createRecorder(async () => {
      await gate.opened;
      finished = true;
    });
    await queue.work("main", handler);
    await queue.add("main", { commandId: "a" });
    await eventually(() => seen.length === 1);
    await redis.kill();
    const closed = queue.close().then(() => finished);
    gate.open();
    expect(await closed).toBe(true);
  });

  test("warns of settings that lose jobs, and of no others", async () => {
    await open();
    expect(errors).toEqual([]);
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    await admin.config("SET", "appendonly", "no");
    await open();
    expect(errors.map(({ code }) => code)).toEqual(["unsafe_storage", "unsafe_storage"]);
    expect(errors.map(({ message }) => message).join()).toMatch(/maxmemory-policy is allkeys-lru.*appendonly is no/);
  });

  test("logs in over TLS with the password of its URL, which is in no error", async () => {
    const folder = mkdtempSync(join(tmpdir(), "finality-queue-"));
    try {
      const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
      const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
      execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate, ...subject], { stdio: "ignore" });
      const port = await freePort();
      await admin.config("SET", "tls-auth-clients", "no", "tls-cert-file", certificate, "tls-key-file", key, "tls-port", String(port));
      await admin.acl("SETUSER", "desk", "on", ">right-secret", "~*", "+@all");
      await admin.config("SET", "requirepass", "another-secret");
      const ca = readFileSync(certificate, "utf8");
      const queue = await open(`rediss://desk:right-secret@127.0.0.1:${String(port)}`, ca);
      const { seen, handler } = createRecorder();
      await queue.work("main", handler);
      await queue.add("main", { commandId: "a" });
      await eventually(() => seen.length === 1);
      const refused: unknown[] = [];
      for (const [url, authority] of [
        [`rediss://desk:wrong-secret@127.0.0.1:${String(port)}`, ca],
        [`rediss://desk:right-secret@127.0.0.1:${String(port)}`, undefined],
        [redis.url, undefined],
      ] as const) await open(url, authority).catch((error: unknown) => refused.push(error));
      expect(refused).toEqual([expect.objectContaining(unavailable), expect.objectContaining(unavailable), expect.objectContaining(unavailable)]);
      expect(inspect([refused, errors], { depth: 20, showHidden: true })).not.toMatch(/(right|wrong)-secret/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
