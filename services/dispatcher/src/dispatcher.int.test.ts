import { createNotifier, openDatabase, type Database, type Notifier } from "@finality/database";
import { createLogReader, type LogReader } from "@finality/event-log";
import { checkpointOf, claim } from "@finality/execution";
import { createFaults, noFaults, silentLogger, type Faults } from "@finality/service-kit";
import { databaseGate, eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { openWorkQueue, type WorkQueue } from "@finality/work-queue";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startDispatcher, type Dispatcher, type DispatcherDeps } from "./dispatcher.ts";
import { append, hedge, opened } from "./testing/written-log.ts";

let db: TestDatabase;
let queue: WorkQueue;
let notifier: Notifier;
let reader: LogReader;
let started: Dispatcher[] = [];
let connected: Pick<Database, "close">[] = [];

beforeEach(async () => {
  db = await testDatabase({ max: 16 });
  queue = await openWorkQueue({ kind: "postgres", url: db.url }, { onError: () => undefined, attempts: 1, backoffMs: 1 });
  notifier = createNotifier(db.database);
  reader = createLogReader({ database: db.database, notifier, listening: false, pollMs: 20 });
  started = [];
  connected = [];
});
afterEach(async () => {
  await Promise.all(started.map((dispatcher) => dispatcher.stop()));
  for (const each of connected.toReversed()) await each.close();
  await queue.close();
  await db.dispose();
});

const start = (change: Partial<DispatcherDeps> = {}): Dispatcher => {
  const dispatcher = startDispatcher({ database: db.database, reader, queue, notifier, faults: noFaults, logger: silentLogger, pollMs: 20, sweepMs: 1_000_000, ...change });
  started.push(dispatcher);
  return dispatcher;
};
const readUpTo = (log: string, position: number): Promise<unknown> => eventually(async () => (await checkpointOf(db.database, "dispatcher", log)) === position);
const commands = async (): Promise<readonly string[]> => (await db.database.query<{ readonly id: string }>("SELECT command_id AS id FROM execution.command ORDER BY log, position")).rows.map(({ id }) => id);

/** Works off an account's queue and collects the ids; a sweep may have queued one again that was just worked off. */
const collect = async (account: string): Promise<readonly string[]> => {
  const ids: string[] = [];
  await queue.work(account, async ({ commandId }) => {
    if (!ids.includes(commandId)) ids.push(commandId);
  });
  return ids;
};

describe("a recorded hedge decision", () => {
  test("becomes a command and a job of its account, in the log's order; other records become nothing", async () => {
    await append(db.database, "BTC", [opened, { type: "ClockTicked", body: {} }, hedge("a"), hedge("b"), hedge("a")]);
    await append(db.database, "ETH", [opened, hedge("a")]);
    start();
    await readUpTo("BTC", 5);
    await readUpTo("ETH", 2);
    expect(await commands()).toEqual(["BTC-1-3", "BTC-1-4", "BTC-1-5", "ETH-1-2"]);
    const [a, b] = [await collect("a"), await collect("b")];
    await eventually(() => a.length === 3 && b.length === 1);
    expect(a.filter((id) => id.startsWith("BTC"))).toEqual(["BTC-1-3", "BTC-1-5"]);
    expect(b).toEqual(["BTC-1-4"]);
    const later = await append(db.database, "ETH", [hedge("b")]);
    await readUpTo("ETH", later);
    await eventually(() => b.length === 2);
  });

  test("is taken once by two dispatchers, also when they start over", async () => {
    await append(db.database, "BTC", [opened, ...Array.from({ length: 20 }, () => hedge("a"))]);
    const [one, two] = [start(), start()];
    await readUpTo("BTC", 21);
    await Promise.all([one.stop(), two.stop()]);
    start();
    const last = await append(db.database, "BTC", [hedge("a")]);
    await readUpTo("BTC", last);
    expect(await commands()).toHaveLength(21);
  });
});

