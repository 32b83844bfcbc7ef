import { decodeRecord } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createFactsFold } from "@finality/engine";
import { createLogReader, detachPartition, recordPartitions } from "@finality/event-log";
import { seededRandom, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpointOf, factsAsOf, recordAsOf, rowsAsOf } from "./as-of.ts";
import { createAsOfAnswers, type AsOfAnswers } from "./as-of-answers.ts";
import { createFold } from "./fold.ts";
import type { LogSource } from "./log-source.ts";
import { factsRowsOf, rowsOf, type StateRows } from "./rows.ts";
import { takeSnapshot } from "./snapshots/snapshot.ts";
import { createSnapshotStore, type SnapshotStore } from "./snapshots/snapshot-store.ts";

let data: TestDatabase;
let recorded: RecordedLog;
let source: LogSource;
let snapshots: SnapshotStore;
let reads = 0;

beforeAll(async () => {
  data = await testDatabase();
  recorded = await recordedLog(data.database);
  await recorded.steps(60);
  snapshots = createSnapshotStore(data.database);
  const reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
  source = {
    head: reader.head,
    read: async (log, after, limit) => {
      const records = await reader.read(log, after, limit);
      reads += records.length;
      return records;
    },
  };
  for (const position of [37, 90]) {
    const fold = createFold("SPX");
    for (const stored of await source.read("SPX", 0, position)) fold.fold(stored);
    const [last] = await source.read("SPX", position - 1, 1);
    await snapshots.put(await takeSnapshot(fold.state, { leafHash: last?.leafHash ?? new Uint8Array(), build: "test" }));
  }
});

afterAll(async () => {
  await data.dispose();
});

/** By one fold over the records, without snapshots. */
const straight = async (position: number): Promise<StateRows> => {
  const fold = createFold("SPX");
  for (const stored of await source.read("SPX", 0, position)) fold.fold(stored);
  return rowsOf(fold.state);
};

test("as of a position is what a straight fold to it shows, at random positions", async () => {
  const random = seededRandom(11);
  const head = recorded.head();
  for (const position of [1, 36, 37, 38, head, ...Array.from({ length: 20 }, () => 1 + Math.floor(random.next() * head))]) {
    const record = await recordAsOf(source, "SPX", { kind: "position", position });
    expect(checkpointOf(record)).toEqual({ log: "SPX", generation: 1, position, recordedTimeUs: record.recordedTimeUs, venueTimeUs: record.venueTimeUs });
    expect(await rowsAsOf({ source, snapshots }, "SPX", position)).toEqual(await straight(position));
  }
});

test("a recorded time is its last position; before the log and behind its head there is nothing", async () => {
  const [, , third] = await source.read("SPX", 0, 3);
  const recordedTimeUs = third?.recordedTimeUs ?? 0;
  const record = await recordAsOf(source, "SPX", { kind: "recorded_time", recordedTimeUs });
  const [next] = await source.read("SPX", record.position, 1);
  expect([record.recordedTimeUs, (next?.recordedTimeUs ?? 0) > recordedTimeUs]).toEqual([recordedTimeUs, true]);
  for (const position of [0, recorded.head() + 1]) await expect(recordAsOf(source, "SPX", { kind: "position", position })).rejects.toMatchObject({ code: "not_in_log" });
  await expect(recordAsOf(source, "SPX", { kind: "recorded_time", recordedTimeUs: 0 })).rejects.toMatchObject({ code: "not_in_log" });
  await expect(recordAsOf(source, "XYZ", { kind: "position", position: 1 })).rejects.toMatchObject({ code: "unknown_log" });
});

