import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeTicks } from "@finality/contracts";
import type { Manifest } from "../manifest/manifest.ts";
import { sampleLog } from "../testing/sample-log.ts";
import { folderOf, resealed, rewritten, sealed, withFolder } from "../testing/temporary-archive.ts";
import type { ArchiveFinding } from "./finding.ts";
import { verifyArchive } from "./verify-archive.ts";

const day = sampleLog({ records: 300 });

const findingsIn = async (folder: string): Promise<readonly ArchiveFinding[]> => {
  const findings: ArchiveFinding[] = [];
  for await (const finding of verifyArchive(folder)) findings.push(finding);
  return findings;
};

let original = "";
let manifests: readonly Manifest[] = [];

beforeAll(async () => {
  original = await mkdtemp(join(tmpdir(), "finality-archive-original-"));
  manifests = await sealed(original, day, [100, 200, 300]);
});

afterAll(() => rm(original, { recursive: true, force: true }));

/** A copy of three ranges of a hundred; `change` gets the folder of each. */
const withDay = (change: (ranges: readonly string[]) => Promise<void>, check: (findings: readonly ArchiveFinding[], ranges: readonly string[]) => void): Promise<void> =>
  withFolder(async (folder) => {
    await cp(original, folder, { recursive: true });
    const ranges = manifests.map((manifest) => folderOf(folder, manifest));
    await change(ranges);
    check(await findingsIn(folder), ranges);
  });

const at = (ranges: readonly string[], range: number, file = ""): string => join(ranges[range] ?? "", file);
const short = ({ file, position, problem }: ArchiveFinding): string => `${problem} ${file}${position === undefined ? "" : ` ${String(position)}`}`;
const hasBid = (payload: Uint8Array): boolean => {
  const { kind, value0 } = decodeTicks(payload);
  return kind.some((each, index) => each === 0 && !Number.isNaN(value0[index]));
};
const positionOf = (type: string, from: number): number => day.find((record) => record.type === type && record.position >= from)?.position ?? 0;

test("of what was sealed nothing is wrong", () => withDay(async () => undefined, (findings) => expect(findings).toEqual([])));

describe("files", () => {
  test("truncated", () =>
    withDay(
      async (ranges) => truncate(at(ranges, 1, "TicksRecorded.parquet"), 5_000),
      (findings, ranges) => {
        expect(findings.map(short)).toEqual(["file_size TicksRecorded.parquet", expect.stringMatching(/^unreadable TicksRecorded.parquet \d+$/)]);
        expect(new Set(findings.map(({ range }) => range))).toEqual(new Set([ranges[1]]));
      },
    ));

  test("deleted", () =>
    withDay(
      async (ranges) => rm(at(ranges, 2, "HedgeDecided.parquet")),
      (findings) => expect(findings.map(short)).toEqual(["missing_file HedgeDecided.parquet", expect.stringMatching(/^unreadable HedgeDecided.parquet \d+$/)]),
    ));

  test.each(["TicksRecorded.parquet", "records.parquet"])("%s with one bit flipped", (name) =>
    withDay(
      async (ranges) => {
        // The other ranges would only be read again and again.
        await Promise.all([rm(at(ranges, 1), { recursive: true }), rm(at(ranges, 2), { recursive: true })]);
        const path = at(ranges, 0, name);
        const bytes = await readFile(path);
        for (const share of [0.05, 0.4, 0.75, 0.99]) {
          const flipped = Buffer.from(bytes);
          const offset = Math.floor(bytes.length * share);
          flipped[offset] = (flipped[offset] ?? 0) ^ 1;
          await writeFile(path, flipped);
          expect((await findingsIn(dirname(dirname(at(ranges, 0))))).map(short)).toContain(`file_hash ${name}`);
        }
        await writeFile(path, bytes);
      },
      (findings) => expect(findings).toEqual([]),
    ),
  );
});

