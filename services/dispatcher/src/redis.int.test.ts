import { createNotifier } from "@finality/database";
import { createLogReader } from "@finality/event-log";
import { checkpointOf, claim } from "@finality/execution";
import { noFaults, silentLogger } from "@finality/service-kit";
import { eventually, lacksRedis, privateRedis, testDatabase, type PrivateRedis, type TestDatabase } from "@finality/testkit";
import { openWorkQueue, type WorkQueue } from "@finality/work-queue";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startDispatcher, type Dispatcher } from "./dispatcher.ts";
import { append, hedge, opened } from "./testing/written-log.ts";

describe.skipIf(await lacksRedis())("a queue on Redis that forgets and goes away (rule 19)", () => {
  let db: TestDatabase;
  let redis: PrivateRedis;
  let queue: WorkQueue;
  let dispatcher: Dispatcher;
  beforeEach(async () => {
    db = await testDatabase();
    redis = await privateRedis();
    queue = await openWorkQueue({ kind: "redis", url: redis.url }, { onError: () => undefined, attempts: 1, backoffMs: 1, lockMs: 1_000 });
    const notifier = createNotifier(db.database);
    const reader = createLogReader({ database: db.database, notifier, pollMs: 20 });
    dispatcher = startDispatcher({ database: db.database, reader, queue, notifier, faults: noFaults, logger: silentLogger, pollMs: 20, sweepMs: 50 });
  });
  afterEach(async () => {
    await dispatcher.stop();
    await queue.close();
    await redis.dispose();
    await db.dispose();
  });

  const dispatched = async (count: number): Promise<void> => {
    const head = await append(db.database, "BTC", Array.from({ length: count }, () => hedge("a")));
    await eventually(async () => (await checkpointOf(db.database, "dispatcher", "BTC")) === head);
  };
  /** An executor that answers each command the first time that it hears of it. */
  const answer = async (): Promise<readonly string[]> => {
    const claimed: string[] = [];
    await queue.work("a", async ({ commandId }) => {
      if ((await claim(db.database, { commandId, executor: "one", sendWithinMs: 60_000 })).kind !== "taken") claimed.push(commandId);
      await db.database.query("UPDATE execution.attempt SET state = 'accepted' WHERE command_id = $1", [commandId]);
    });
    return claimed;
  };

  test("every command is heard of and claimed once, whatever the queue lost", async () => {
    await append(db.database, "BTC", [opened]);
    await dispatched(3);
    await eventually(async () => (await queue.openJobs("a")) === 3);
    // Emptied while they wait.
    await redis.kill();
    await redis.start({ empty: true });
    await eventually(async () => (await queue.openJobs("a").catch(() => 0)) === 3);
    const claimed = await answer();
    await eventually(() => claimed.length === 3);
    // Away while a worker waits, and decisions go on.
    await redis.kill();
    await dispatched(3);
    expect(claimed).toHaveLength(3);
    await redis.start({ empty: true });
    await eventually(() => claimed.length === 6);
    await dispatched(3);
    await eventually(() => claimed.length === 9);
    expect(new Set(claimed).size).toBe(9);
  });
});
