import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredRecord } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createLogReader, type LogReader } from "@finality/event-log";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { appendLeaves, checkpointText, contentHash, emptyFrontier, followRotations, leafHash, newPrivateKeyPem, openGrowingTiles, originOf, provenanceHash, rootOf, signerFromPem, signNote } from "@finality/transparency";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCheckpointFolder, type CheckpointFolder } from "../attested/checkpoint-folder.ts";
import { createTreeStore, type TreeStore } from "../attested/tree-store.ts";
import { HistoryError } from "../errors.ts";
import type { LogSource } from "../log-source.ts";
import { createSnapshotStore } from "../snapshots/snapshot-store.ts";
import { parseDecisionProof, type DecisionProof } from "./decision-proof.ts";
import { fsckLog, type FsckDeps } from "./fsck.ts";
import { proveDecision } from "./prove-decision.ts";
import { verifyDecisionProof } from "./verify-proof.ts";

const log = "SPX";
const key = signerFromPem(newPrivateKeyPem(), "desk");
let data: TestDatabase;
let recorded: RecordedLog;
let reader: LogReader;
let tree: TreeStore;
let folder: string;
let outside: CheckpointFolder;

beforeEach(async () => {
  data = await testDatabase();
  recorded = await recordedLog(data.database);
  await recorded.steps(40);
  reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
  tree = createTreeStore(data.database);
  folder = mkdtempSync(join(tmpdir(), "finality-audit-"));
  outside = createCheckpointFolder(folder);
});

afterEach(async () => {
  await data.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Signs what the log holds now, as the notary does. */
const attest = async (): Promise<void> => {
  const growing = await openGrowingTiles(tree.readTile(log), await tree.size(log));
  const tiles = growing.append((await reader.read(log, growing.size, 10_000)).map(({ leafHash }) => leafHash));
  const [size, root] = [growing.size, rootOf(growing.frontier())];
  const note = signNote(checkpointText({ origin: originOf("desk", log, 1), size, root }), [key]);
  await tree.save(log, tiles, { log, generation: 1, size, root, note });
  await outside.keep(log, note);
};

const prove = (id: string): Promise<DecisionProof> => proveDecision({ source: reader, snapshots: createSnapshotStore(data.database), tree, key: key.text, rotations: [] }, id);

const decisionIds = async (type = "HedgeDecided"): Promise<readonly string[]> =>
  (await data.database.query<{ position: number }>("SELECT position FROM event_log.record WHERE log = $1 AND type = $2 ORDER BY position", [log, type])).rows.map(({ position }) => `${log}-1-${String(position)}`);

/** The value with one place in it changed, for each place: numbers, texts in their middle, lists without an entry and with one twice. */
function* changed(value: unknown, path = ""): Generator<readonly [path: string, changed: unknown]> {
  if (typeof value === "number") yield* [[path, value + 1], [path, value - 1]] as const;
  else if (typeof value === "string") {
    const middle = Math.floor(value.length / 2);
    for (const place of new Set([0, middle, value.length - 1])) yield [path, `${value.slice(0, place)}${value[place] === "0" ? "1" : "0"}${value.slice(place + 1)}`];
  } else if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    if (list.length > 0) yield* [[path, list.toSpliced(0, 1)], [path, list.slice(0, -1)], [path, [...list, list.at(-1)]]] as const;
    for (const [index, each] of list.entries()) for (const [inside, other] of changed(each, `${path}/${String(index)}`)) yield [inside, list.with(index, other)];
  } else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value)) for (const [inside, other] of changed(each, `${path}/${name}`)) yield [inside, { ...value, [name]: other }];
    if (path === "/snapshot") yield [path, null];
  }
}

