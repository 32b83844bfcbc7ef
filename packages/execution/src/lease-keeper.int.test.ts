import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createNotifier, openDatabase, type Database } from "@finality/database";
import { aborted, silentLogger } from "@finality/service-kit";
import { databaseGate, eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startLeaseKeeper, type HeldLease, type LeaseKeeperOptions } from "./lease-keeper.ts";

let db: TestDatabase;
let holders: Holder[] = [];
let children: ChildProcess[] = [];
beforeEach(async () => {
  db = await testDatabase({ max: 8 });
  holders = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(holders.map((holder) => holder.stop()));
  await db.dispose();
});

/** Longer than any test: what is taken over within one was given back. */
const longMs = 600_000;

type Holder = {
  holds(): readonly string[];
  isHeld(key: string): boolean;
  lease(key: string): HeldLease | undefined;
  /** How often it took a lease. */
  taken(): number;
  stop(): Promise<void>;
  /** As kill -9 looks from outside: from now on nothing of it reaches the database. */
  cut(): Promise<void>;
};

/** One that holds keys until it is stopped, over a database of its own. */
const start = (name: string, keys: readonly string[], options: Partial<LeaseKeeperOptions> = {}): Holder => {
  const database = openDatabase(db.url, { applicationName: name, max: 4 });
  const notifier = createNotifier(database, { listening: true });
  const keeper = startLeaseKeeper({ database, notifier, logger: silentLogger, kind: "test", holder: name, leaseMs: longMs, ...options });
  const stopping = new AbortController();
  const holding = new Map<string, HeldLease>();
  let taken = 0;
  const hold = async (key: string): Promise<void> => {
    while (!stopping.signal.aborted) {
      await keeper.hold(key, stopping.signal, async (lease) => {
        taken += 1;
        holding.set(key, lease);
        await aborted(lease.signal);
        holding.delete(key);
      });
    }
  };
  const all = keys.map(hold);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all(all);
    await keeper.stop();
    await notifier.close();
    await database.close();
  };
  const holder: Holder = {
    holds: () => [...holding.keys()].sort(),
    isHeld: (key: string) => holding.get(key)?.isHeld() ?? false,
    lease: (key) => holding.get(key),
    taken: () => taken,
    stop: () => (stopped ??= stop()),
    cut: async () => {
      await notifier.close();
      await database.close();
    },
  };
  holders.push(holder);
  return holder;
};

const count = async (database: Database, holder: string): Promise<number> =>
  (await database.query<{ readonly count: number }>("SELECT count(*) FROM work WHERE holder LIKE $1", [holder])).rows[0]?.count ?? 0;

describe("one key", () => {
  test("is held by one at a time, and goes to who stands by as soon as it is given back", async () => {
    const first = start("first", ["a"]);
    await eventually(() => first.isHeld("a"));
    const second = start("second", ["a"]);
    await eventually(async () => (await db.database.query("SELECT FROM execution.lease WHERE name = 'member/test/second'")).rowCount === 1);
    expect(second.holds()).toEqual([]);
    await first.stop();
    await eventually(() => second.isHeld("a"));
    expect(first.holds()).toEqual([]);
    const { rows } = await db.database.query("SELECT name, holder, epoch FROM execution.lease ORDER BY name");
    expect(rows).toEqual([{ name: "member/test/second", holder: "second", epoch: 1 }, { name: "test/a", holder: "second", epoch: 2 }]);
  });

  test("of one that died goes to who stands by when its time is over; renewed meanwhile, it stays", async () => {
    const first = start("first", ["a"], { leaseMs: 1_200 });
    await eventually(() => first.isHeld("a"));
    const second = start("second", ["a"], { leaseMs: 1_200 });
    // More than two leases: without renewals it would have moved.
    await db.database.query("SELECT pg_sleep(3)");
    expect([first.isHeld("a"), first.taken(), second.holds()]).toEqual([true, 1, []]);
    await first.cut();
    await eventually(() => second.isHeld("a"));
    await eventually(() => first.holds().length === 0);
  });

  test("taken by somebody else meanwhile is lost, and its work told to end", async () => {
    const first = start("first", ["a"], { leaseMs: 400 });
    await eventually(() => first.isHeld("a"));
    await db.database.query("UPDATE execution.lease SET holder = 'other', epoch = epoch + 1, expires_at = now() + interval '1 hour' WHERE name = 'test/a'");
    await eventually(() => first.holds().length === 0);
    const { rows } = await db.database.query("SELECT holder FROM execution.lease WHERE name = 'test/a'");
    expect(rows).toEqual([{ holder: "other" }]);
  });

  test("of one that cannot renew it is lost by its own clock, before anybody says so", async () => {
    const [gate, database] = [databaseGate(), openDatabase(db.url, { applicationName: "hung", max: 4 })];
    const first = start("first", ["a"], { leaseMs: 400, database: gate.before(database) });
    await eventually(() => first.isHeld("a"));
    const stale = first.lease("a");
    gate.shut();
    await eventually(() => first.holds().length === 0);
    expect([stale?.isHeld(), stale?.signal.aborted]).toEqual([false, true]);
    gate.open();
    await eventually(() => first.taken() === 2);
    expect(stale?.isHeld()).toBe(false);
    await first.stop();
    await database.close();
  });

  test("is waited for only until the signal", async () => {
    const first = start("first", ["a"]);
    await eventually(() => first.isHeld("a"));
    const second = start("second", ["a"]);
    await second.stop();
    await first.stop();
    expect(second.taken()).toBe(0);
  });
});

