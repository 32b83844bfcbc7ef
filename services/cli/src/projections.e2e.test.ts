import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNotifier } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createLogReader, type LogReader } from "@finality/event-log";
import { compareReadModels, startProjector, type Projector } from "@finality/projector";
import { markFailed, versionsOf } from "@finality/read-models";
import { eventually } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder } from "./house/data-folder.ts";
import { runCli, type Finished } from "./testing/run-cli.ts";

const root = mkdtempSync(join(tmpdir(), "finality-projections-"));
const folder = join(root, "desk");

let data: Awaited<ReturnType<typeof openDataFolder>>;
let reader: LogReader;
let recorded: RecordedLog;

const run = (...args: readonly string[]): Promise<Finished> => runCli(root, ["projections", ...args, "--data", folder]);
const projector = (): Promise<Projector> => startProjector({ reader, database: data.database, onStopped: () => undefined });
const numbers = async (): Promise<readonly (readonly [number, boolean])[]> => (await versionsOf(data.database)).map(({ version, isServing }) => [version, isServing]);
const query = (sql: string) => data.database.query(sql);

beforeAll(async () => {
  data = await openDataFolder({ folder, exclusive: false, fresh: true });
  reader = createLogReader({ database: data.database, notifier: createNotifier(data.database) });
  recorded = await recordedLog(data.database);
  await recorded.steps(20);
}, 120_000);

afterAll(async () => {
  await data.close();
  rmSync(root, { recursive: true, force: true });
});

test("in a folder that no house runs on a rebuild is its own projector; the first version serves", async () => {
  expect(await run("status")).toMatchObject({ code: 3, stderr: expect.stringContaining("no projector has seen a log yet") });
  const { code, stderr } = await run("rebuild");
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("Version 1 serves") });
  expect(await compareReadModels({ reader, database: data.database }, "SPX")).toEqual([]);
}, 60_000);

test("a rebuild repairs what was spoilt, and says what was wrong; the way back is there until it is dropped", async () => {
  await query("UPDATE projection.position SET quantity = '77' WHERE book = 'scalper' AND instrument = 'C3700'");
  const rebuilt = await run("rebuild", "--switch");
  expect(rebuilt.code).toBe(0);
  expect(rebuilt.stdout).toMatch(/What serves \(version 1\) is not what the log says at position \d+, in 1 rows:\n {2}\{"table":"positions","key":"scalper C3700".*"quantity":"77".*"quantity":"10".*\nWhat would serve \(version 2\) is what the log says .*\n.*State hash of the log there: [0-9a-f]{64}\nVersion 2 serves now/);
  expect(await numbers()).toEqual([[1, false], [2, true]]);
  expect(await compareReadModels({ reader, database: data.database }, "SPX")).toEqual([]);
  const back = await run("switch", "--json");
  expect([back.code, JSON.parse(back.stdout)]).toMatchObject([6, { from: 2, to: 1, switched: false, verdict: { from: { differences: [] }, to: { differences: [{ key: "scalper C3700" }] } } }]);
  expect(await numbers()).toEqual([[1, false], [2, true]]);
  expect((await run("switch", "--to", "1", "--force")).code).toBe(6);
  expect(await numbers()).toEqual([[1, true], [2, false]]);
  expect((await run("switch", "--to", "2")).code).toBe(0);
  expect(await run("drop", "--of", "2", "--yes")).toMatchObject({ code: 4, stderr: expect.stringContaining("Version 2 of log SPX serves") });
  expect(await run("drop", "--of", "1")).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect((await run("drop", "--of", "1", "--yes")).code).toBe(0);
  expect((await run("drop", "--of", "9", "--yes")).code).toBe(3);
  expect(await run("switch")).toMatchObject({ code: 3, stderr: expect.stringContaining("finality projections rebuild makes one") });
}, 120_000);

test("a rebuild beside a projector at work leaves the work to it, and a second one at the same time is refused", async () => {
  const own = await projector();
  try {
    const rebuilt = await run("rebuild");
    expect(rebuilt).toMatchObject({ code: 0, stderr: expect.stringContaining("finality projections switch --log SPX --to 3") });
    expect((await run("drop", "--of", "3", "--yes")).code).toBe(0);
    // Of an engine that is not this one's: no projector here fills it.
    await query("INSERT INTO projection.version (log, version, shape, semantics) VALUES ('SPX', 4, 1, 0)");
    expect(await run("rebuild")).toMatchObject({ code: 4, stderr: expect.stringContaining("Version 4 of SPX is being built already") });
    await query("DELETE FROM projection.version WHERE version = 4");
  } finally {
    await own.stop();
  }
}, 60_000);

test("a version that failed is told with its record, and only that record is skipped", async () => {
  const position = recorded.head() + 1;
  await recorded.step();
  await markFailed(data.database, { log: "SPX", version: 2 }, { position, reason: "it cannot be shown" });
  const status = await run("status", "--json");
  expect([status.code, JSON.parse(status.stdout)]).toMatchObject([6, { versions: [{ version: 2, state: "failed", failure: { position, reason: "it cannot be shown" } }] }]);
  expect(await run("status")).toMatchObject({ code: 6, stdout: expect.stringMatching(/SPX +2 +serving, failed .*it cannot be shown/) });
  const skip = (...args: readonly string[]) => run("skip", "--reason", "known_bug", ...args);
  expect(await skip("--at", String(position + 1), "--yes")).toMatchObject({ code: 4, stderr: expect.stringContaining(`failed at record ${String(position)}`) });
  expect(await skip("--at", String(position))).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(await run("skip", "--reason", "Because!", "--at", String(position), "--yes")).toMatchObject({ code: 2, stderr: expect.stringContaining("no reason code") });
  expect((await skip("--at", String(position), "--yes")).code).toBe(0);
  const own = await projector();
  await eventually(async () => (await versionsOf(data.database))[0]?.checkpoint?.position === recorded.head());
  await own.stop();
  expect(await run("status")).toMatchObject({ code: 0, stdout: expect.stringContaining(`skips ${String(position)}`) });
  const { rows } = await query("SELECT kind, position, reason, length(actor) > 10 AS has_actor FROM projection.action WHERE kind = 'skipped'");
  expect(rows).toEqual([{ kind: "skipped", position, reason: "known_bug", has_actor: true }]);
  expect((await run("rebuild", "--switch")).code).toBe(0);
}, 60_000);
