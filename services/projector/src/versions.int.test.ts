import { recordedLog } from "@finality/desk-log";
import { semantics } from "@finality/engine";
import { createLogReader } from "@finality/event-log";
import { createSnapshotStore, foldAt, takeSnapshot } from "@finality/history";
import { beginVersion, dropVersion, skipRecord, switchVersion, versionsOf, type ReadModelVersion } from "@finality/read-models";
import { eventually, testDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareReadModels, compareVersions, type VersionVerdict } from "./compare.ts";
import { startProjector } from "./projector.ts";
import { projecting, servingOf, versionOf, type Projecting } from "./testing/projecting.ts";

let desk: Projecting;

beforeAll(async () => { desk = await projecting(); });
afterAll(() => desk.server.dispose());

const differencesOf = (log: string) => compareReadModels({ reader: desk.reader, database: desk.server.database }, log);

const rowsIn = ({ differences }: VersionVerdict) => {
  if (typeof differences === "string") throw new Error(differences);
  return differences;
};

const actor = "operator";
const begin = (log: string): Promise<number> => beginVersion(desk.server.database, { log, semantics, switchesItself: false, actor });
const isAt = (log: string, version: number, position: number) => async (): Promise<boolean> => (await versionOf(desk.server.database, log, version))?.checkpoint?.position === position;
const compared = async (log: string, from: number, to: number) => {
  const versions = await versionsOf(desk.server.database, log);
  const [one, other] = [from, to].map((version) => versions.find((each) => each.version === version));
  if (one === undefined || other === undefined) throw new Error("no such versions");
  return compareVersions({ reader: desk.reader, database: desk.server.database }, one, other);
};

test("a new one is built beside while the old one serves, and takes its place while the log goes on", async () => {
  const { log, head, steps } = await recordedLog(desk.server.database, { log: "NEXT", seed: 31 });
  await steps(10);
  await desk.running({}, async (projector) => {
    await projector.caughtUp(log, head());
    // What a bug had written: the rebuild repairs it.
    await desk.server.database.query("UPDATE projection.book SET account = 'wrong' WHERE log = $1 AND book = 'unhedged'", [log]);
    expect(await begin(log)).toBe(2);
    const going = steps(20);
    await eventually(async () => (await versionOf(desk.server.database, log, 2))?.checkpoint !== undefined);
    expect((await servingOf(desk.server.database, log))?.version).toBe(1);
    await going;
    await eventually(isAt(log, 2, head()));
    const verdict = await compared(log, 1, 2);
    expect(verdict.to).toMatchObject({ version: 2, differences: [], position: head() });
    expect(rowsIn(verdict.from).map(({ table, key }) => `${table} ${key}`)).toEqual(["books unhedged"]);
    await switchVersion(desk.server.database, { log, version: 2 }, { actor });
    await steps(3);
    await projector.caughtUp(log, head());
    expect(await differencesOf(log)).toEqual([]);
    // The old one is kept up as well, so that it can serve again.
    await eventually(isAt(log, 1, head()));
    await switchVersion(desk.server.database, { log, version: 1 }, { actor });
    await dropVersion(desk.server.database, { log, version: 2 }, { actor });
    await steps(3);
    await projector.caughtUp(log, head());
    expect((await versionsOf(desk.server.database, log)).map(({ version }) => version)).toEqual([1]);
  });
});

test("a comparison says which of two is not as the log says, decisions included", async () => {
  const { log, head, steps } = await recordedLog(desk.server.database, { log: "EITHER", seed: 32 });
  await steps(10);
  await begin(log).then(() => begin(log));
  await desk.running({}, async (projector) => {
    await projector.caughtUp(log, head());
    await eventually(isAt(log, 2, head()));
  });
  expect(await compared(log, 1, 2)).toMatchObject({ from: { differences: [] }, to: { differences: [] }, unequalDecisions: 0 });
  const { rows } = await desk.server.database.query<{ position: number }>("DELETE FROM projection.decision WHERE log = $1 AND version = 2 AND position = (SELECT max(position) FROM projection.decision WHERE log = $1) RETURNING position::int8", [log]);
  await desk.server.database.query("UPDATE projection.greeks SET gamma = 7 WHERE log = $1 AND version = 1 AND book = 'scalper'", [log]);
  const { from, to, unequalDecisions } = await compared(log, 1, 2);
  expect(unequalDecisions).toBe(1);
  expect(rowsIn(from).map(({ table, key }) => `${table} ${key}`)).toEqual(["greeks scalper"]);
  expect(rowsIn(to).map(({ table, key, found }) => [table, key, found])).toEqual([["decisions", String(rows[0]?.position), undefined]]);
  expect(to.stateHash).toBe(from.stateHash);
});

