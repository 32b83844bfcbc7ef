import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { decodeRecord, encodeTicks, type LogRecord, type StoredRecord } from "@finality/contracts";
import { seededRandom } from "@finality/testkit";
import { appendLeaves, emptyFrontier } from "@finality/transparency";
import { pathLiteral } from "../duckdb/sql-text.ts";
import { ArchiveError } from "../errors.ts";
import { exportRange } from "../export/export-range.ts";
import { chunksOf, goldenContents, sampleLog, stored, ticksContent } from "../testing/sample-log.ts";
import { folderOf, query, sealed, shown, withFolder } from "../testing/temporary-archive.ts";
import { type Archive, openArchive, type Positions } from "./open-archive.ts";

const withArchive = (records: readonly StoredRecord[], ends: readonly number[], run: (archive: Archive, folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    await sealed(folder, records, ends);
    const archive = await openArchive(folder);
    try {
      await run(archive, folder);
    } finally {
      archive.close();
    }
  });

const all = async <T>(batches: AsyncIterable<readonly T[]>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const batch of batches) found.push(...batch);
  return found;
};

const codeOf = async (run: Promise<unknown>): Promise<string> => {
  try {
    await run;
  } catch (error) {
    if (error instanceof ArchiveError) return error.code;
    throw error;
  }
  return "none";
};

