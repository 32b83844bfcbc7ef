import { openDatabase, type Database } from "@finality/database";
import { recordedLog } from "@finality/desk-log";
import { semantics } from "@finality/engine";
import { createLogReader, type LogReader } from "@finality/event-log";
import { createSnapshotStore, foldAt, takeSnapshot } from "@finality/history";
import { beginVersion, dropVersion, skipRecord, switchVersion, versionsOf, type Checkpoint, type ReadModelVersion } from "@finality/read-models";
import type { Queryable } from "@finality/database";
import { databaseGate, eventually, privatePostgres, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareReadModels, compareVersions, computeReadModels, type VersionVerdict } from "./compare.ts";
import { startProjector, type Projector, type ProjectorDeps } from "./projector.ts";

let server: TestDatabase;
let reader: LogReader;

beforeAll(async () => {
  server = await testDatabase();
  reader = createLogReader({ database: server.database, pollMs: 20 });
});

afterAll(() => server.dispose());

const running = async (deps: Partial<ProjectorDeps>, work: (projector: Projector) => Promise<void>): Promise<void> => {
  const projector = await startProjector({ reader, database: server.database, paceMs: 0, ...deps });
  try {
    await work(projector);
  } finally {
    await projector.stop();
  }
};

const versionOf = async (log: string, version: number): Promise<ReadModelVersion | undefined> => (await versionsOf(server.database, log)).find((each) => each.version === version);
const servingOf = async (database: Queryable, log: string): Promise<ReadModelVersion | undefined> => (await versionsOf(database, log)).find(({ isServing }) => isServing);
/** Of the version that serves. */
const readCheckpoint = async (database: Queryable, log: string): Promise<Checkpoint | undefined> => (await servingOf(database, log))?.checkpoint;

const differencesOf = (log: string) => compareReadModels({ reader, database: server.database }, log);

test("follows every log, also one that is opened later, and shows what a straight fold shows", async () => {
  const first = await recordedLog(server.database, { log: "FIRST", seed: 11 });
  await running({}, async (projector) => {
    await first.steps(10);
    const second = await recordedLog(server.database, { log: "SECOND", seed: 12 });
    await second.steps(15);
    for (const { log, head } of [first, second]) await projector.caughtUp(log, head());
    for (const { log, head } of [first, second]) {
      expect((await readCheckpoint(server.database, log))?.position).toBe(head());
      expect(await differencesOf(log)).toEqual([]);
      const { rows } = await computeReadModels(reader, log);
      expect(rows.books.map(({ book }) => book)).toEqual(["scalper", "unhedged"]);
      expect(rows.orders.filter(({ state, averagePrice }) => state === "accepted" && averagePrice !== null).length).toBeGreaterThan(0);
      expect(rows.decisions.filter(({ type }) => type === "StateHashed").length).toBeGreaterThan(0);
    }
  });
});

test("the comparison with a rebuild sees a changed, a missing and an additional row", async () => {
  const { log, head, steps } = await recordedLog(server.database, { log: "COMPARED" });
  await steps(5);
  await running({}, (projector) => projector.caughtUp(log, head()));
  await server.database.query("UPDATE read_model.pnl SET net_pnl = '1' WHERE log = $1 AND book = 'scalper'", [log]);
  await server.database.query("DELETE FROM read_model.position WHERE log = $1 AND book = 'unhedged' AND instrument = 'P3700'", [log]);
  await server.database.query("INSERT INTO projection.decision (log, version, position, type, recorded_us, body) VALUES ($1, 1, 999999, 'StateHashed', 0, '{}')", [log]);
  expect((await differencesOf(log)).map(({ table, key }) => `${table} ${key}`)).toEqual(["positions unhedged P3700", "pnl scalper", "decisions 999999"]);
});

test("restarted in the middle it goes on behind its checkpoint and shows what a straight fold shows", async () => {
  const { log, head, steps } = await recordedLog(server.database, { log: "RESTARTED", seed: 5 });
  for (let run = 0; run < 4; run += 1) {
    await running({}, async (projector) => {
      await steps(6);
      await projector.caughtUp(log, head());
    });
    await steps(3);
  }
  await running({}, (projector) => projector.caughtUp(log, head()));
  expect(await differencesOf(log)).toEqual([]);
});