test("rows that PostgreSQL refuses stop one version alone, which names the record and goes on behind it when it is skipped", async () => {
  const { log, head, steps } = await recordedLog(desk.server.database, { log: "REFUSED", seed: 33 });
  await steps(8);
  await desk.running({}, (projector) => projector.caughtUp(log, head()));
  const { rows } = await desk.server.database.query<{ position: number }>("SELECT position::int8 FROM projection.decision WHERE log = $1 AND type = 'HedgeDecided' ORDER BY position OFFSET 1 LIMIT 1", [log]);
  const position = rows[0]?.position ?? 0;
  await desk.server.database.query(`ALTER TABLE projection.decision ADD CONSTRAINT no_such_row CHECK (NOT (log = 'REFUSED' AND version = 2 AND position = ${String(position)})) NOT VALID`);
  const stopped: string[] = [];
  try {
    await begin(log);
    await desk.running({ onStopped: (name, error) => { if (name === log) stopped.push(String(error)); } }, async (projector) => {
      await eventually(async () => (await versionOf(desk.server.database, log, 2))?.failure !== undefined);
      const failed = await versionOf(desk.server.database, log, 2);
      expect(failed).toMatchObject({ checkpoint: { position: position - 1 }, failure: { position, reason: expect.stringContaining("no_such_row") } });
      expect(stopped).toEqual([expect.stringContaining(`stops at position ${String(position)} (HedgeDecided): its rows cannot be written`)]);
      // The one that serves is not concerned.
      await steps(3);
      await projector.caughtUp(log, head());
      expect(projector.standing().find((each) => each.log === log)?.error).toBeUndefined();
      await skipRecord(desk.server.database, { log, version: 2 }, { position, reason: "known_bug", actor });
      await eventually(isAt(log, 2, head()));
    });
    expect(await versionOf(desk.server.database, log, 2)).toMatchObject({ failure: undefined, skipped: [position] });
    // Restarted it passes over the record again, and is what a fold without that record shows.
    await desk.running({}, async () => {
      await steps(3);
      await eventually(isAt(log, 2, head()));
    });
    const { to } = await compared(log, 1, 2);
    expect(rowsIn(to).map(({ table, key }) => `${table} ${key}`)).toContain(`decisions ${String(position)}`);
    await switchVersion(desk.server.database, { log, version: 2 }, { actor });
    expect(await differencesOf(log)).toEqual([]);
  } finally {
    await desk.server.database.query("ALTER TABLE projection.decision DROP CONSTRAINT no_such_row");
  }
});

test("a state hash that is not its own is skipped like any record, and hashes are not compared behind it", async () => {
  const { log, head, steps, appendRaw } = await recordedLog(desk.server.database, { log: "HASHED", seed: 34 });
  await desk.running({ onStopped: () => undefined }, async (projector) => {
    await projector.caughtUp(log, head());
    await appendRaw({ type: "StateHashed", body: { hash: "0".repeat(64), semantics } });
    const failed = head();
    await eventually(async () => (await versionOf(desk.server.database, log, 1))?.failure?.position === failed);
    await skipRecord(desk.server.database, { log, version: 1 }, { position: failed, reason: "known_bug", actor });
    await steps(10);
    await eventually(isAt(log, 1, head()));
    await projector.caughtUp(log, head());
    expect((await versionOf(desk.server.database, log, 1))?.failure).toBeUndefined();
  });
});