describe("rows changed by somebody who also makes the manifest agree", () => {
  const changed = (file: string, select: (source: string) => string, expected: readonly unknown[]) =>
    withDay(
      async (ranges) => {
        await rewritten(at(ranges, 2, file), select);
        await resealed(at(ranges, 2));
      },
      (findings) => expect(findings.map(short)).toEqual(expected),
    );
  const ticks = positionOf("TicksRecorded", 250);
  const hedge = positionOf("HedgeDecided", 201);
  const where = `position = ${String(ticks)} AND index = 0`;
  const when = (condition: string, changedTo: string, column: string): string => `CASE WHEN ${condition} THEN ${changedTo} ELSE ${column} END AS ${column}`;

  test("a tick's time", () => changed("TicksRecorded.parquet", (source) => `SELECT * REPLACE (${when(where, "venue_time + INTERVAL 1 MICROSECOND", "venue_time")}) FROM ${source}`, [`content TicksRecorded.parquet ${String(ticks)}`]));

  test("a tick's price", () =>
    changed("TicksRecorded.parquet", (source) => `SELECT * REPLACE (bid + 1e-9 AS bid, price + 1e-9 AS price, ask + 1e-9 AS ask) FROM ${source}`,
      day.slice(200).filter(({ type }) => type === "TicksRecorded").map(({ position }) => `content TicksRecorded.parquet ${String(position)}`)));

  test("a tick taken out", () =>
    changed("TicksRecorded.parquet", (source) => `SELECT * FROM ${source} WHERE NOT (${where})`, [
      `content TicksRecorded.parquet ${String(ticks)}`,
      "summary manifest.json",
      `columns TicksRecorded.parquet ${String(ticks)}`,
    ]));

  test("ticks in another order", () =>
    changed("TicksRecorded.parquet", (source) => `SELECT * FROM ${source} ORDER BY position, index DESC`, expect.arrayContaining([expect.stringMatching(/^content TicksRecorded/), expect.stringMatching(/^columns TicksRecorded/)]) as never));

  test("a value that the tick's kind does not have", () =>
    changed(
      "TicksRecorded.parquet",
      (source) => `SELECT * REPLACE (${when("kind = 'quote' AND bid IS NOT NULL", "1.0", "price")}) FROM ${source}`,
      day.slice(200).filter(({ type, payload }) => type === "TicksRecorded" && hasBid(payload)).map(({ position }) => `columns TicksRecorded.parquet ${String(position)}`),
    ));

  test("a decision's body, typed column included", () =>
    changed("HedgeDecided.parquet", (source) => `SELECT * REPLACE (${when(`position = ${String(hedge)}`, "'buy'", "side")}, ${when(`position = ${String(hedge)}`, `replace(body, '"side":"sell"', '"side":"buy"')`, "body")}) FROM ${source}`, [`content HedgeDecided.parquet ${String(hedge)}`]));

  test("a decision's typed column alone", () => changed("HedgeDecided.parquet", (source) => `SELECT * REPLACE (${when(`position = ${String(hedge)}`, "'buy'", "side")}) FROM ${source}`, [`columns HedgeDecided.parquet ${String(hedge)}`]));

  test("a decision's time beside its body", () =>
    changed("HedgeDecided.parquet", (source) => `SELECT * REPLACE (recorded_time + INTERVAL 1 SECOND AS recorded_time) FROM ${source} `, day.slice(200).filter(({ type }) => type === "HedgeDecided").map(({ position }) => `columns HedgeDecided.parquet ${String(position)}`)));

  test("a record's provenance", () =>
    changed("records.parquet", (source) => `SELECT * REPLACE (${when("position = 222", `replace(provenance, '"epoch":1', '"epoch":2')`, "provenance")}) FROM ${source}`, ["leaf records.parquet 222"]));

  test("a leaf hash", () =>
    changed("records.parquet", (source) => `SELECT * REPLACE (${when("position = 222", "from_hex(repeat('00', 32))", "leaf_hash")}) FROM ${source}`, ["leaf records.parquet 222", "root manifest.json", "root manifest.json"]));

  test("a record taken out", () =>
    changed("records.parquet", (source) => `SELECT * FROM ${source} WHERE position <> 222`, expect.arrayContaining(["missing_record records.parquet 222", "root manifest.json"]) as never));
});

describe("ranges", () => {
  test("one in the middle is gone", () =>
    withDay(
      async (ranges) => rm(at(ranges, 1), { recursive: true }),
      (findings) => expect(findings.map(short)).toEqual(["missing_range manifest.json 101"]),
    ));

  test("the first is gone", () =>
    withDay(
      async (ranges) => rm(at(ranges, 0), { recursive: true }),
      (findings) => expect(findings.map(short)).toEqual(["missing_range manifest.json 100"]),
    ));

  test("one without a manifest", () =>
    withDay(
      async (ranges) => rm(at(ranges, 2, "manifest.json")),
      (findings) => expect(findings.map(short)).toEqual(["unsealed manifest.json"]),
    ));

  test("a manifest that says something else", () =>
    withDay(
      async (ranges) => resealed(at(ranges, 0), (manifest) => ({ ...manifest, builds: ["another"] })),
      (findings) => expect(findings.map(short)).toEqual(["summary manifest.json", "broken_chain manifest.json 101"]),
    ));

  test("a manifest that is none", () =>
    withDay(
      async (ranges) => writeFile(at(ranges, 1, "manifest.json"), "{}"),
      (findings) => expect(findings.map(short)).toEqual(["bad_manifest manifest.json"]),
    ));

  test("of another log in this one's place", () =>
    withDay(
      async (ranges) => resealed(at(ranges, 2), (manifest) => ({ ...manifest, log: "BTC" })),
      (findings) => expect(findings.map(short)).toContain("bad_manifest manifest.json 201"),
    ));
});