test("a process that is stopped for longer than its lease works no more under it when it goes on", async () => {
  await db.database.query("CREATE TABLE work (id BIGINT GENERATED ALWAYS AS IDENTITY, holder TEXT NOT NULL)");
  const child = spawn(process.execPath, [join(import.meta.dirname, "testing/holding-process.ts"), db.url, "test", "a", "400"], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await eventually(async () => (await count(db.database, "process-%")) > 3);
  child.kill("SIGSTOP");
  const second = start("second", ["a"], { leaseMs: 400 });
  await eventually(() => second.isHeld("a"));
  // What it had sent to PostgreSQL before is there by now.
  await eventually(async () => (await db.database.query("SELECT FROM pg_stat_activity WHERE application_name LIKE 'process-%' AND state = 'active'")).rowCount === 0);
  const before = await count(db.database, "process-%");
  child.kill("SIGCONT");
  await eventually(() => said.includes("ended"));
  // The one step that it was in when it was stopped, at most: that one is fenced in the database.
  expect(await count(db.database, "process-%")).toBeLessThanOrEqual(before + 1);
  expect(second.isHeld("a")).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
});

describe("many keys", () => {
  const keys = Array.from({ length: 20 }, (_, n) => `LOG${String(n)}`);
  const shares = (...holders: readonly Holder[]): readonly number[] => holders.map((holder) => holder.holds().length).sort((a, b) => a - b);
  const held = (...holders: readonly Holder[]): readonly string[] => holders.flatMap((holder) => holder.holds()).sort();

  test("are taken at once by one alone, shared with those who come, and moved no more than that needs", async () => {
    const leaseMs = 2_000;
    const first = start("first", keys, { leaseMs });
    await eventually(() => first.holds().length === 20);
    const second = start("second", keys, { leaseMs });
    await eventually(() => shares(first, second).join() === "10,10");
    const third = start("third", keys, { leaseMs });
    await eventually(() => shares(first, second, third).join() === "6,7,7");
    expect(held(first, second, third)).toEqual([...keys].sort());
    // 20 at first, then 10 to the second, then 6 to the third.
    expect(first.taken() + second.taken() + third.taken()).toBe(36);
    await third.stop();
    await eventually(() => shares(first, second).join() === "10,10");
    await first.cut();
    await eventually(() => second.holds().length === 20);
  });

  test("are shared by three that start together", async () => {
    const three = ["one", "two", "three"].map((name) => start(name, keys, { leaseMs: 1_000 }));
    await eventually(() => held(...three).length === 20 && shares(...three).join() === "6,7,7");
    expect(held(...three)).toEqual([...keys].sort());
  });
});

test("members that died long ago are tidied away by the next that stops", async () => {
  await db.database.query("INSERT INTO execution.lease VALUES ('member/test/dead', 'dead', 1, now() - interval '2 hours'), ('member/test/slow', 'slow', 1, now() - interval '1 minute')");
  await start("first", []).stop();
  expect((await db.database.query("SELECT name FROM execution.lease")).rows).toEqual([{ name: "member/test/slow" }]);
});
