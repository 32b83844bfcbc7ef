import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNotifier } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createLogReader, type LogReader } from "@finality/event-log";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { checkpointText, followRotations, newPrivateKeyPem, openGrowingTiles, originOf, rootOf, signerFromPem, signNote } from "@finality/transparency";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCheckpointFolder, type CheckpointFolder } from "../attested/checkpoint-folder.ts";
import { createTreeStore, type TreeStore } from "../attested/tree-store.ts";
import { createSnapshotStore } from "../snapshots/snapshot-store.ts";
import { parseDecisionProof, type DecisionProof } from "./decision-proof.ts";
import { fsckLog } from "./fsck.ts";
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
    const text = (value: Buffer): string => value.toString("base64");
    const changes: readonly ((proof: DecisionProof) => DecisionProof)[] = [
      ...proof.records.flatMap((record, place): ((proof: DecisionProof) => DecisionProof)[] => [
        (each) => ({ ...each, records: each.records.with(place, { ...record, payload: text(Buffer.from(`${Buffer.from(record.payload, "base64").toString("latin1")} `, "latin1")) }) }),
        (each) => ({ ...each, records: each.records.with(place, { ...record, provenance: text(Buffer.from('{"build":"other","epoch":1}')) }) }),
        (each) => ({ ...each, records: each.records.with(place, { ...record, recordedTimeUs: record.recordedTimeUs + 1 }) }),
        (each) => ({ ...each, records: each.records.toSpliced(place, 1) }),
      ]),
      (each) => ({ ...each, records: [...each.records, ...each.records.slice(-1)] }),
      (each) => ({ ...each, decisionId: ids[0] ?? "" }),
      (each) => ({ ...each, inputPosition: each.inputPosition - 1 }),
      (each) => ({ ...each, consistency: each.consistency.slice(1) }),
      (each) => ({ ...each, treeBefore: each.treeBefore.slice(1) }),
      (each) => ({ ...each, checkpoint: each.checkpoint.replace("desk/SPX/1", "desk/NDX/1") }),
      (each) => ({ ...each, log: "NDX" }),
      (each) => ({ ...each, snapshot: each.snapshot === null ? null : { ...each.snapshot, stateHash: "00".repeat(32) } }),
      (each) => ({ ...each, snapshot: null }),
      (each) => ({ ...each, key: signerFromPem(newPrivateKeyPem(), "desk").text }),
    ];
    expect((await verifyDecisionProof(proof)).failure).toBeUndefined();
    for (const [index, change] of changes.entries()) expect((await verifyDecisionProof(change(proof))).failure, `change ${String(index)}`).toBeDefined();
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
    const proof = await prove((await decisionIds())[0] ?? "");
    expect(await verifyDecisionProof({ ...proof, semantics: 99 })).toMatchObject({ failure: undefined, recomputed: undefined, semantics: { recorded: 99 } });
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
    expect(await fsckLog({ source: reader, tree, eras: followRotations(key, []), outside }, log)).toEqual({ log, records: recorded.head(), checkpoints: 2, findings: [] });
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

  test("a checkpoint that somebody else signed", async () => {
    const other = signerFromPem(newPrivateKeyPem(), "desk");
    expect((await fsckLog({ source: reader, tree, eras: followRotations(other, []) }, log)).findings.map(({ what }) => what)).toEqual(["checkpoint", "checkpoint"]);
  });
});