/** No file with one place changed proves anything, whoever reads it. */
const expectNoChangeHolds = async (proof: DecisionProof, otherId: string, counts: (path: string) => boolean = () => true): Promise<void> => {
  expect((await verifyDecisionProof(proof, key.text)).failure).toBeUndefined();
  const other = { ...proof, decisionId: otherId };
  for (const [path, file] of [...changed(proof), ["/decisionId", other] as const]) {
    if (!counts(path)) continue;
    const failure = async (trusted?: string): Promise<string | undefined> => {
      try {
        return (await verifyDecisionProof(parseDecisionProof(JSON.stringify(file)), trusted)).failure;
      } catch (error) {
        if (error instanceof HistoryError && error.code === "bad_proof") return error.message;
        throw error;
      }
    };
    expect(await failure(), path).toBeDefined();
    expect(await failure(key.text), path).toBeDefined();
  }
};

describe("a proof of a decision", () => {
  test("holds by itself: attested by a signature, and decided again from the attested state", async () => {
    await attest();
    await recorded.steps(10);
    await attest();
    const ids = [...(await decisionIds()), ...(await decisionIds("HedgeRefused")), ...(await decisionIds("StateHashed"))];
    expect(ids.length).toBeGreaterThan(10);
    for (const id of ids) {
      const proof = parseDecisionProof(JSON.stringify(await prove(id)));
      const verdict = await verifyDecisionProof(proof, key.text);
      expect(verdict).toMatchObject({ decisionId: id, failure: undefined, attested: { signedBy: key.text }, recomputed: { difference: undefined } });
    }
    // Only the first ones reach back to the first record: the others begin at an attested state.
    const last = await prove(ids[12] ?? "");
    expect(last.records[0]?.type).toBe("StateHashed");
    expect(last.records.length).toBeLessThan(60);
  });

  test("fails for whoever trusts another key, and for anything in it that is changed", async () => {
    await attest();
    const ids = await decisionIds();
    const proof = await prove(ids.at(-1) ?? "");
    expect((await verifyDecisionProof(proof, signerFromPem(newPrivateKeyPem(), "desk").text)).failure).toContain("No known key");
    await expectNoChangeHolds(proof, ids[0] ?? "");
    await expectNoChangeHolds(await prove(ids[0] ?? ""), ids.at(-1) ?? "");
  });

  test("names its state: one that was forged together with its hash is not the attested one", async () => {
    await attest();
    const proof = await prove((await decisionIds()).at(-1) ?? "");
    const other = await prove((await decisionIds())[0] ?? "");
    if (proof.snapshot === null) throw new Error("the proof begins at a snapshot");
    const bytes = other.snapshot?.bytes ?? Buffer.from("none").toString("base64");
    expect((await verifyDecisionProof({ ...proof, snapshot: { ...proof.snapshot, bytes } })).failure).toContain("not the attested state");
  });

  test("of an engine of other semantics is attested, and not decided again", async () => {
    await attest();
    await recorded.appendRaw({ type: "WriterStarted", body: { semantics: 99 } });
    const before = recorded.head();
    while ((await decisionIds()).every((id) => Number(id.split("-").at(-1)) <= before)) await recorded.step();
    await attest();
    const ids = await decisionIds();
    const proof = await prove(ids.at(-1) ?? "");
    expect(await verifyDecisionProof(proof)).toMatchObject({ failure: undefined, recomputed: undefined, semantics: { recorded: 99 } });
    // Of the state only the hash is attested, which this engine cannot compute.
    await expectNoChangeHolds(proof, ids[0] ?? "", (path) => path !== "/snapshot/bytes");
    // No leaf covers a generation: not even one that is changed everywhere holds.
    const raised = { ...proof, decisionId: proof.decisionId.replace("-1-", "-2-"), snapshot: proof.snapshot && { ...proof.snapshot, generation: 2 }, records: proof.records.map((record) => ({ ...record, generation: 2 })) };
    expect((await verifyDecisionProof(raised)).failure).toContain("later generation");
  });

  test("is not made of what is no decision, not there, or not signed yet", async () => {
    await expect(prove((await decisionIds())[0] ?? "")).rejects.toMatchObject({ code: "not_attested" });
    await attest();
    await expect(prove("SPX-1-1")).rejects.toMatchObject({ code: "not_in_log", message: expect.stringContaining("LogOpened: an input") });
    await expect(prove("SPX-2-22")).rejects.toMatchObject({ code: "not_in_log" });
    await expect(prove("SPX-1-99999")).rejects.toMatchObject({ code: "not_in_log" });
    await expect(prove("NDX-1-1")).rejects.toMatchObject({ code: "unknown_log" });
    await expect(prove("what")).rejects.toMatchObject({ code: "not_in_log" });
    for (const text of ["", "{}", '{"format":"finality-decision-proof/1"}', "[1]"]) expect(() => parseDecisionProof(text)).toThrow(expect.objectContaining({ code: "bad_proof" }));
  });
});

