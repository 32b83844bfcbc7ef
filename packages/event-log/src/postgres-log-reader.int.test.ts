import type { StoredRecord } from "@finality/contracts";
import { createNotifier, openDatabase } from "@finality/database";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logChannelOf } from "./channel.ts";
import type { LogHold } from "./event-log.ts";
import { createLogReader, type LogReaderDeps } from "./postgres-log-reader.ts";
import { createLogWriter } from "./postgres-log-writer.ts";
import { sampleAppend, sampleRecords, startUs } from "./test-support/sample-append.ts";

let storage: TestDatabase;
beforeAll(async () => {
  storage = await testDatabase({ max: 16 });
});
afterAll(async () => {
  await storage.dispose();
});

/** A log, and how to append a number of records to it. */
const openLog = async (log: string) => {
  const notifier = createNotifier(storage.database);
  const writer = createLogWriter({ database: storage.database, notifier });
  let hold: LogHold = await writer.takeOver(log);
  const append = async (count: number): Promise<void> => {
    const fromUs = Math.max(hold.recordedUs, startUs);
    hold = { ...hold, ...(await writer.append(sampleAppend(hold, { records: sampleRecords(count, { fromUs }) }))) };
  };
  return { append, notifier };
};
const positions = (records: readonly StoredRecord[]): readonly number[] => records.map(({ position }) => position);
const range = (first: number, last: number): readonly number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Follows in the background. */
const following = (deps: Partial<LogReaderDeps>, log: string, after: number) => {
  const stop = new AbortController();
  const seen: number[] = [];
  const run = (async () => {
    for await (const records of createLogReader({ database: storage.database, ...deps }).follow(log, after, stop.signal)) seen.push(...positions(records));
  })();
  return {
    seen,
    run,
    stop: async () => {
      stop.abort();
      await run;
    },
  };
};

describe("read", () => {
  test("pages by position", async () => {
    const { append } = await openLog("PAGES");
    await append(5);
    const reader = createLogReader({ database: storage.database });
    expect(positions(await reader.read("PAGES", 0, 2))).toEqual([1, 2]);
    expect(positions(await reader.read("PAGES", 2, 2))).toEqual([3, 4]);
    expect(positions(await reader.read("PAGES", 4, 2))).toEqual([5]);
    expect(await reader.read("PAGES", 5, 2)).toEqual([]);
    expect(await reader.read("PAGES", 9, 2)).toEqual([]);
    expect(await reader.read("NOBODY", 0, 2)).toEqual([]);
    expect(await reader.head("NOBODY")).toBeUndefined();
    expect((await reader.heads()).map(({ log }) => log)).toContain("PAGES");
  });

  test.each([
    ["in the middle", "position = 3", "position 3", 0],
    ["of several", "position IN (2, 3)", "positions 2 to 3", 0],
    ["at the beginning", "position = 1", "position 1", 0],
    ["at the end", "position >= 4", "positions 4 to 5", 0],
    ["right behind what was read", "position = 3", "position 3", 2],
    ["of everything that is left", "position >= 4", "positions 4 to 5", 3],
  ])("a hole %s is an error that names it", async (name, where, named, after) => {
    const log = `HOLE-${name.replaceAll(" ", "-")}`;
    const { append } = await openLog(log);
    await append(5);
    await storage.database.transaction(async (client) => {
      await client.query("ALTER TABLE event_log.record DISABLE TRIGGER record_insert_only");
      await client.query(`DELETE FROM event_log.record WHERE log = $1 AND ${where}`, [log]);
      await client.query("ALTER TABLE event_log.record ENABLE TRIGGER record_insert_only");
    });
    const reader = createLogReader({ database: storage.database });
    await expect(reader.read(log, after, 100)).rejects.toMatchObject({ code: "hole", message: `Log ${log} has no record at ${named}.` });
    await expect(following({}, log, after).run).rejects.toMatchObject({ code: "hole" });
  });
});

describe("follow", () => {
  const never = { pollMs: 3_600_000 };

  test("gives what is there, then what is committed, once and in order, woken over LISTEN", async () => {
    const { append } = await openLog("LISTENED");
    await append(3);
    const follower = following(never, "LISTENED", 1);
    await eventually(() => follower.seen.length === 2);
    for (let round = 0; round < 5; round++) {
      await append(2);
      await eventually(() => follower.seen.length === 4 + 2 * round);
    }
    expect(follower.seen).toEqual(range(2, 13));
    await follower.stop();
  });

  test("is woken over one listening notifier, whatever process the writer is in", async () => {
    const { append } = await openLog("SHARED");
    const notifier = createNotifier(storage.database, { listening: true });
    const followers = [following({ ...never, notifier }, "SHARED", 0), following({ ...never, notifier }, "SHARED", 1)];
    await append(2);
    await eventually(() => followers.every(({ seen }) => seen.at(-1) === 2));
    await append(1);
    await eventually(() => followers.every(({ seen }) => seen.at(-1) === 3));
    for (const { stop } of followers) await stop();
    await notifier.close();
  });

  test("is woken by a writer of the same process without LISTEN", async () => {
    const { append, notifier } = await openLog("LOCAL");
    const follower = following({ ...never, notifier, listening: false }, "LOCAL", 0);
    await append(2);
    await eventually(() => follower.seen.length === 2);
    await append(1);
    await eventually(() => follower.seen.length === 3);
    await follower.stop();
  });

  test("polls behind the notifications: none is needed", async () => {
    const { append } = await openLog("POLLED");
    const follower = following({ listening: false, pollMs: 20 }, "POLLED", 0);
    await append(2);
    await eventually(() => follower.seen.length === 2);
    await append(1);
    await eventually(() => follower.seen.length === 3);
    await follower.stop();
  });

  test("goes through a long log in chunks without a gap", async () => {
    const { append } = await openLog("LONG");
    await append(1_234);
    const follower = following({}, "LONG", 0);
    await eventually(() => follower.seen.length === 1_234);
    expect(follower.seen).toEqual(range(1, 1_234));
    await follower.stop();
  });

  test("ends with its signal, and leaves no session behind", async () => {
    const follower = following(never, "ENDED", 0);
    const sessions = async (): Promise<number | undefined> => {
      const { rows } = await storage.database.query<{ count: number }>("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'finality listen' AND datname = current_database()");
      return rows[0]?.count;
    };
    await eventually(async () => (await sessions()) === 1);
    await follower.stop();
    await eventually(async () => (await sessions()) === 0);
    const over = AbortSignal.abort();
    for await (const records of createLogReader({ database: storage.database }).follow("LISTENED", 0, over)) expect(records).toBeUndefined();
  });

  test("says so when the database is away", async () => {
    const away = openDatabase("postgres://nobody@127.0.0.1:1/none", { applicationName: "away", max: 1 });
    await expect(following({ database: away }, "AWAY", 0).run).rejects.toMatchObject({ name: "DatabaseError", code: "connection" });
    await expect(following({ database: away, listening: false }, "AWAY", 0).run).rejects.toMatchObject({ code: "connection" });
    await away.close();
  });
});

test("channels are names that PostgreSQL takes", () => {
  expect(logChannelOf("SPX")).toBe("log_spx");
  expect(logChannelOf("BTC-USD.x/Y")).toBe("log_btc_usd_x_y");
  expect(logChannelOf("A".repeat(80))).toHaveLength(63);
});