test("a projector that ends within a batch leaves neither rows nor checkpoint of it", async () => {
  const { log, head, steps } = await recordedLog(server.database, { log: "KILLED" });
  await running({}, (projector) => projector.caughtUp(log, head()));
  const before = await readCheckpoint(server.database, log);
  const stopped: string[] = [];
  await steps(10);
  const faults = {
    passing: (point: string): void => {
      throw new Error(`died at ${point}`);
    },
  };
  await running({ faults, onStopped: (name, error) => stopped.push(`${name}: ${String(error)}`) }, async (projector) => {
    await expect(projector.caughtUp(log, head())).rejects.toThrow("died at projector-batch");
  });
  expect(stopped).toEqual(["KILLED: Error: died at projector-batch"]);
  expect(await readCheckpoint(server.database, log)).toEqual(before);
  expect(await differencesOf(log)).toEqual([]);

  await running({}, (projector) => projector.caughtUp(log, head()));
  expect(await differencesOf(log)).toEqual([]);
});

test("a recorded state hash that is not its own stops this projection by name, the others go on", async () => {
  const bad = await recordedLog(server.database, { log: "BAD", seed: 3 });
  const good = await recordedLog(server.database, { log: "GOOD", seed: 4 });
  const honest = bad.head();
  await running({ onStopped: () => undefined }, async (projector) => {
    await projector.caughtUp(bad.log, honest);
    await bad.appendRaw({ type: "StateHashed", body: { hash: "0".repeat(64), semantics } });
    await good.steps(3);
    await projector.caughtUp(good.log, good.head());
    await expect(projector.caughtUp(bad.log, bad.head())).rejects.toMatchObject({
      code: "state_hash_mismatch",
      message: expect.stringContaining(`log BAD stops at position ${String(honest + 1)}`),
    });
    expect(projector.standing().find(({ log }) => log === "BAD")).toMatchObject({ checkpoint: { position: honest }, error: { code: "state_hash_mismatch" } });
  });
  expect((await readCheckpoint(server.database, "BAD"))?.position).toBe(honest);
});

test("a hash of other semantics is not compared", async () => {
  const { log, head, appendRaw } = await recordedLog(server.database, { log: "OTHER" });
  await appendRaw({ type: "StateHashed", body: { hash: "0".repeat(64), semantics: 999 } });
  await running({ onStopped: () => undefined }, (projector) => projector.caughtUp(log, head()));
});

test("read models of another generation, or beyond the log's end, stop the projection by name", async () => {
  for (const [log, change, text] of [
    ["RESTORED", "generation = 2", "generation 2"],
    ["LOST", "position = position + 1", "has lost records"],
  ] as const) {
    const { head } = await recordedLog(server.database, { log });
    await running({ onStopped: () => undefined }, (projector) => projector.caughtUp(log, head()));
    await server.database.query(`UPDATE projection.version SET ${change} WHERE log = $1`, [log]);
    await running({ onStopped: () => undefined }, async (projector) => {
      await expect(projector.caughtUp(log, head() + 2)).rejects.toMatchObject({ code: "checkpoint_not_in_log", message: expect.stringContaining(text) });
    });
    expect((await versionOf(log, 1))?.failure).toMatchObject({ position: undefined, reason: expect.stringContaining(text) });
  }
});