test("every recorded time is its last position, and what has left for an archive is not needed for a later one", async () => {
  const { database } = data;
  await database.query("INSERT INTO event_log.head (log, generation, epoch, position, recorded_us, frontier, root, partition_records) VALUES ('NDX', 1, 0, 0, 0, '', sha256(''), 35)");
  const narrow = await recordedLog(database, { log: "NDX", seed: 3 });
  await narrow.steps(40);
  const records = await source.read("NDX", 0, narrow.head());
  const times = [...new Set(records.map(({ recordedTimeUs }) => recordedTimeUs))];
  const lastBy = (timeUs: number): number => records.filter(({ recordedTimeUs }) => recordedTimeUs <= timeUs).length;
  const positionOf = async (recordedTimeUs: number): Promise<number> => (await recordAsOf(source, "NDX", { kind: "recorded_time", recordedTimeUs })).position;
  for (const timeUs of [...times, ...times.map((time) => time + 1)]) expect(await positionOf(timeUs)).toBe(lastBy(timeUs));
  const [first, second] = await recordPartitions(database, "NDX");
  for (const partition of [first, second]) if (partition !== undefined) await detachPartition(database, { partition, root: new Uint8Array(32), manifestHash: new Uint8Array(32), actor: "test", drop: true });
  const counts = { there: 0, left: 0 };
  for (const timeUs of times) {
    if (lastBy(timeUs) > 70) expect(await positionOf(timeUs)).toBe(lastBy(timeUs));
    else await expect(positionOf(timeUs)).rejects.toMatchObject({ code: "archived" });
    counts[lastBy(timeUs) > 70 ? "there" : "left"] += 1;
  }
  expect(Math.min(counts.there, counts.left)).toBeGreaterThan(5);
});

test("an answer folds no more records than it may, counted from the nearest snapshot", async () => {
  // 52 behind the snapshot at 37; the snapshot's own record and its successor are read too.
  expect(await rowsAsOf({ source, snapshots, recordsMax: 54 }, "SPX", 89)).toEqual(await straight(89));
  await expect(rowsAsOf({ source, snapshots, recordsMax: 53 }, "SPX", 89)).rejects.toMatchObject({ code: "too_far" });
  reads = 0;
  await expect(rowsAsOf({ source, snapshots, recordsMax: 51 }, "SPX", 89)).rejects.toMatchObject({ code: "too_far" });
  await expect(rowsAsOf({ source, recordsMax: 88 }, "SPX", 89)).rejects.toMatchObject({ code: "too_far" });
  await expect(factsAsOf({ source, recordsMax: 88 }, { log: "SPX", position: 89 }, Infinity)).rejects.toMatchObject({ code: "too_far" });
  expect(reads).toBe(0);
});

test("a snapshot that turns out bad does not buy a longer fold, and is not blamed for the bound", async () => {
  await data.database.query("UPDATE event_log.snapshot SET bytes = substring(bytes FOR 50) WHERE position = 90");
  await expect(rowsAsOf({ source, snapshots, recordsMax: 10 }, "SPX", 95)).rejects.toMatchObject({ code: "too_far" });
  expect((await snapshots.list("SPX")).map(({ position, rejected }) => [position, rejected === null])).toEqual([[37, true], [90, false]]);
});

test("facts at a venue time are those of the engine's fold up to the position", async () => {
  const records = await source.read("SPX", 0, 80);
  for (const at of [12, 30, 55, 79]) {
    const venueTimeUs = records[at]?.venueTimeUs ?? 0;
    const facts = createFactsFold("SPX", venueTimeUs);
    for (const stored of records) facts.fold(decodeRecord(stored));
    const found = await factsAsOf({ source }, { log: "SPX", position: 80 }, venueTimeUs);
    expect(found).toEqual(factsRowsOf("SPX", facts.books()));
    expect(found.map(({ book }) => book)).toEqual(["scalper", "unhedged"]);
  }
});

test("who asks again gets the kept answer, also two at a time; a restored log with another record there does not", async () => {
  const answers: AsOfAnswers = createAsOfAnswers({ source, snapshots }, { recordsMax: 1_000, atOnce: 2, waitingMax: 4, kept: 4 });
  const record = await recordAsOf(source, "SPX", { kind: "position", position: 60 });
  reads = 0;
  const [one, other] = await Promise.all([answers.rowsAt(record), answers.rowsAt(record)]);
  expect(other).toBe(one);
  const once = reads;
  expect(await answers.rowsAt(record)).toBe(one);
  expect(await answers.factsAt(record, Infinity)).toBe(await answers.factsAt(record, Infinity));
  expect([once > 0, reads]).toEqual([true, once + 60]);
  expect(await answers.rowsAt({ ...record, leafHash: new Uint8Array(32) })).not.toBe(one);
});

test("a fold that is called off ends by that, not as one that was too far", async () => {
  const stop = new AbortController();
  stop.abort(new Error("the service ends"));
  await expect(rowsAsOf({ source, recordsMax: 1_000, signal: stop.signal }, "SPX", 80)).rejects.toThrow("the service ends");
  await expect(factsAsOf({ source, signal: stop.signal }, { log: "SPX", position: 80 }, 0)).rejects.toThrow("the service ends");
});