describe("a walk over an archive, which ends before its log", () => {
  const reading = (change: (record: StoredRecord) => StoredRecord, head: number): LogSource => ({
    head: async () => {
      const leaves = (await reader.read(log, 0, head)).map((record) => Buffer.from(change(record).leafHash));
      return { generation: 1, position: head, root: rootOf(appendLeaves(emptyFrontier, leaves)) };
    },
    read: async (_log, after, limit) => (await reader.read(log, after, Math.min(limit, head - after))).map(change),
  });
  const walk = (source: LogSource, changes: Partial<FsckDeps> = {}) => fsckLog({ source, isBeginning: true, tree, eras: followRotations(key, []), ...changes }, log);
  /** As somebody forges a record who knows how hashes are made. */
  const forged = (record: StoredRecord): StoredRecord => {
    if (record.position !== 30) return record;
    const changed = { ...record, recordedTimeUs: record.recordedTimeUs + 1 };
    const content = contentHash(changed);
    return { ...changed, contentHash: content, leafHash: leafHash(content, provenanceHash(changed.provenance)) };
  };
  const noTree: FsckDeps["tree"] = { size: async () => 0, readTile: () => async () => undefined, checkpoint: async () => undefined, checkpoints: async () => [] };
  const same = (record: StoredRecord): StoredRecord => record;

  test("holds what it has against every tree that was signed of more records", async () => {
    await attest();
    await recorded.steps(5);
    await attest();
    for (const head of [1, 31, 60, recorded.head() - 1, recorded.head()]) {
      expect(await walk(reading(same, head))).toMatchObject({ records: head, attested: head, findings: [] });
    }
    for (const head of [31, recorded.head() - 1]) expect((await walk(reading(forged, head))).findings.map(({ what }) => what)).toEqual(expect.arrayContaining(["tile", "checkpoint"]));
  });

  test("has the checkpoint kept outside alone where there is no database, and shows nothing with one of more records", async () => {
    await attest();
    const size = recorded.head();
    await recorded.steps(5);
    expect(await walk(reading(same, recorded.head()), { tree: noTree, outside })).toMatchObject({ attested: size, findings: [] });
    expect((await walk(reading(forged, recorded.head()), { tree: noTree, outside })).findings).toMatchObject([{ what: "outside" }]);
    expect((await walk(reading(same, size - 1), { tree: noTree, outside })).findings).toMatchObject([{ what: "checkpoint", says: expect.stringContaining("no checkpoint confirms any of the") }]);
  });
});

const asSuperuser = async (...statements: readonly string[]): Promise<void> => {
  await data.database.transaction(async (client) => {
    await client.query("ALTER TABLE event_log.record DISABLE TRIGGER USER");
    for (const statement of statements) await client.query(statement);
    await client.query("ALTER TABLE event_log.record ENABLE TRIGGER USER");
  });
};

/** Whatever the walk finds, a missing record included. */
const found = async (): Promise<readonly string[]> => {
  try {
    return (await fsckLog({ source: reader, tree, eras: followRotations(key, []), outside }, log)).findings.map(({ what }) => what);
  } catch (error) {
    return [error instanceof Error && "code" in error ? String(error.code) : "unknown"];
  }
};