describe("a day in three ranges", () => {
  const day = sampleLog({ records: 900 });

  test("comes back hash for hash, boundaries included, with every record type", () =>
    withArchive(day, [400, 401, 900], async (archive) => {
      expect(new Set(day.map(({ type }) => type)).size).toBe(goldenContents().length);
      const found = await all(archive.records("SPX"));
      expect(found.map(shown)).toEqual(day.map(shown));
    }));

  test("has the tree of its leaves at every position, and none behind its last", () =>
    withArchive(day, [400, 401, 900], async (archive) => {
      for (const size of [0, 1, 399, 400, 401, 402, 899, 900]) expect(await archive.tree("SPX", size)).toEqual(appendLeaves(emptyFrontier, day.slice(0, size).map(({ leafHash }) => leafHash)));
      expect(await codeOf(archive.tree("SPX", 901))).toBe("hole");
      expect(await codeOf(archive.tree("NDX", 1))).toBe("hole");
    }));

  test("is decoded as its stored records are", () =>
    withArchive(day, [400, 401, 900], async (archive) => {
      const found: readonly LogRecord[] = await all(archive.logRecords("SPX"));
      expect(found).toEqual(day.map((record) => decodeRecord(record)));
    }));

  test("is read from any position to any other", () =>
    withArchive(day, [400, 401, 900], async (archive) => {
      const random = seededRandom(3);
      const spans = [[0, 900], [399, 3], [400, 1], [899, 5], [900, 5], [5_000, 10], [10, 0], ...Array.from({ length: 10 }, () => [random.integer(0, 899), random.integer(1, 300)])];
      for (const [after = 0, limit = 0] of spans) {
        const found = await archive.read("SPX", after, limit);
        expect(found.map(shown)).toEqual(day.slice(after, after + limit).map(shown));
      }
      const positions: Positions = { from: 350, to: 450 };
      expect((await all(archive.logRecords("SPX", positions))).map(({ position }) => position)).toEqual(day.slice(349, 450).map(({ position }) => position));
    }));

  test("is read page by page, by two readers at a time, and on into a range that is sealed meanwhile", () =>
    withArchive(day, [400, 401], async (archive, folder) => {
      const page = async (found: readonly StoredRecord[], limit: number): Promise<readonly StoredRecord[]> => [...found, ...(await archive.read("SPX", found.length, limit))];
      let [one, other]: (readonly StoredRecord[])[] = [[], []];
      if (one === undefined || other === undefined) throw new Error("Two readers begin.");
      for (let round = 0; round < 8; round++) [one, other] = await Promise.all([page(one, 60), page(other, 7)]);
      for (let round = 0; round < 3; round++) one = await page(one, 60);
      expect([one.map(shown), other.map(shown)]).toEqual([day.slice(0, 401).map(shown), day.slice(0, 56).map(shown)]);
      await exportRange({ folder, log: "SPX", first: 402, last: 900, records: chunksOf(day.slice(401)) });
      for (let round = 0; round < 6; round++) one = await page(one, 100);
      expect(one.map(shown)).toEqual(day.map(shown));
    }));

  test("streams of several readers do not disturb each other", () =>
    withArchive(day, [450, 900], async (archive) => {
      const [one, other, tail] = await Promise.all([all(archive.records("SPX")), all(archive.logRecords("SPX")), archive.read("SPX", 440, 20)]);
      expect([one.length, other.length, tail.map(({ position }) => position).at(-1)]).toEqual([900, 900, 460]);
    }));

  test("a reader that leaves early leaves nothing behind that a later one meets", () =>
    withArchive(day, [900], async (archive) => {
      for await (const batch of archive.records("SPX")) {
        expect(batch[0]?.position).toBe(1);
        break;
      }
      expect(await all(archive.records("SPX"))).toHaveLength(900);
    }));

  test("a missing range is a hole, at the beginning, between and to who asks behind it", () =>
    withArchive(day, [300, 600, 900], async (archive, folder) => {
      const [, second] = await archive.ranges("SPX");
      if (second === undefined) throw new Error("There are three ranges.");
      await rm(folderOf(folder, second), { recursive: true });
      expect(await codeOf(archive.read("SPX", 0, 900))).toBe("hole");
      expect(await codeOf(archive.read("SPX", 300, 10))).toBe("hole");
      expect(await codeOf(archive.read("SPX", 299, 2))).toBe("hole");
      expect(await codeOf(archive.read("SPX", 599, 2))).toBe("hole");
      expect(await archive.read("SPX", 0, 300)).toHaveLength(300);
      expect(await archive.read("SPX", 600, 900)).toHaveLength(300);
    }));

  test("a torn file is corrupt to whoever reads it, wherever it was torn, and never a shorter log; the ranges beside it are read", () =>
    withArchive(day, [300, 600, 900], async (sound, folder) => {
      const random = seededRandom(600);
      const [, second] = await sound.ranges("SPX");
      if (second === undefined) throw new Error("There are three ranges.");
      for (const name of ["records.parquet", "TicksRecorded.parquet", "HedgeDecided.parquet"]) {
        const path = join(folderOf(folder, second), name);
        const bytes = await readFile(path);
        for (const length of [0, random.integer(9, bytes.length - 9), bytes.length - 1]) {
          await writeFile(path, bytes.subarray(0, length));
          const torn = await openArchive(folder);
          const codes = [await codeOf(all(torn.records("SPX", { from: 301 }))), await codeOf(all(torn.logRecords("SPX", { from: 301 }))), await codeOf(torn.read("SPX", 299, 302))];
          expect(codes, `${name} of ${String(length)} bytes`).toEqual(["corrupt", "corrupt", "corrupt"]);
          if (length === 0) expect([await torn.read("SPX", 0, 300), await torn.read("SPX", 600, 300)].map(({ length: count }) => count)).toEqual([300, 300]);
          torn.close();
        }
        await writeFile(path, bytes);
      }
      expect(await all(sound.records("SPX"))).toHaveLength(900);
    }));

  test("a log that has no archive has no records", () =>
    withArchive(day, [10], async (archive) => {
      expect([await archive.ranges("BTC"), await archive.read("BTC", 0, 10)]).toEqual([[], []]);
      expect(await codeOf(archive.read("../SPX", 0, 10))).toBe("bad_request");
    }));
});

/** Records of these contents, one a second. */
const logOf = (contents: Parameters<typeof stored>[1][]): readonly StoredRecord[] =>
  contents.map((content, index) => stored({ log: "BTC", generation: 1, position: index + 1, venueTimeUs: 5, recordedTimeUs: 1_000_000 * index }, content));

test("what the files cannot hold as it is stays beside the record: other codecs, other types, bytes that are no text", async () => {
  const json = (text: string): Buffer => Buffer.from(text);
  const records = logOf([
    { type: "TicksRecorded", version: 1, payload: Buffer.from("00ff01", "hex") },
    ticksContent(seededRandom(1), 3, 5_000_000),
    { type: "TicksRecorded", version: 9, payload: Buffer.from("02", "hex") },
    { type: "FutureThing", version: 3, payload: json('{"a":[1,2]}') },
    { type: "odd/name", version: 1, payload: json('{"a":1}') },
    { type: "Halted", version: 1, payload: Buffer.from("7bff7d", "hex") },
    { type: "Halted", version: 1, payload: json("\uFEFF{}") },
    { type: "Halted", version: 1, payload: json('"\0"') },
    { type: "Halted", version: 1, payload: json("no json") },
    { type: "Halted", version: 1, payload: json("") },
    { type: "HedgeDecided", version: 1, payload: json('{"gamma":"not a number","book":7}') },
    { type: "records", version: 1, payload: json("{}") },
  ]);
  await withArchive(records, [records.length], async (archive) => {
    expect((await all(archive.records("BTC"))).map(shown)).toEqual(records.map(shown));
  });
});

