import { openDatabase, type Database } from "@finality/database";
import { recordedLog } from "@finality/desk-log";
import { semantics } from "@finality/engine";
import { createLogReader } from "@finality/event-log";
import { databaseGate, eventually, privatePostgres, testDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareReadModels, computeReadModels } from "./compare.ts";
import { startProjector } from "./projector.ts";
import { projecting, readCheckpoint, versionOf, type Projecting } from "./testing/projecting.ts";

let desk: Projecting;

beforeAll(async () => { desk = await projecting(); });
afterAll(() => desk.server.dispose());

const differencesOf = (log: string) => compareReadModels({ reader: desk.reader, database: desk.server.database }, log);

test("follows every log, also one that is opened later, and shows what a straight fold shows", async () => {
  const first = await recordedLog(desk.server.database, { log: "FIRST", seed: 11 });
  await desk.running({}, async (projector) => {
    await first.steps(10);
    const second = await recordedLog(desk.server.database, { log: "SECOND", seed: 12 });
    await second.steps(15);
    for (const { log, head } of [first, second]) await projector.caughtUp(log, head());
    for (const { log, head } of [first, second]) {
      expect((await readCheckpoint(desk.server.database, log))?.position).toBe(head());
      expect(await differencesOf(log)).toEqual([]);
      const { rows } = await computeReadModels(desk.reader, log);
      expect(rows.books.map(({ book }) => book)).toEqual(["scalper", "unhedged"]);
      expect(rows.orders.filter(({ state, averagePrice }) => state === "accepted" && averagePrice !== null).length).toBeGreaterThan(0);
      expect(rows.decisions.filter(({ type }) => type === "StateHashed").length).toBeGreaterThan(0);
    }
  });
});

test("the comparison with a rebuild sees a changed, a missing and an additional row", async () => {
  const { log, head, steps } = await recordedLog(desk.server.database, { log: "COMPARED" });
  await steps(5);
  await desk.running({}, (projector) => projector.caughtUp(log, head()));
  await desk.server.database.query("UPDATE read_model.pnl SET net_pnl = '1' WHERE log = $1 AND book = 'scalper'", [log]);
  await desk.server.database.query("DELETE FROM read_model.position WHERE log = $1 AND book = 'unhedged' AND instrument = 'P3700'", [log]);
  await desk.server.database.query("INSERT INTO projection.decision (log, version, position, type, recorded_us, body) VALUES ($1, 1, 999999, 'StateHashed', 0, '{}')", [log]);
  expect((await differencesOf(log)).map(({ table, key }) => `${table} ${key}`)).toEqual(["positions unhedged P3700", "pnl scalper", "decisions 999999"]);
});

test("restarted in the middle it goes on behind its checkpoint and shows what a straight fold shows", async () => {
  const { log, head, steps } = await recordedLog(desk.server.database, { log: "RESTARTED", seed: 5 });
  for (let run = 0; run < 4; run += 1) {
    await desk.running({}, async (projector) => {
      await steps(6);
      await projector.caughtUp(log, head());
    });
    await steps(3);
  }
  await desk.running({}, (projector) => projector.caughtUp(log, head()));
  expect(await differencesOf(log)).toEqual([]);
});

test("a projector that ends within a batch leaves neither rows nor checkpoint of it", async () => {
  const { log, head, steps } = await recordedLog(desk.server.database, { log: "KILLED" });
  await desk.running({}, (projector) => projector.caughtUp(log, head()));
  const before = await readCheckpoint(desk.server.database, log);
  const stopped: string[] = [];
  await steps(10);
  const faults = {
    passing: (point: string): void => {
      throw new Error(`died at ${point}`);
    },
  };
  await desk.running({ faults, onStopped: (name, error) => stopped.push(`${name}: ${String(error)}`) }, async (projector) => {
    await expect(projector.caughtUp(log, head())).rejects.toThrow("died at projector-batch");
  });
  expect(stopped).toEqual(["KILLED: Error: died at projector-batch"]);
  expect(await readCheckpoint(desk.server.database, log)).toEqual(before);
  expect(await differencesOf(log)).toEqual([]);

  await desk.running({}, (projector) => projector.caughtUp(log, head()));
  expect(await differencesOf(log)).toEqual([]);
});

test("a recorded state hash that is not its own stops this projection by name, the others go on", async () => {
  const bad = await recordedLog(desk.server.database, { log: "BAD", seed: 3 });
  const good = await recordedLog(desk.server.database, { log: "GOOD", seed: 4 });
  const honest = bad.head();
  await desk.running({ onStopped: () => undefined }, async (projector) => {
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
  expect((await readCheckpoint(desk.server.database, "BAD"))?.position).toBe(honest);
});

test("a hash of other semantics is not compared", async () => {
  const { log, head, appendRaw } = await recordedLog(desk.server.database, { log: "OTHER" });
  await appendRaw({ type: "StateHashed", body: { hash: "0".repeat(64), semantics: 999 } });
  await desk.running({ onStopped: () => undefined }, (projector) => projector.caughtUp(log, head()));
});

test("read models of another generation, or beyond the log's end, stop the projection by name", async () => {
  for (const [log, change, text] of [
    ["RESTORED", "generation = 2", "generation 2"],
    ["LOST", "position = position + 1", "has lost records"],
  ] as const) {
    const { head } = await recordedLog(desk.server.database, { log });
    await desk.running({ onStopped: () => undefined }, (projector) => projector.caughtUp(log, head()));
    await desk.server.database.query(`UPDATE projection.version SET ${change} WHERE log = $1`, [log]);
    await desk.running({ onStopped: () => undefined }, async (projector) => {
      await expect(projector.caughtUp(log, head() + 2)).rejects.toMatchObject({ code: "checkpoint_not_in_log", message: expect.stringContaining(text) });
    });
    expect((await versionOf(desk.server.database, log, 1))?.failure).toMatchObject({ position: undefined, reason: expect.stringContaining(text) });
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
    const { log, head, steps } = await recordedLog(desk.server.database, { log: "FENCED", seed: 9 });
    await desk.running({ onStopped: () => undefined }, async (projector) => {
      await projector.caughtUp(log, head());
      // As another projector that thinks it holds the log: the rows of the last record are then written once more.
      await desk.server.database.query("UPDATE projection.version SET position = position - 1 WHERE log = $1", [log]);
      await steps(5);
      await projector.caughtUp(log, head());
      expect(projector.standing().find((each) => each.log === log)?.error).toBeUndefined();
    });
    expect(await differencesOf(log)).toEqual([]);
  });
});


test("says when a position is not reached in time, and that it was stopped", async () => {
  const { log, head } = await recordedLog(desk.server.database, { log: "EARLY" });
  const projector = await startProjector({ reader: desk.reader, database: desk.server.database, onStopped: () => undefined });
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
