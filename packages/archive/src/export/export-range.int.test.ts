import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeRecord, type StoredRecord, tickAt } from "@finality/contracts";
import { appendLeaves, emptyFrontier, rootOf } from "@finality/transparency";
import { ArchiveError } from "../errors.ts";
import { manifestFile } from "../layout.ts";
import { listArchive } from "../manifest/sealed-ranges.ts";
import { chunksOf, sampleLog } from "../testing/sample-log.ts";
import { folderOf, query, sealed, source, withFolder } from "../testing/temporary-archive.ts";
import { exportRange, type RangeExport } from "./export-range.ts";
import type { ExportProgress } from "./stage-records.ts";

const day = sampleLog({ records: 300 });
const treeOf = (size: number) => appendLeaves(emptyFrontier, day.slice(0, size).map(({ leafHash }) => leafHash));

const request = (folder: string, first: number, last: number, change: Partial<RangeExport> = {}): RangeExport => ({ folder, log: "SPX", first, last, records: chunksOf(day.slice(first - 1)), ...change });

const errorOf = async (run: Promise<unknown>): Promise<ArchiveError> => {
  try {
    await run;
  } catch (error) {
    if (error instanceof ArchiveError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
};

describe("the manifest", () => {
  test("says what was sealed, and each names the one before", () =>
    withFolder(async (folder) => {
      const [first, second] = await sealed(folder, day, [120, 300]);
      if (first === undefined || second === undefined) throw new Error("Two ranges were sealed.");
      expect(second).toMatchObject({ format: "finality-archive/1", log: "SPX", generations: [1, 2], first: 121, last: 300, records: 180, builds: ["1.0.0+aa", "1.0.1+bb"] });
      expect(second.root).toBe(rootOf(treeOf(300)).toString("hex"));
      expect(second.frontierBefore).toEqual(treeOf(120).roots.map((root) => Buffer.from(root).toString("hex")));
      const hash = createHash("sha256");
      for (const { contentHash } of day.slice(120)) hash.update(contentHash);
      expect(second.logHash).toBe(hash.digest("hex"));
      expect([second.recordedFromUs, second.recordedToUs]).toEqual([day[120]?.recordedTimeUs, day[299]?.recordedTimeUs]);
      const bytes = await readFile(join(folderOf(folder, first), manifestFile));
      expect([first.previous, second.previous]).toEqual([null, createHash("sha256").update(bytes).digest("hex")]);
      expect(await listArchive(folder)).toEqual([first, second]);
      expect(await listArchive(folder, "BTC")).toEqual([]);
      expect((await readdir(join(folder, "SPX"))).sort()).toEqual(["0001-000000000000001-000000000000120", "0001-000000000000121-000000000000300"]);
    }));

  test("of two exports of the same records says the same", () =>
    withFolder(async (folder) => {
      const facts = async (at: string) => (await sealed(join(folder, at), day, [300])).map(({ files, ...rest }) => ({ ...rest, files: files.map(({ name, rows }) => ({ name, rows })) }));
      expect(await facts("one")).toEqual(await facts("other"));
    }));
});

describe("what is refused, and leaves the archive as it was", () => {
  test.each([
    { name: "the same range again", first: 101, last: 200, code: "conflict" },
    { name: "an overlap", first: 150, last: 250, code: "conflict" },
    { name: "what lies before", first: 1, last: 250, code: "conflict" },
    { name: "a gap", first: 202, last: 250, code: "gap" },
    { name: "no range", first: 250, last: 249, code: "bad_request" },
  ])("$name", ({ first, last, code }) =>
    withFolder(async (folder) => {
      const before = await sealed(folder, day, [100, 200]);
      expect((await errorOf(exportRange(request(folder, first, last)))).code).toBe(code);
      expect(await listArchive(folder)).toEqual(before);
    }),
  );

  const changed = (position: number, change: Partial<StoredRecord>): AsyncIterable<readonly StoredRecord[]> =>
    chunksOf(day.map((record) => (record.position === position ? { ...record, ...change } : record)));

  test.each([
    { name: "records that end early", records: () => chunksOf(day.slice(0, 50)), code: "hole", names: "before position 51" },
    { name: "a record too few", records: () => chunksOf(day.filter(({ position }) => position !== 40)), code: "hole", names: "position 40" },
    { name: "a record twice", records: () => chunksOf(day.flatMap((record) => (record.position === 40 ? [record, record] : [record]))), code: "hole", names: "position 41" },
    { name: "another log's record", records: () => changed(40, { log: "BTC" }), code: "hole", names: "BTC-1-40" },
    { name: "changed bytes", records: () => changed(40, { payload: Buffer.from("{}") }), code: "corrupt", names: "SPX-1-40" },
    { name: "a changed time", records: () => changed(40, { recordedTimeUs: 7 }), code: "corrupt", names: "SPX-1-40" },
    { name: "a changed provenance", records: () => changed(40, { provenance: Buffer.from("{}") }), code: "corrupt", names: "SPX-1-40" },
    { name: "an older generation", records: () => changed(250, { generation: 1 }), code: "corrupt", names: "SPX-1-250" },
  ])("$name", ({ records, code, names }) =>
    withFolder(async (folder) => {
      const error = await errorOf(exportRange(request(folder, 1, 300, { records: records() })));
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(names)]);
      expect(await readdir(join(folder, "SPX"))).toEqual([]);
    }),
  );

  test("a log whose tree is another one than the archive ends with", () =>
    withFolder(async (folder) => {
      await sealed(folder, day, [100]);
      const other = appendLeaves(treeOf(99), [Buffer.alloc(32)]);
      expect((await errorOf(exportRange(request(folder, 101, 200, { frontierBefore: other })))).code).toBe("diverged");
      expect((await exportRange(request(folder, 101, 200, { frontierBefore: treeOf(100) }))).last).toBe(200);
    }));

  test("a beginning behind position 1 without the tree before it", () =>
    withFolder(async (folder) => {
      expect((await errorOf(exportRange(request(folder, 101, 200)))).code).toBe("bad_request");
      const manifest = await exportRange(request(folder, 101, 200, { frontierBefore: treeOf(100) }));
      expect(manifest.root).toBe(rootOf(treeOf(200)).toString("hex"));
    }));

  test("one of two at a time", () =>
    withFolder(async (folder) => {
      const outcomes = await Promise.allSettled([exportRange(request(folder, 1, 300)), exportRange(request(folder, 1, 300))]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "conflict" });
      expect(await readdir(join(folder, "SPX"))).toHaveLength(1);
    }));
});