test("values at the edges come back bit for bit", async () => {
  const values = [5e-324, -0, 1.7976931348623157e308, 0.1 + 0.2, 2 ** 53 - 1];
  const count = values.length;
  const column = (): Float64Array => Float64Array.from(values);
  const absent = new Float64Array(count).fill(NaN);
  const venueTimeUs = Float64Array.of(0, 1, Number.MAX_SAFE_INTEGER, 1_609_770_840_000_001, 253_402_300_800_000_000 / 100);
  const places = { instrument: new Uint16Array(count), kind: new Uint8Array(count), flags: Uint8Array.of(0, 1, 2, 4, 15) };
  const payload = encodeTicks({ count, instruments: ["it's \"Ü\""], ...places, venueTimeUs, receiveTimeUs: absent, value0: column(), value1: column(), value2: column(), value3: absent });
  const records = [...logOf([{ type: "TicksRecorded", version: 1, payload }]), stored({ log: "BTC", generation: 1, position: 2, venueTimeUs: 0, recordedTimeUs: Number.MAX_SAFE_INTEGER }, { type: "ClockTicked", version: 1, payload: Buffer.from("{}") })];
  await withArchive(records, [2], async (archive) => {
    expect((await all(archive.records("BTC"))).map(shown)).toEqual(records.map(shown));
  });
});

test("records and ticks of several row groups stay whole where row groups end", async () => {
  const random = seededRandom(11);
  const clock = { type: "ClockTicked", version: 1, payload: Buffer.from("{}") };
  // 45,000 records and 11,000 bodies are more than a row group of each; 40 messages of 3,500 ticks more than one of ticks.
  const records = logOf([...Array.from({ length: 40 }, () => ticksContent(random, 3_500, 5_000_000)), ...Array.from({ length: 45_000 }, () => clock)]);
  await withArchive(records, [records.length], async (archive) => {
    let next = 0;
    for await (const batch of archive.records("BTC")) {
      expect(batch.length).toBeLessThanOrEqual(1_000);
      for (const record of batch) {
        // An `expect` a record would cost more than all the reading.
        const expected = records[next];
        if (expected === undefined || !isDeepStrictEqual(shown(record), shown(expected))) throw new Error(`Position ${String(next + 1)} came back as another record.`);
        next++;
      }
    }
    expect(next).toBe(records.length);
    for (const after of [34, 35, 40_958, 40_995]) expect((await archive.read("BTC", after, 3)).map(shown)).toEqual(records.slice(after, after + 3).map(shown));
  });
});

test("bodies and payloads of many kilobytes make small row groups, and take the memory that these need", async () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `"SPXW-2021-01-06-${String(index)}-C"`).join();
  const large = (index: number): Buffer => Buffer.from(`{"book":"scalper","error":"${String(index)}","vols":[${names}]}`);
  const records = logOf(Array.from({ length: 4_500 }, (_, index) => ({ type: index % 2 === 0 ? "BookSuspended" : "odd/name", version: 1, payload: large(index) })));
  await withArchive(records, [records.length], async (archive, folder) => {
    const [manifest] = await archive.ranges("BTC");
    if (manifest === undefined) throw new Error("A range was sealed.");
    for (const { name, rows } of manifest.files) {
      const groups = await query(`SELECT DISTINCT row_group_id, row_group_num_rows::INTEGER AS rows FROM parquet_metadata(${pathLiteral(join(folderOf(folder, manifest), name))}) ORDER BY 1`);
      expect(Math.max(...groups.map((group) => Number(group["rows"])))).toBeLessThanOrEqual(4_096);
      expect(groups.reduce((sum, group) => sum + Number(group["rows"]), 0)).toBe(rows);
    }
    let next = 0;
    for await (const batch of archive.records("BTC")) for (const record of batch) if (!large(next++).equals(record.payload)) throw new Error(`Position ${String(next)} came back with another payload.`);
    expect(next).toBe(records.length);
  });
});