describe("of two projectors one works on a log", () => {
  const leaseMs = 1_000;
  /** One as another process has it: nothing but the database is shared. */
  const startOn = async (url: string, instance: string) => {
    const [gate, database] = [databaseGate(), openDatabase(url, { applicationName: instance, max: 4 })];
    const [gated, stopped]: [Database, unknown[]] = [gate.before(database), []];
    const own = createLogReader({ database: gated, pollMs: 20 });
    const projector = await startProjector({ reader: own, database: gated, paceMs: 0, instance, leaseMs, onStopped: (_log, error) => stopped.push(error) });
    const stop = async (): Promise<void> => {
      gate.open();
      await projector.stop();
      await database.close();
    };
    return { gate, database, stopped, stop, isActive: () => projector.standing().some(({ isActive }) => isActive) };
  };

  test.each(["stopped", "killed", "hung"] as const)("and the other takes over when it was %s", async (end) => {
    const shared = await testDatabase();
    const { log, head, steps } = await recordedLog(shared.database, { seed: 8 });
    const shown = async (): Promise<void> => {
      await steps(5);
      await eventually(async () => (await readCheckpoint(shared.database, log))?.position === head());
      expect(await compareReadModels({ reader: createLogReader({ database: shared.database }), database: shared.database }, log)).toEqual([]);
    };
    const one = await startOn(shared.url, "one");
    await shown();
    expect(one.isActive()).toBe(true);
    const two = await startOn(shared.url, "two");
    await shown();
    expect([one.isActive(), two.isActive()]).toEqual([true, false]);
    if (end === "stopped") await one.stop();
    else if (end === "killed") await one.database.close();
    else one.gate.shut();
    await shown();
    expect(two.isActive()).toBe(true);
    one.gate.open();
    await shown();
    expect(two.stopped).toEqual([]);
    if (end !== "killed") expect(one.stopped).toEqual([]);
    await Promise.all([one.stop(), two.stop()]);
    await shared.dispose();
  });

  test("and steps back when somebody else wrote meanwhile, to begin again from there", async () => {
    const { log, head, steps } = await recordedLog(server.database, { log: "FENCED", seed: 9 });
    await running({ onStopped: () => undefined }, async (projector) => {
      await projector.caughtUp(log, head());
      // As another projector that thinks it holds the log: the rows of the last record are then written once more.
      await server.database.query("UPDATE projection.version SET position = position - 1 WHERE log = $1", [log]);
      await steps(5);
      await projector.caughtUp(log, head());
      expect(projector.standing().find((each) => each.log === log)?.error).toBeUndefined();
    });
    expect(await differencesOf(log)).toEqual([]);
  });
});

const rowsIn = ({ differences }: VersionVerdict) => {
  if (typeof differences === "string") throw new Error(differences);
  return differences;
};