describe("what a superuser does to a log is found", () => {
  beforeEach(async () => {
    await attest();
    await recorded.steps(5);
    await attest();
  });

  test("nothing, where nothing was done", async () => {
    expect(await fsckLog({ source: reader, tree, eras: followRotations(key, []), outside }, log)).toEqual({ log, records: recorded.head(), checkpoints: 2, attested: recorded.head(), findings: [] });
  });

  test.each([
    ["editing a payload", ["record"], [`UPDATE event_log.record SET payload = payload || ' ' WHERE log = 'SPX' AND position = 30`]],
    ["editing a provenance", ["record"], [`UPDATE event_log.record SET provenance = '{"build":"other","epoch":1}' WHERE log = 'SPX' AND position = 30`]],
    ["editing a generation", ["generation"], [`UPDATE event_log.record SET generation = 2 WHERE log = 'SPX' AND position = 30`]],
    [
      "putting another record in its place, with hashes that agree",
      ["tile", "root", "checkpoint", "outside"],
      [
        `UPDATE event_log.record t SET (type, version, venue_us, recorded_us, payload, provenance, content_hash, leaf_hash) =
           (SELECT type, version, venue_us, recorded_us, payload, provenance, content_hash, leaf_hash FROM event_log.record WHERE log = 'SPX' AND position = 40) WHERE log = 'SPX' AND position = 41`,
      ],
    ],
    ["dropping a record in the middle", ["hole"], [`DELETE FROM event_log.record WHERE log = 'SPX' AND position = 30`]],
    ["dropping the last records and setting the head back", ["root"], [`DELETE FROM event_log.record WHERE log = 'SPX' AND position > 60`, `UPDATE event_log.head SET position = 60 WHERE log = 'SPX'`]],
    [
      "exchanging two records",
      ["order"],
      [
        `UPDATE event_log.record SET position = 900001 WHERE log = 'SPX' AND position = 20`,
        `UPDATE event_log.record SET position = 20 WHERE log = 'SPX' AND position = 60`,
        `UPDATE event_log.record SET position = 60 WHERE log = 'SPX' AND position = 900001`,
      ],
    ],
    ["inserting a record at the end", ["root"], [`INSERT INTO event_log.record SELECT log, position + 1, generation, type, version, venue_us, recorded_us, payload, provenance, content_hash, leaf_hash FROM event_log.record WHERE log = 'SPX' AND position = (SELECT position FROM event_log.head WHERE log = 'SPX')`, `UPDATE event_log.head SET position = position + 1 WHERE log = 'SPX'`]],
    ["changing a tile", ["tile"], [`UPDATE transparency.tile SET hashes = set_byte(hashes, 40, (get_byte(hashes, 40) + 1) % 256) WHERE log = 'SPX' AND level = 0 AND "index" = 0`]],
  ])("%s", async (name, expected, statements) => {
    await asSuperuser(...statements);
    const findings = await found();
    expect(findings, name).toEqual(expect.arrayContaining(expected));
  });

  test("an older state of the whole database, by the checkpoint outside it", async () => {
    const older = await testDatabase();
    const shorter = await recordedLog(older.database);
    await shorter.steps(3);
    try {
      const source = createLogReader({ database: older.database, notifier: createNotifier(older.database) });
      expect((await fsckLog({ source, tree: createTreeStore(older.database), eras: followRotations(key, []), outside }, log)).findings).toMatchObject([{ what: "outside", says: expect.stringContaining("an older database was put in its place") }]);
    } finally {
      await older.dispose();
    }
  });

  test("deleting every checkpoint: nothing is shown of a log that nobody signed", async () => {
    await data.database.query("ALTER TABLE transparency.checkpoint DISABLE TRIGGER USER; DELETE FROM transparency.checkpoint; ALTER TABLE transparency.checkpoint ENABLE TRIGGER USER");
    expect(await fsckLog({ source: reader, tree, eras: followRotations(key, []) }, log)).toMatchObject({ attested: 0, findings: [{ what: "checkpoint", says: expect.stringContaining("is not shown") }] });
  });

  test("a checkpoint that somebody else signed", async () => {
    const other = signerFromPem(newPrivateKeyPem(), "desk");
    expect((await fsckLog({ source: reader, tree, eras: followRotations(other, []) }, log)).findings.map(({ what }) => what)).toEqual(["checkpoint", "checkpoint"]);
  });
});