describe("of two dispatchers", () => {
  const own = (): Database => {
    const database = openDatabase(db.url, { applicationName: "another process", max: 4 });
    connected.push(database);
    return database;
  };
  /** One as another process has it: nothing but the database and the queue is shared. Counts the batches that it made commands of. */
  const other = (instance: string, database: Database, leaseMs: number) => {
    const processed = { count: 0 };
    const faults: Faults = { passing: () => (processed.count += 1) };
    const theirs = createNotifier(database, { listening: true });
    connected.push(theirs);
    const dispatcher = start({ database, notifier: theirs, reader: createLogReader({ database, notifier: theirs, pollMs: 20 }), instance, leaseMs, faults });
    return { processed, stop: dispatcher.stop };
  };
  const holder = async (): Promise<unknown> =>
    (await db.database.query<{ readonly holder: string }>("SELECT holder FROM execution.lease WHERE name = 'dispatcher/BTC' AND expires_at > clock_timestamp()")).rows[0]?.holder;
  const hedges = (count: number) => Array.from({ length: count }, () => hedge("a"));
  const allOnce = async (records: number): Promise<void> => {
    const ids = await collect("a");
    await eventually(() => ids.length === records);
    expect(ids.toSorted()).toEqual((await commands()).toSorted());
  };

  test("one works and the other takes over at once when it is stopped", async () => {
    const one = other("one", own(), 600_000);
    await readUpTo("BTC", await append(db.database, "BTC", [opened, ...hedges(3)]));
    expect(await holder()).toBe("one");
    const second = other("two", own(), 600_000);
    await eventually(async () => (await db.database.query("SELECT FROM execution.lease WHERE name = 'member/dispatcher/two'")).rowCount === 1);
    await readUpTo("BTC", await append(db.database, "BTC", hedges(3)));
    expect(second.processed.count).toBe(0);
    await one.stop();
    await readUpTo("BTC", await append(db.database, "BTC", hedges(3)));
    expect(await holder()).toBe("two");
    await allOnce(9);
  });

  test("the other takes over when it was killed", async () => {
    const database = own();
    other("one", database, 600);
    await readUpTo("BTC", await append(db.database, "BTC", [opened, ...hedges(3)]));
    other("two", own(), 600);
    // From now on nothing of it reaches the database.
    await database.close();
    await readUpTo("BTC", await append(db.database, "BTC", hedges(3)));
    expect(await holder()).toBe("two");
    await allOnce(6);
  });

  test("one that hung for longer than its lease does nothing when it goes on", async () => {
    const gate = databaseGate();
    const one = other("one", gate.before(own()), 1_000);
    await readUpTo("BTC", await append(db.database, "BTC", [opened, ...hedges(3)]));
    const before = one.processed.count;
    gate.shut();
    other("two", own(), 1_000);
    await readUpTo("BTC", await append(db.database, "BTC", hedges(3)));
    gate.open();
    await readUpTo("BTC", await append(db.database, "BTC", hedges(3)));
    expect([await holder(), one.processed.count]).toEqual(["two", before]);
    await allOnce(9);
  });
});

describe("the sweep (rule 19)", () => {
  test("queues again what was recorded but never queued: a crash between commit and enqueue", async () => {
    await append(db.database, "BTC", [opened, hedge("a")]);
    const crash = createFaults("commit-enqueue", () => {
      throw new Error("crashed");
    });
    const first = start({ faults: crash });
    await readUpTo("BTC", 2);
    await first.stop();
    expect(await queue.openJobs("a")).toBe(0);
    start();
    const ids = await collect("a");
    await eventually(() => ids.length > 0);
    expect(ids).toEqual(["BTC-1-2"]);
  });

  test("queues again what a queue lost: one that was emptied, and a job that failed for good", async () => {
    const dispatcher = start();
    await append(db.database, "BTC", [opened, hedge("emptied"), hedge("failed")]);
    await eventually(async () => (await queue.openJobs("emptied")) === 1);
    await queue.empty("emptied");
    let failures = 0;
    const failing = await queue.work("failed", async () => {
      failures += 1;
      throw new Error("no");
    });
    await eventually(async () => failures > 0 && (await queue.openJobs("failed")) === 0);
    await failing.close();
    expect([await queue.openJobs("emptied"), await queue.openJobs("failed")]).toEqual([0, 0]);
    dispatcher.sweep();
    await eventually(async () => (await queue.openJobs("emptied")) === 1 && (await queue.openJobs("failed")) === 1);
  });

  test("leaves alone what has its answer, and wakes executors for what is still being sent", async () => {
    const dispatcher = start();
    await append(db.database, "BTC", [opened, hedge("done"), hedge("open")]);
    await eventually(async () => (await queue.openJobs("done")) === 1 && (await queue.openJobs("open")) === 1);
    for (const [account, commandId] of [["done", "BTC-1-2"], ["open", "BTC-1-3"]] as const) {
      await queue.empty(account);
      await claim(db.database, { commandId, executor: "one", sendWithinMs: 1_000 });
    }
    await db.database.query("UPDATE execution.attempt SET state = 'accepted' WHERE command_id = 'BTC-1-2'");
    dispatcher.sweep();
    await eventually(async () => (await queue.openJobs("open")) === 1);
    expect(await queue.openJobs("done")).toBe(0);
  });
});
