import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { together, type LoadSummary } from "@finality/conductor";
import { decodeRecord, isDecisionRecord, topicNames } from "@finality/contracts";
import { createPrisma } from "@finality/database";
import { loadCopies, loadDataset, type Dataset } from "@finality/datasets";
import { createDeadLetters } from "@finality/event-log";
import { eventually } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { exitCodes } from "./exit-codes.ts";
import { openDataFolder, type DataFolder } from "./house/data-folder.ts";
import { feedDataset, type Pace } from "./house/feed-dataset.ts";
import { startHouse, type House } from "./house/house.ts";
import { verifyLog } from "./replay/verify-log.ts";
import { readBookLines } from "./terminal/read-book-lines.ts";
import { runCli } from "./testing/run-cli.ts";
import { writeShortDay } from "./testing/short-day.ts";

const root = mkdtempSync(join(tmpdir(), "finality-feeds-"));
const day = writeShortDay(join(root, "day"), 25);
const { signal } = new AbortController();

let data: DataFolder;
let house: House;
beforeAll(async () => {
  data = await openDataFolder({ folder: join(root, "house"), exclusive: true, fresh: true });
  house = await startHouse({ data, config: readConfig({ FINALITY_DATA: root }), port: 0 });
});
afterAll(async () => {
  await house.stop();
  await data.close();
  rmSync(root, { recursive: true, force: true });
});

const feedAll = async (datasets: readonly Dataset[], pace: Pace): Promise<void> => {
  const works = datasets.map((dataset) => (stop: AbortSignal) => feedDataset({ house: { ...house, database: data.database }, dataset, pace, signal: stop }));
  await house.whileRunning(together(works, { atOnce: 2, signal }));
  for (const { manifest } of datasets) await house.projected(manifest.log, signal);
};

/** Under the names of the original; ids of decisions are the log's own name. */
const unnamed = (log: string, value: unknown): unknown => {
  const text = JSON.stringify(value).replaceAll(new RegExp(`${log}-(1-\\d+\\b)`, "g"), "SPX-$1");
  return JSON.parse(log === "SPX" ? text : text.replaceAll(`${log}-`, "").replaceAll(log, "SPX").replaceAll(/short-day-\d\d/g, "short-day"));
};

/** What was decided and when; a state's hash is one of names too. */
const decisionsOf = async (log: string): Promise<unknown> => {
  const records = (await house.reader.read(log, 0, 10_000)).map((record) => decodeRecord(record)).filter(isDecisionRecord);
  return unnamed(log, records.map(({ position, recordedTimeUs, type, body }) => ({ position, recordedTimeUs, type, ...(type === "StateHashed" ? {} : { body }) })));
};

const profitOf = async (log: string): Promise<unknown> => {
  const { books, spot, currency } = await readBookLines(createPrisma(data.database), log);
  return unnamed(log, { books, spot, currency });
};

test("copies of a day, fed side by side, are decided and end as the day itself does, but for the names", async () => {
  const original = loadDataset(day);
  const copies = loadCopies(day, { count: 3 });
  await feedAll([original, ...copies], { clock: "data", speed: "max" });
  const head = await house.reader.head("SPX");
  const hedges = await createPrisma(data.database).decisionRow.count({ where: { log: "SPX", type: "HedgeDecided" } });
  expect(hedges).toBeGreaterThan(0);
  const [decisions, profit] = [await decisionsOf("SPX"), await profitOf("SPX")];
  for (const { manifest } of copies) {
    expect((await house.reader.head(manifest.log))?.position).toBe(head?.position);
    expect(await decisionsOf(manifest.log)).toEqual(decisions);
    expect(await profitOf(manifest.log)).toEqual(profit);
    expect((await verifyLog(house.reader, manifest.log, () => undefined)).firstDifference).toBeUndefined();
  }
});

test("a day on the wall clock is hedged, recorded and verified; its reports come from the executors", async () => {
  const live = loadDataset(day, { copy: "V" });
  const { log } = live.manifest;
  await feedAll([live], { clock: "live", speed: 400 });
  const partition = await house.catalogue.assignPartition(log);
  // The last orders' reports are still on their way when the feed is over.
  await eventually(async () => {
    const { rows } = await data.database.query<{ open: number }>("SELECT count(*)::int AS open FROM venue.order WHERE log = $1 AND state = 'open'", [log]);
    const { rows: unpublished } = await data.database.query("SELECT FROM execution.outbox WHERE log = $1 AND NOT published", [log]);
    const behind = await Promise.all(topicNames.map(async (topic) => (await house.bus.groupOffset("sequencer", topic, partition)) < (await house.bus.endOffset(topic, partition))));
    return rows[0]?.open === 0 && unpublished.length === 0 && !behind.includes(true);
  });
  const types = (await house.reader.read(log, 0, 10_000)).map(({ type }) => type);
  for (const type of ["HedgeDecided", "OrderReported", "FillRecorded", "Halted"]) expect(types).toContain(type);
  expect(await createDeadLetters(data.database).count({ log })).toBe(0);
  expect((await verifyLog(house.reader, log, () => undefined)).firstDifference).toBeUndefined();
});

test("the commands do the same from a process of their own: a feed goes on where it was, a load sends what it is asked for", async () => {
  const here = ["--data", data.folder, "--dataset", day];
  const again = await runCli(root, ["feed", "--underlyings", "2", "--from", "2", ...here]);
  expect(again).toMatchObject({ code: exitCodes.ok, stdout: expect.stringMatching(/short-day-02 was fed to this house already.*\n.*short-day-03 was fed/) });
  expect(again.stderr).toContain("2 of 2 over");
  const open = await runCli(root, ["feed", "--live", "--underlyings", "1", ...here]);
  expect(open).toMatchObject({ code: exitCodes.conflict, stderr: expect.stringContaining("The log SPX01 is open already") });
  expect(await runCli(root, ["feed", "--live", "--speed", "max", ...here])).toMatchObject({ code: exitCodes.usage });

  const load = await runCli(root, ["load", "--rate", "2000", "--per-message", "20", "--seconds", "1.5", "--json", ...here]);
  expect(load).toMatchObject({ code: exitCodes.ok, stderr: expect.stringMatching(/1 s {2}asked 2,000\/s {2}reached [\d,]+\/s {2}[\d,]+ messages behind/) });
  const summary = JSON.parse(load.stdout) as LoadSummary; // our own document
  expect(summary).toMatchObject({ underlyings: 1, askedTicksPerS: 2_000, failedSends: 0 });
  const ticks = async (): Promise<number> =>
    (await house.reader.read("SPXL01", 0, 10_000)).map((record) => decodeRecord(record)).reduce((sum, record) => sum + (record.type === "TicksRecorded" ? record.body.count : 0), 0);
  await eventually(async () => (await ticks()) === summary.ticks);
  expect((await verifyLog(house.reader, "SPXL01", () => undefined)).firstDifference).toBeUndefined();
});