describe("an interrupted export", () => {
  test("leaves nothing when its records fail, and the next one succeeds", () =>
    withFolder(async (folder) => {
      async function* failing(): AsyncGenerator<readonly StoredRecord[], void, void> {
        yield day.slice(0, 200);
        throw new Error("Interrupted.");
      }
      await expect(exportRange(request(folder, 1, 300, { records: failing() }))).rejects.toThrow("Interrupted.");
      expect(await readdir(join(folder, "SPX"))).toEqual([]);
      expect((await exportRange(request(folder, 1, 300))).last).toBe(300);
    }));

  test("that was killed leaves a folder that is no range and that the next one removes", () =>
    withFolder(async (folder) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, "../testing/endless-export-process.ts"), folder], { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      expect((await errorOf(exportRange(request(folder, 1, 300)))).code).toBe("conflict");
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(await readdir(join(folder, "SPX"))).toEqual([expect.stringMatching(/^\.export-/)]);
      expect(await listArchive(folder)).toEqual([]);
      await exportRange(request(folder, 1, 300));
      expect(await readdir(join(folder, "SPX"))).toEqual(["0001-000000000000001-000000000000300"]);
    }));

  test("a range's folder without a manifest is not taken for a range, nor replaced", () =>
    withFolder(async (folder) => {
      const range = join(folder, "SPX", "0001-000000000000001-000000000000300");
      await mkdir(range, { recursive: true });
      await writeFile(join(range, "records.parquet"), "torn");
      expect(await listArchive(folder)).toEqual([]);
      expect((await errorOf(exportRange(request(folder, 1, 300)))).code).toBe("conflict");
      expect(await readFile(join(range, "records.parquet"), "utf8")).toBe("torn");
    }));
});

test("progress counts to the end of the range, and what lies behind it is left", () =>
  withFolder(async (folder) => {
    const seen: ExportProgress[] = [];
    const { ticks } = await exportRange(request(folder, 1, 100, { progress: (progress) => seen.push(progress) }));
    expect(seen.at(-1)).toEqual({ position: 100, records: 100, ticks });
    expect(seen.map(({ records }) => records)).toEqual([37, 74, 100]);
  }));

describe("SQL over the files", () => {
  test("gives of ticks and of decisions what the records say", () =>
    withFolder(async (folder) => {
      const [manifest] = await sealed(folder, day);
      if (manifest === undefined) throw new Error("A range was sealed.");
      const file = (name: string): string => source(join(folderOf(folder, manifest), `${name}.parquet`));
      const records = day.map((record) => decodeRecord(record));
      const ticks = records.flatMap((record) => (record.type === "TicksRecorded" ? Array.from({ length: record.body.count }, (_, index) => tickAt(record.body, index)) : []));
      const counts = new Map<string, number>();
      for (const tick of ticks) if (tick.kind === "quote") counts.set(tick.instrument, (counts.get(tick.instrument) ?? 0) + 1);
      const quotes = await query(`SELECT instrument, count(*)::INTEGER AS quotes FROM ${file("TicksRecorded")} WHERE kind = 'quote' GROUP BY instrument ORDER BY instrument`);
      expect(quotes).toEqual([...counts].sort(([left], [right]) => (left < right ? -1 : 1)).map(([instrument, quotes]) => ({ instrument, quotes })));
      const vols = ticks.flatMap((tick) => (tick.kind === "mark" && tick.vol !== undefined ? [Number(tick.vol)] : []));
      expect(await query(`SELECT count(vol)::INTEGER AS vols, max(vol) AS highest, min(epoch_us(receive_time))::DOUBLE AS earliest FROM ${file("TicksRecorded")}`)).toEqual([
        { vols: vols.length, highest: Math.max(...vols), earliest: Math.min(...ticks.flatMap(({ receiveTimeUs }) => receiveTimeUs ?? [])) },
      ]);
      const hedges = records.flatMap((record) => (record.type === "HedgeDecided" ? [record] : []));
      const [hedge] = hedges;
      if (hedge === undefined) throw new Error("The day has a hedge.");
      expect(await query(`SELECT side, gamma, "validUntilUs"::DOUBLE AS until, "netDelta" AS delta, epoch_us(recorded_time)::DOUBLE AS recorded FROM ${file("HedgeDecided")} ORDER BY position LIMIT 1`)).toEqual([
        { side: hedge.body.side, gamma: hedge.body.gamma, until: hedge.body.validUntilUs, delta: '{"high":150,"low":148.25}', recorded: hedge.recordedTimeUs },
      ]);
      expect(await query(`SELECT count(*)::INTEGER AS records, count(payload)::INTEGER AS kept FROM ${file("records")}`)).toEqual([{ records: 300, kept: 0 }]);
    }));
});
