import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRecord } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createLogReader, createLogWriter, orderGeneration, type LogReader } from "@finality/event-log";
import { createCheckpointFolder, createSnapshotStore, createTreeStore, foldAt, type TreeStore } from "@finality/history";
import { silentLogger } from "@finality/service-kit";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { consistencyProof, followRotations, inclusionProof, newPrivateKeyPem, nodesOfTiles, openNote, parseCheckpoint, signerFromPem, verifyConsistency, verifyInclusion } from "@finality/transparency";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Signing } from "./attend-log.ts";
import { startNotary, type Notary } from "./notary.ts";

const log = "SPX";
const key = signerFromPem(newPrivateKeyPem(), "desk");
let data: TestDatabase;
let recorded: RecordedLog;
let reader: LogReader;
let tree: TreeStore;
let folder: string;
let running: Notary[] = [];

beforeEach(async () => {
  data = await testDatabase();
  recorded = await recordedLog(data.database);
  await recorded.steps(20);
  reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
  tree = createTreeStore(data.database);
  folder = mkdtempSync(join(tmpdir(), "finality-checkpoints-"));
});

afterEach(async () => {
  await stopAll();
  await data.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const stopAll = async (): Promise<void> => {
  for (const notary of running.splice(0)) await notary.stop();
};

const signing = (): Signing => ({ key, deployment: "desk", eras: followRotations(key, []), checkpoints: createCheckpointFolder(folder) });

const isHeld = async (database: Database): Promise<boolean> => (await database.query("SELECT FROM execution.halt WHERE log = $1 AND halted AND actor = 'notary'", [log])).rowCount === 1;

const start = (): Notary => {
  const notary = startNotary({ database: data.database, reader, signing: signing(), snapshotEvery: 30, build: "test", logger: silentLogger, instance: `notary-${String(running.length)}-${String(Math.random())}`, leaseMs: 1_000 });
  running.push(notary);
  return notary;
};

const attestedTo = (notary: Notary, position: number): Promise<unknown> => eventually(() => notary.standing().some((each) => each.position >= position));
const failureOf = (notary: Notary): Promise<string> => eventually(() => notary.standing().find(({ error }) => error !== undefined)?.error?.message);

test("a log is attested as it grows: every record is proved by the newest checkpoint, every checkpoint continues the ones before", async () => {
  const notary = start();
  await attestedTo(notary, recorded.head());
  for (let round = 0; round < 5; round += 1) {
    await recorded.steps(6);
    await attestedTo(notary, recorded.head());
  }
  await stopAll();
  const checkpoints = await tree.checkpoints(log);
  expect(checkpoints.length).toBeGreaterThan(2);
  for (const { note, size, root } of checkpoints) expect(parseCheckpoint(openNote(note, [key]).text)).toEqual({ origin: "desk/SPX/1", size, root });
  const last = await tree.checkpoint(log);
  if (last === undefined) throw new Error("there is a checkpoint");
  expect(last.size).toBe(recorded.head());
  expect(Buffer.from(last.root).equals((await reader.head(log))?.root ?? Buffer.alloc(0))).toBe(true);
  const nodes = nodesOfTiles(tree.readTile(log), last.size);
  for (const { position, leafHash } of await reader.read(log, 0, 1_000)) {
    expect(verifyInclusion({ leafHash, index: position - 1, size: last.size, root: last.root, proof: await inclusionProof(nodes, position - 1, last.size) })).toBe(true);
  }
  for (const { size, root } of checkpoints) expect(verifyConsistency({ from: { size, root }, to: last, proof: await consistencyProof(nodes, size, last.size) })).toBe(true);
  expect(readFileSync(join(folder, "SPX.checkpoint"), "utf8")).toBe(last.note);
});

test("snapshots are taken where a StateHashed says what they hash to, and a later fold begins at them", async () => {
  await recorded.steps(60);
  await attestedTo(start(), recorded.head());
  await recorded.steps(60);
  const snapshots = createSnapshotStore(data.database);
  const taken = await eventually(async () => ((await snapshots.list(log)).length >= 2 ? snapshots.list(log) : undefined));
  for (const { position, stateHash } of taken) {
    const [record] = await reader.read(log, position, 1);
    expect([record?.type, JSON.parse(Buffer.from(record?.payload ?? []).toString()).hash]).toEqual(["StateHashed", stateHash]);
  }
  let first = Infinity;
  const source = { head: reader.head, read: (of: string, after: number, limit: number) => ((first = Math.min(first, after)), reader.read(of, after, limit)) };
  await foldAt({ source, snapshots }, log, recorded.head());
  expect(first).toBeGreaterThan(100);
});

test("a second start attests no record twice, and one of two notaries goes on when the other stops", async () => {
  const first = start();
  await attestedTo(first, recorded.head());
  const second = start();
  await stopAllBut(second);
  await recorded.steps(3);
  await attestedTo(second, recorded.head());
  const sizes = (await tree.checkpoints(log)).map(({ size }) => size);
  expect(new Set(sizes).size).toBe(sizes.length);
});

const stopAllBut = async (kept: Notary): Promise<void> => {
  for (const notary of running.filter((each) => each !== kept)) await notary.stop();
  running = [kept];
};

const asSuperuser = async (...statements: readonly string[]): Promise<void> => {
  await data.database.transaction(async (client) => {
    await client.query("ALTER TABLE event_log.record DISABLE TRIGGER USER");
    for (const statement of statements) await client.query(statement);
    await client.query("ALTER TABLE event_log.record ENABLE TRIGGER USER");
  });
};

test("a record that was changed before it was attested is not attested, and trading is held", async () => {
  await asSuperuser(`UPDATE event_log.record SET payload = convert_to(replace(convert_from(payload, 'UTF8'), '14.30', '14.20'), 'UTF8') WHERE type = 'TradeBooked' AND position = (SELECT min(position) FROM event_log.record WHERE type = 'TradeBooked')`);
  expect(await failureOf(start())).toMatch(/Record SPX-1-\d+ is not what its leaf hash says/);
  expect(await isHeld(data.database)).toBe(true);
  expect(await tree.checkpoint(log)).toBeUndefined();
});

test("records whose root is not the one that the log's head keeps are not attested, and trading is held", async () => {
  await asSuperuser("UPDATE event_log.head SET root = sha256('another') WHERE log = 'SPX'");
  expect(await failureOf(start())).toContain(`Log SPX: the ${String(recorded.head())} records have another root than the log's head keeps`);
  expect(await isHeld(data.database)).toBe(true);
  expect(await tree.checkpoint(log)).toBeUndefined();
});

test("records that are gone from the log's end are missed by the tiles that hold their leaves, and trading is held", async () => {
  await attestedTo(start(), recorded.head());
  await stopAll();
  rmSync(folder, { recursive: true });
  await asSuperuser("DELETE FROM event_log.record WHERE position > 50", "UPDATE event_log.head SET position = 50");
  expect(await failureOf(start())).toContain(`Log SPX is at position 50, but ${String(recorded.head())} records were attested: records are missing`);
  expect(await isHeld(data.database)).toBe(true);
});

test("a fold that does not give what the writer hashed holds trading", async () => {
  const notary = start();
  await attestedTo(notary, recorded.head());
  await recorded.appendRaw({ type: "StateHashed", body: { hash: "0".repeat(64), semantics: (await foldAt({ source: reader }, log, 1)).state.facts.semantics } });
  expect(await failureOf(notary)).toContain("the state folded up to position");
  expect(await isHeld(data.database)).toBe(true);
});

test("a database that was set back in silence is found by the checkpoint outside it, and trading is held", async () => {
  await attestedTo(start(), recorded.head());
  await stopAll();
  const before = recorded.head();
  // As an older backup would be: fewer records, an older head, older tiles, no later checkpoint.
  const { rows } = await data.database.query<{ size: number }>("SELECT size FROM transparency.checkpoint LIMIT 1");
  expect(rows).toHaveLength(1);
  const older = await testDatabase();
  const shorter = await recordedLog(older.database);
  await shorter.steps(5);
  const notary = startNotary({ database: older.database, reader: createLogReader({ database: older.database, notifier: createNotifier(older.database) }), signing: signing(), build: "test", logger: silentLogger, instance: "older", leaseMs: 1_000 });
  try {
    expect(await failureOf(notary)).toContain(`is at position ${String(shorter.head())} of generation 1, but a checkpoint of ${String(before)} records of generation 1 was signed`);
    expect(await isHeld(older.database)).toBe(true);
    // A longer log of another history is found as well.
    await notary.stop();
  } finally {
    await notary.stop();
    await older.dispose();
  }
  const other = await testDatabase();
  const forked = await recordedLog(other.database, { seed: 99 });
  await forked.steps(40);
  const second = startNotary({ database: other.database, reader: createLogReader({ database: other.database, notifier: createNotifier(other.database) }), signing: signing(), build: "test", logger: silentLogger, instance: "forked", leaseMs: 1_000 });
  try {
    expect(await failureOf(second)).toContain(`the first ${String(before)} records are others now`);
  } finally {
    await second.stop();
    await other.dispose();
  }
});

test("a database that was set back, and whose next generation is ordered, is a restore: the notary waits for its writer and attests the new generation", async () => {
  await attestedTo(start(), recorded.head());
  await stopAll();
  const older = await testDatabase();
  const shorter = await recordedLog(older.database);
  await shorter.steps(5);
  expect(await orderGeneration(older.database, log, { reason: "restored_backup", actor: "actor-1" })).toBe(2);
  const notary = startNotary({ database: older.database, reader: createLogReader({ database: older.database, notifier: createNotifier(older.database) }), signing: signing(), build: "test", logger: silentLogger, instance: "restored", leaseMs: 1_000 });
  try {
    // It has looked at the log.
    await eventually(async () => (await older.database.query("SELECT FROM execution.lease WHERE name LIKE 'notary/%'")).rowCount === 1);
    const writer = createLogWriter({ database: older.database, notifier: createNotifier(older.database) });
    const { epoch, position, recordedUs } = await writer.takeOver(log);
    const content = { ...encodeRecord({ type: "GenerationRaised", body: { generation: 2, reason: "restored_backup" } }), venueTimeUs: recordedUs, recordedTimeUs: recordedUs };
    await writer.append({ log, epoch, expectedPosition: position, records: [{ content, provenance: { epoch, build: "test" } }], generation: 2, offsets: [], deadLetters: [], duplicates: 0 });
    await attestedTo(notary, position + 1);
    expect(await createTreeStore(older.database).checkpoint(log)).toMatchObject({ generation: 2, size: position + 1 });
    expect(await isHeld(older.database)).toBe(false);
  } finally {
    await notary.stop();
    await older.dispose();
  }
});