describe("versions", () => {
  const actor = "operator";
  const begin = (log: string): Promise<number> => beginVersion(server.database, { log, semantics, switchesItself: false, actor });
  const isAt = (log: string, version: number, position: number) => async (): Promise<boolean> => (await versionOf(log, version))?.checkpoint?.position === position;
  const compared = async (log: string, from: number, to: number) => {
    const versions = await versionsOf(server.database, log);
    const [one, other] = [from, to].map((version) => versions.find((each) => each.version === version));
    if (one === undefined || other === undefined) throw new Error("no such versions");
    return compareVersions({ reader, database: server.database }, one, other);
  };

  test("a new one is built beside while the old one serves, and takes its place while the log goes on", async () => {
    const { log, head, steps } = await recordedLog(server.database, { log: "NEXT", seed: 31 });
    await steps(10);
    await running({}, async (projector) => {
      await projector.caughtUp(log, head());
      // What a bug had written: the rebuild repairs it.
      await server.database.query("UPDATE projection.book SET account = 'wrong' WHERE log = $1 AND book = 'unhedged'", [log]);
      expect(await begin(log)).toBe(2);
      const going = steps(20);
      await eventually(async () => (await versionOf(log, 2))?.checkpoint !== undefined);
      expect((await servingOf(server.database, log))?.version).toBe(1);
      await going;
      await eventually(isAt(log, 2, head()));
      const verdict = await compared(log, 1, 2);
      expect(verdict.to).toMatchObject({ version: 2, differences: [], position: head() });
      expect(rowsIn(verdict.from).map(({ table, key }) => `${table} ${key}`)).toEqual(["books unhedged"]);
      await switchVersion(server.database, { log, version: 2 }, { actor });
      await steps(3);
      await projector.caughtUp(log, head());
      expect(await differencesOf(log)).toEqual([]);
      // The old one is kept up as well, so that it can serve again.
      await eventually(isAt(log, 1, head()));
      await switchVersion(server.database, { log, version: 1 }, { actor });
      await dropVersion(server.database, { log, version: 2 }, { actor });
      await steps(3);
      await projector.caughtUp(log, head());
      expect((await versionsOf(server.database, log)).map(({ version }) => version)).toEqual([1]);
    });
  });

  test("a comparison says which of two is not as the log says, decisions included", async () => {
    const { log, head, steps } = await recordedLog(server.database, { log: "EITHER", seed: 32 });
    await steps(10);
    await begin(log).then(() => begin(log));
    await running({}, async (projector) => {
      await projector.caughtUp(log, head());
      await eventually(isAt(log, 2, head()));
    });
    expect(await compared(log, 1, 2)).toMatchObject({ from: { differences: [] }, to: { differences: [] }, unequalDecisions: 0 });
    const { rows } = await server.database.query<{ position: number }>("DELETE FROM projection.decision WHERE log = $1 AND version = 2 AND position = (SELECT max(position) FROM projection.decision WHERE log = $1) RETURNING position::int8", [log]);
    await server.database.query("UPDATE projection.greeks SET gamma = 7 WHERE log = $1 AND version = 1 AND book = 'scalper'", [log]);
    const { from, to, unequalDecisions } = await compared(log, 1, 2);
    expect(unequalDecisions).toBe(1);
    expect(rowsIn(from).map(({ table, key }) => `${table} ${key}`)).toEqual(["greeks scalper"]);
    expect(rowsIn(to).map(({ table, key, found }) => [table, key, found])).toEqual([["decisions", String(rows[0]?.position), undefined]]);
    expect(to.stateHash).toBe(from.stateHash);
  });

  test("rows that PostgreSQL refuses stop one version alone, which names the record and goes on behind it when it is skipped", async () => {
    const { log, head, steps } = await recordedLog(server.database, { log: "REFUSED", seed: 33 });
    await steps(8);
    await running({}, (projector) => projector.caughtUp(log, head()));
    const { rows } = await server.database.query<{ position: number }>("SELECT position::int8 FROM projection.decision WHERE log = $1 AND type = 'HedgeDecided' ORDER BY position OFFSET 1 LIMIT 1", [log]);
    const position = rows[0]?.position ?? 0;
    await server.database.query(`ALTER TABLE projection.decision ADD CONSTRAINT no_such_row CHECK (NOT (log = 'REFUSED' AND version = 2 AND position = ${String(position)})) NOT VALID`);
    const stopped: string[] = [];
    try {
      await begin(log);
      await running({ onStopped: (name, error) => { if (name === log) stopped.push(String(error)); } }, async (projector) => {
        await eventually(async () => (await versionOf(log, 2))?.failure !== undefined);
        const failed = await versionOf(log, 2);
        expect(failed).toMatchObject({ checkpoint: { position: position - 1 }, failure: { position, reason: expect.stringContaining("no_such_row") } });
        expect(stopped).toEqual([expect.stringContaining(`stops at position ${String(position)} (HedgeDecided): its rows cannot be written`)]);
        // The one that serves is not concerned.
        await steps(3);
        await projector.caughtUp(log, head());
        expect(projector.standing().find((each) => each.log === log)?.error).toBeUndefined();
        await skipRecord(server.database, { log, version: 2 }, { position, reason: "known_bug", actor });
        await eventually(isAt(log, 2, head()));
      });
      expect(await versionOf(log, 2)).toMatchObject({ failure: undefined, skipped: [position] });
      // Restarted it passes over the record again, and is what a fold without that record shows.
      await running({}, async () => {
        await steps(3);
        await eventually(isAt(log, 2, head()));
      });
      const { to } = await compared(log, 1, 2);
      expect(rowsIn(to).map(({ table, key }) => `${table} ${key}`)).toContain(`decisions ${String(position)}`);
      await switchVersion(server.database, { log, version: 2 }, { actor });
      expect(await differencesOf(log)).toEqual([]);
    } finally {
      await server.database.query("ALTER TABLE projection.decision DROP CONSTRAINT no_such_row");
    }
  });

  test("a state hash that is not its own is skipped like any record, and hashes are not compared behind it", async () => {
    const { log, head, steps, appendRaw } = await recordedLog(server.database, { log: "HASHED", seed: 34 });
    await running({ onStopped: () => undefined }, async (projector) => {
      await projector.caughtUp(log, head());
      await appendRaw({ type: "StateHashed", body: { hash: "0".repeat(64), semantics } });
      const failed = head();
      await eventually(async () => (await versionOf(log, 1))?.failure?.position === failed);
      await skipRecord(server.database, { log, version: 1 }, { position: failed, reason: "known_bug", actor });
      await steps(10);
      await eventually(isAt(log, 1, head()));
      await projector.caughtUp(log, head());
      expect((await versionOf(log, 1))?.failure).toBeUndefined();
    });
  });

  test.each([["other columns", "shape = 999"], ["another engine", "semantics = 0"]])("a new release with %s builds its own beside the old one's and serves it as soon as it has caught up", async (_what, old) => {
    const { log, head, steps } = await recordedLog(server.database, { log: `RELEASED-${old.length}`, seed: 35 });
    await steps(5);
    await running({}, (projector) => projector.caughtUp(log, head()));
    await server.database.query(`UPDATE projection.version SET ${old} WHERE log = $1`, [log]);
    await running({}, async (projector) => {
      await eventually(async () => (await servingOf(server.database, log))?.version === 2);
      await steps(3);
      await projector.caughtUp(log, head());
    });
    expect(await differencesOf(log)).toEqual([]);
    expect((await versionsOf(server.database, log)).map(({ version, isServing, switchesItself }) => [version, isServing, switchesItself])).toEqual([[1, false, false], [2, true, false]]);
    // Back on the old release's rows by an operator's choice, this release does not take the place again.
    await server.database.query("UPDATE projection.version SET position = $2 WHERE log = $1 AND version = 1", [log, head()]);
    await switchVersion(server.database, { log, version: 1 }, { actor });
    await running({}, async () => {
      await steps(2);
      await eventually(isAt(log, 2, head()));
    });
    expect((await servingOf(server.database, log))?.version).toBe(1);
  });

  test("of a log that lost records, after a restore, a new one takes the place of what was made from them", async () => {
    const { log, head, steps } = await recordedLog(server.database, { log: "SHORTER", seed: 37 });
    await steps(3);
    await running({ onStopped: () => undefined }, async (projector) => {
      await projector.caughtUp(log, head());
      await server.database.query("UPDATE projection.version SET position = position + 5 WHERE log = $1", [log]);
      await begin(log);
      await eventually(isAt(log, 2, head()));
      const verdict = await compared(log, 1, 2);
      expect(verdict.from.differences).toContain("which the log has lost");
      expect(verdict.to.differences).toEqual([]);
      await switchVersion(server.database, { log, version: 2 }, { actor });
      await steps(2);
      await projector.caughtUp(log, head());
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
      // What a detached partition leaves behind, as the reader sees it.
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
});

test("says when a position is not reached in time, and that it was stopped", async () => {
  const { log, head } = await recordedLog(server.database, { log: "EARLY" });
  const projector = await startProjector({ reader, database: server.database, onStopped: () => undefined });
  await projector.caughtUp(log, head());
  await expect(projector.caughtUp(log, head() + 1, { timeoutMs: 50 })).rejects.toMatchObject({ code: "timeout" });
  const waiting = expect(projector.caughtUp(log, head() + 1)).rejects.toMatchObject({ code: "stopped" });
  await projector.stop();
  await waiting;
});

test("goes on when PostgreSQL crashed underneath and came back", async () => {
  const hurt = await privatePostgres();
  try {
    const own = createLogReader({ database: hurt.database, pollMs: 20 });
    const written = await recordedLog(hurt.database, { seed: 21 });
    const projector = await startProjector({ reader: own, database: hurt.database, paceMs: 0 });
    await written.steps(5);
    await hurt.restart("immediate");
    await written.steps(5);
    await projector.caughtUp(written.log, written.head());
    await projector.stop();
    expect(await compareReadModels({ reader: own, database: hurt.database }, written.log)).toEqual([]);
  } finally {
    await hurt.dispose();
  }
});
