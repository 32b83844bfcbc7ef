import { createNotifier } from "@finality/database";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LogHold, LogWriter } from "./event-log.ts";
import { createLogReader } from "./postgres-log-reader.ts";
import { createLogWriter } from "./postgres-log-writer.ts";
import { detachedUpTo, detachPartition, recordPartitions, type Leaving } from "./retention.ts";
import { sampleAppend, sampleRecords, startUs } from "./test-support/sample-append.ts";
import { verifyHashes } from "./verify-hashes.ts";

let storage: TestDatabase;

beforeAll(async () => {
  storage = await testDatabase();
});

afterAll(async () => {
  await storage.dispose();
});

const width = 10;

/** Appends `count` records one append after the other, `each` at once, in partitions of ten. */
const written = async (log: string, count: number, each: number): Promise<LogWriter> => {
  const { database } = storage;
  await createLogWriter({ database, notifier: createNotifier(database) }).takeOver(log);
  await database.query("UPDATE event_log.head SET partition_records = $2 WHERE log = $1", [log, width]);
  // As an upgraded log's first partition: what was made with another width stays as it is.
  await database.query("DO $$ DECLARE p TEXT; BEGIN SELECT name INTO p FROM event_log.record_partition WHERE log = '" + log + "'; EXECUTE format('DROP TABLE event_log_part.%I', p); END $$");
  await database.query("DELETE FROM event_log.record_partition WHERE log = $1", [log]);
  const writer = createLogWriter({ database, notifier: createNotifier(database) });
  let hold: LogHold = await writer.takeOver(log);
  for (let position = 0; position < count; position += each) {
    const { recordedUs } = await writer.append(sampleAppend(hold, { expectedPosition: position, records: sampleRecords(each, { epoch: hold.epoch, fromUs: startUs + position * 1_000 }) }));
    hold = { ...hold, position: position + each, recordedUs };
  }
  return writer;
};

const leaving = (partition: Leaving["partition"], drop = false): Leaving => ({ partition, root: Buffer.alloc(32, 1), manifestHash: Buffer.alloc(32, 2), actor: "operator-1", drop });

describe("a log in partitions", () => {
  test.each([1, 7, 25])("is one log, whatever an append's size: %i records at once", async (each) => {
    const log = `WIDE${String(each)}`;
    await written(log, 6 * each, each);
    const reader = createLogReader({ database: storage.database });
    const partitions = await recordPartitions(storage.database, log);
    expect(partitions.map(({ first, last }) => [first, last])).toEqual(Array.from({ length: Math.ceil((6 * each) / width) }, (_, index) => [index * width + 1, (index + 1) * width]));
    const records = await reader.read(log, 0, 1_000);
    expect(records.map(({ position }) => position)).toEqual(Array.from({ length: 6 * each }, (_, index) => index + 1));
    expect(await verifyHashes(reader, log)).toEqual({ records: 6 * each, firstDifference: undefined });
  });

  test("grows again after a takeover, and two writers that meet make no partition twice", async () => {
    const log = "TWO";
    await written(log, 20, 10);
    const writers = [1, 2, 3].map(() => createLogWriter({ database: storage.database, notifier: createNotifier(storage.database) }));
    const holds = await Promise.all(writers.map((writer) => writer.takeOver(log)));
    expect(new Set(holds.map(({ epoch }) => epoch)).size).toBe(3);
    const last = holds.reduce((newest, hold) => (hold.epoch > newest.epoch ? hold : newest));
    const winner = writers[holds.indexOf(last)];
    await winner?.append(sampleAppend(last, { records: sampleRecords(25, { epoch: last.epoch, fromUs: last.recordedUs }) }));
    expect((await recordPartitions(storage.database, log)).map(({ first }) => first)).toEqual([1, 11, 21, 31, 41]);
  });
});

describe("a partition that left", () => {
  test("is gone from the log alone: what is behind it is read on, what it held is said to be archived, appends go on", async () => {
    const log = "OLD";
    const writer = await written(log, 30, 5);
    const { database } = storage;
    const [first, second] = await recordPartitions(database, log);
    if (first === undefined || second === undefined) throw new Error("there are partitions");
    await expect(detachPartition(database, leaving(second))).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("(1 to 10 is)") });
    await detachPartition(database, leaving(first));
    await detachPartition(database, leaving(second, true));
    expect(await detachedUpTo(database, log)).toBe(20);
    const reader = createLogReader({ database });
    await expect(reader.read(log, 0, 5)).rejects.toMatchObject({ code: "archived", message: expect.stringContaining("records 1 to 20") });
    await expect(reader.read(log, 19, 5)).rejects.toMatchObject({ code: "archived" });
    expect((await reader.read(log, 20, 100)).map(({ position }) => position)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    const hold = await writer.takeOver(log);
    expect(hold.position).toBe(30);
    await writer.append(sampleAppend(hold));
    const { rows } = await database.query<{ kept: string | null; dropped: string | null }>("SELECT to_regclass($1)::text AS kept, to_regclass($2)::text AS dropped", [`event_log_part.${first.name}`, `event_log_part.${second.name}`]);
    expect(rows).toEqual([{ kept: `event_log_part.${first.name}`, dropped: null }]);
  });

  test("was sealed: the one that the head stands in stays", async () => {
    await written("SHORT", 10, 5);
    const [only] = await recordPartitions(storage.database, "SHORT");
    if (only === undefined) throw new Error("there is a partition");
    await expect(detachPartition(storage.database, leaving(only))).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("not sealed") });
  });
});
