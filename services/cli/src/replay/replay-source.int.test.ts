import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportRange } from "@finality/archive";
import { createNotifier } from "@finality/database";
import { recordedLog } from "@finality/desk-log";
import { semantics } from "@finality/engine";
import { createLogReader, createLogWriter, recordChunks, recordPartitions } from "@finality/event-log";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { leaveForArchive } from "../testing/leave-for-archive.ts";
import { namedLog, namedLogs, sourceOf, type SourceOptions } from "./replay-source.ts";
import type { RunDocument } from "./run-document.ts";
import { openRunFolder } from "./run-folder.ts";
import { runLog } from "./run-log.ts";
import type { Verdict } from "./verdict.ts";
import { verifyLog } from "./verify-log.ts";

const root = mkdtempSync(join(tmpdir(), "finality-sources-"));
const archive = join(root, "archive");
const partitionRecords = 60;
let data: TestDatabase;
let head = 0;

beforeAll(async () => {
  data = await testDatabase();
  const writer = createLogWriter({ database: data.database, notifier: createNotifier(data.database) });
  await writer.takeOver("SPX");
  await data.database.query("UPDATE event_log.head SET partition_records = $1 WHERE log = 'SPX'", [partitionRecords]);
  const [first] = await recordPartitions(data.database, "SPX");
  await data.database.query(`DROP TABLE event_log_part."${first?.name ?? ""}"`);
  await data.database.query("DELETE FROM event_log.record_partition WHERE log = 'SPX'");
  const recorded = await recordedLog(data.database);
  await recorded.steps(50);
  head = recorded.head();
  const reader = createLogReader({ database: data.database });
  for (const [from, to] of [[1, 70], [71, head]] as const) {
    await exportRange({ folder: archive, log: "SPX", first: from, last: to, records: recordChunks(reader, { log: "SPX", after: from - 1, to }) });
  }
});

afterAll(async () => {
  await data.dispose();
  rmSync(root, { recursive: true, force: true });
});

const quietly = (): void => undefined;

const looked = async (options: SourceOptions, from = 1): Promise<{ readonly verdict: Verdict; readonly run: RunDocument | undefined }> => {
  const source = await sourceOf(readConfig({ FINALITY_DATA: root, DATABASE_URL: data.url }), options);
  const folder = await openRunFolder(mkdtempSync(join(root, "run-")), { log: await namedLog(source, undefined), generation: 1, from, to: head, source: source.kind, semantics, build: "test", toHead: false });
  try {
    const verdict = await verifyLog(source, "SPX", quietly, { from });
    const { document } = await runLog({ source, folder, signal: new AbortController().signal, progress: quietly, pace: undefined, say: quietly });
    return { verdict, run: document };
  } finally {
    await folder.close();
    await source.close();
  }
};

const withoutSource = (run: RunDocument | undefined): unknown => ({ ...run, source: null });

test("the same log comes out of the database, the archive, and both when its beginning left the database", async () => {
  const database = await looked({});
  expect(database.verdict).toMatchObject({ records: head, ranges: [{ from: 1, to: head, checkedBy: "this release" }] });
  expect(database.verdict.firstDifference).toBeUndefined();

  const archived = await looked({ source: "archive", archive });
  expect(archived.run?.source).toBe("archive");
  expect(archived.verdict).toEqual(database.verdict);
  expect(withoutSource(archived.run)).toEqual(withoutSource(database.run));

  await leaveForArchive(data.database, archive, "SPX", partitionRecords);
  await expect(looked({})).rejects.toMatchObject({ code: "archived" });
  for (const options of [{ archive }, { archive, source: "both" }] as const) {
    const both = await looked(options);
    expect(both.run?.source).toBe("both");
    expect(both.verdict).toEqual(database.verdict);
    expect(withoutSource(both.run)).toEqual(withoutSource(database.run));
  }
});

test("a run from the middle begins with the same state in each of them", async () => {
  const states = await Promise.all([looked({ archive }, 100), looked({ source: "archive", archive }, 100)]);
  expect(states[0]?.run?.counts.different).toBe(0);
  expect(withoutSource(states[0]?.run)).toEqual(withoutSource(states[1]?.run));
});

test("names what there is when a log is asked for that is not there", async () => {
  const source = await sourceOf(readConfig({ FINALITY_DATA: root }), { source: "archive", archive });
  await expect(namedLogs(source, "NDX")).rejects.toMatchObject({ code: "not_found", message: expect.stringContaining("there is SPX") });
  expect(await source.head("NDX")).toBeUndefined();
  await source.close();
});
