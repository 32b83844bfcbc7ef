import { createNotifier } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { serializeState, stateHash } from "@finality/engine";
import { createLogReader } from "@finality/event-log";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { sha256 } from "@finality/transparency";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createFold } from "./fold.ts";
import { takeSnapshot } from "./snapshots/snapshot.ts";
import { createSnapshotStore, type SnapshotStore } from "./snapshots/snapshot-store.ts";
import { foldAt, foldTo, type HistoryDeps } from "./state-at.ts";

let data: TestDatabase;
let recorded: RecordedLog;
let snapshots: SnapshotStore;
let deps: HistoryDeps;
let reads = 0;
const rejected: string[] = [];

beforeAll(async () => {
  data = await testDatabase();
  recorded = await recordedLog(data.database);
  await recorded.steps(60);
  snapshots = createSnapshotStore(data.database);
  const reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
  const source = {
    head: reader.head,
    read: async (log: string, after: number, limit: number) => {
      const records = await reader.read(log, after, limit);
      reads += records.length;
      return records;
    },
  };
  deps = { source, snapshots, onRejected: (_snapshot, reason) => void rejected.push(reason) };
});

beforeEach(async () => {
  await snapshots.remove("SPX");
  rejected.length = 0;
  reads = 0;
});

afterAll(async () => {
  await data.dispose();
});

const straight = async (position: number): Promise<Buffer> => Buffer.from(serializeState((await foldAt({ source: deps.source }, "SPX", position)).state));

/** A snapshot behind each of these positions, taken while the log is folded once. */
const snapshotsAt = async (positions: readonly number[]): Promise<void> => {
  const fold = createFold("SPX");
  for (const position of positions) {
    await foldTo(deps, fold, position);
    const [record] = await deps.source.read("SPX", position - 1, 1);
    expect(await snapshots.put(await takeSnapshot(fold.state, { leafHash: record?.leafHash ?? new Uint8Array(), build: "test" }))).toBe(true);
  }
};

const hashedPositions = async (): Promise<readonly number[]> =>
  (await data.database.query<{ position: number }>("SELECT position FROM event_log.record WHERE log = 'SPX' AND type = 'StateHashed' ORDER BY position")).rows.map(({ position }) => position);

test("the state at any position is that of a straight fold, wherever the snapshots stand, and only the tail is read", async () => {
  const head = recorded.head();
  await snapshotsAt([1, 17, 60, 61, 100, head]);
  reads = 0;
  for (const position of [1, 2, 16, 17, 18, 59, 60, 61, 99, 100, 101, head - 1, head]) {
    const { state } = await foldAt(deps, "SPX", position);
    expect(Buffer.from(serializeState(state)).equals(await straight(position))).toBe(true);
  }
  expect(rejected).toEqual([]);
  reads = 0;
  await foldAt(deps, "SPX", head);
  expect(reads).toBe(1);
});

test("deleting all snapshots loses nothing", async () => {
  await snapshotsAt([40]);
  expect(await snapshots.remove("SPX")).toBe(1);
  const { state } = await foldAt(deps, "SPX", recorded.head());
  expect(Buffer.from(serializeState(state)).equals(await straight(recorded.head()))).toBe(true);
});

const corruptions: Readonly<Record<string, string>> = {
  "its bytes are torn": "SET bytes = substring(bytes FOR 100)",
  "it claims another hash": "SET state_hash = repeat('0', 64)",
  "it is of another history": "SET leaf_hash = decode(repeat('00', 32), 'hex')",
  "it claims another position's bytes": "SET bytes = (SELECT bytes FROM event_log.snapshot WHERE position = 20)",
};

test.each(Object.entries(corruptions))("a snapshot is reported and not used when %s", async (_name, change) => {
  await snapshotsAt([20, 45]);
  await data.database.query(`UPDATE event_log.snapshot ${change} WHERE position = 45`);
  const { state } = await foldAt(deps, "SPX", 50);
  expect(Buffer.from(serializeState(state)).equals(await straight(50))).toBe(true);
  expect(rejected).toHaveLength(1);
  expect((await snapshots.list("SPX")).map(({ position, rejected: reason }) => [position, reason !== null])).toEqual([[20, false], [45, true]]);
});

test("a snapshot whose state and hash were both forged is found at the next StateHashed, and right away where one stands behind it", async () => {
  const hashed = await hashedPositions();
  const [, at = 0] = hashed;
  await snapshotsAt([at - 1, at + 2]);
  for (const position of [at - 1, at + 2]) {
    const { state } = await foldAt({ source: deps.source }, "SPX", position);
    const book = state.books.get("scalper");
    if (book !== undefined) book.facts.hedges += 1;
    state.dirty.add("book/scalper");
    const forged = await takeSnapshot(state, { leafHash: new Uint8Array(), build: "test" });
    await data.database.query("UPDATE event_log.snapshot SET bytes = $2, state_hash = $3 WHERE position = $1", [position, Buffer.from(forged.bytes), forged.stateHash]);
  }
  expect(Buffer.from(serializeState((await foldAt(deps, "SPX", at - 1)).state)).equals(await straight(at - 1))).toBe(true);
  expect(rejected).toEqual([expect.stringContaining("the log's writer hashed that state to")]);
  const end = hashed[2] ?? 0;
  expect(Buffer.from(serializeState((await foldAt(deps, "SPX", end)).state)).equals(await straight(end))).toBe(true);
  expect(rejected).toHaveLength(2);
});

test("snapshots of other semantics are not looked at, rejected ones are replaced by a good one", async () => {
  await snapshotsAt([30]);
  await data.database.query("UPDATE event_log.snapshot SET semantics = semantics + 1");
  expect(await snapshots.usable("SPX", 100)).toEqual([]);
  await snapshots.remove("SPX");
  await snapshotsAt([30]);
  const [taken] = await snapshots.list("SPX");
  if (taken === undefined) throw new Error("there is a snapshot");
  await snapshots.reject(taken, "for the test");
  expect(await snapshots.usable("SPX", 100)).toEqual([]);
  await snapshotsAt([30]);
  expect(await snapshots.usable("SPX", 100)).toHaveLength(1);
});

test("a position behind the head is no state", async () => {
  await expect(foldAt(deps, "SPX", recorded.head() + 1)).rejects.toMatchObject({ code: "not_in_log" });
});

test("a log whose writer hashed another state is told apart from a bad snapshot", async () => {
  const other = await recordedLog(data.database, { log: "NDX", seed: 2 });
  await other.appendRaw({ type: "StateHashed", body: { hash: "0".repeat(64), semantics: (await foldAt({ source: deps.source }, "NDX", 1)).state.facts.semantics } });
  await expect(foldAt(deps, "NDX", other.head())).rejects.toMatchObject({ code: "state_hash_mismatch", position: other.head() });
  expect(stateHash((await foldAt(deps, "NDX", other.head() - 1)).state, sha256)).toMatch(/^[0-9a-f]{64}$/);
});

test("what a writer of other semantics hashed says nothing about this engine's fold", async () => {
  const other = await recordedLog(data.database, { log: "RUT", seed: 3 });
  const { semantics } = (await foldAt({ source: deps.source }, "RUT", 1)).state.facts;
  await other.appendRaw({ type: "StateHashed", body: { hash: "0".repeat(64), semantics: (semantics ?? 0) + 1 } });
  expect((await foldAt(deps, "RUT", other.head())).position).toBe(other.head());
});