test.each([["other columns", "shape = 999"], ["another engine", "semantics = 0"]])("a new release with %s builds its own beside the old one's and serves it as soon as it has caught up", async (_what, old) => {
  const { log, head, steps } = await recordedLog(desk.server.database, { log: `RELEASED-${old.length}`, seed: 35 });
  await steps(5);
  await desk.running({}, (projector) => projector.caughtUp(log, head()));
  await desk.server.database.query(`UPDATE projection.version SET ${old} WHERE log = $1`, [log]);
  await desk.running({}, async (projector) => {
    await eventually(async () => (await servingOf(desk.server.database, log))?.version === 2);
    await steps(3);
    await projector.caughtUp(log, head());
  });
  expect(await differencesOf(log)).toEqual([]);
  expect((await versionsOf(desk.server.database, log)).map(({ version, isServing, switchesItself }) => [version, isServing, switchesItself])).toEqual([[1, false, false], [2, true, false]]);
  // Back on the old release's rows by an operator's choice, this release does not take the place again.
  await desk.server.database.query("UPDATE projection.version SET position = $2 WHERE log = $1 AND version = 1", [log, head()]);
  await switchVersion(desk.server.database, { log, version: 1 }, { actor });
  await desk.running({}, async () => {
    await steps(2);
    await eventually(isAt(log, 2, head()));
  });
  expect((await servingOf(desk.server.database, log))?.version).toBe(1);
});

test("of a log that lost records, after a restore, a new one takes the place of what was made from them", async () => {
  const { log, head, steps } = await recordedLog(desk.server.database, { log: "SHORTER", seed: 37 });
  await steps(3);
  await desk.running({ onStopped: () => undefined }, async (projector) => {
    await projector.caughtUp(log, head());
    await desk.server.database.query("UPDATE projection.version SET position = position + 5 WHERE log = $1", [log]);
    await begin(log);
    await eventually(isAt(log, 2, head()));
    const verdict = await compared(log, 1, 2);
    expect(verdict.from.differences).toContain("which the log has lost");
    expect(verdict.to.differences).toEqual([]);
    await switchVersion(desk.server.database, { log, version: 2 }, { actor });
    await steps(2);
    // The projector may still take version 1, which stops here, for the one that serves.
    await eventually(isAt(log, 2, head()));
  });
  expect(await differencesOf(log)).toEqual([]);
});

test("of a log whose first records left for the archive a new one begins at a snapshot, with the decisions that were there", async () => {
  const own = await testDatabase();
  try {
    const { log, head, steps } = await recordedLog(own.database, { seed: 36 });
    const ownReader = createLogReader({ database: own.database, pollMs: 20 });
    const snapshots = createSnapshotStore(own.database);
    const deps = { reader: ownReader, database: own.database, snapshots, paceMs: 0 };
    await steps(10);
    const { state } = await foldAt({ source: ownReader }, log, head());
    const [record] = await ownReader.read(log, head() - 1, 1);
    await snapshots.put(await takeSnapshot(state, { leafHash: record?.leafHash ?? new Uint8Array(), build: "test" }));
    await steps(5);
    const projector = await startProjector(deps);
    await projector.caughtUp(log, head());
    // What a detached partition leaves behind, as the reader: desk.reader sees it.
    await own.database.query("UPDATE event_log.record_partition SET last_position = 20, detached_at = now() WHERE log = $1", [log]);
    const version = await beginVersion(own.database, { log, semantics, switchesItself: false, actor });
    const found = async (): Promise<ReadModelVersion | undefined> => (await versionsOf(own.database, log)).find((each) => each.version === version);
    await eventually(async () => (await found())?.checkpoint?.position === head());
    expect((await found())?.adopted).toBeGreaterThan(20);
    const [one, other] = await versionsOf(own.database, log);
    if (one === undefined || other === undefined) throw new Error("no such versions");
    expect(await compareVersions(deps, one, other)).toMatchObject({ from: { differences: [] }, to: { differences: [] }, unequalDecisions: 0 });
    const count = await own.database.query("SELECT version, count(*)::int FROM projection.decision GROUP BY version ORDER BY version");
    expect(count.rows[0]).toMatchObject({ version: 1, count: (count.rows[1] as { count: number }).count });
    await projector.stop();
  } finally {
    await own.dispose();
  }
});
