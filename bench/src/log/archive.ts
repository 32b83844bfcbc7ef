import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { exportRange, openArchive, type Archive } from "@finality/archive";
import { canonicalJson, type StoredRecord } from "@finality/contracts";
import { contentHash, leafHash, provenanceHash } from "@finality/transparency";
import { alone, compared, type Measurement } from "../measurement.ts";
import { contentsOf, generatedLog } from "../recording/generated-log.ts";
import { alternate } from "../timing.ts";

const atLeast = 0.5;
const rounds = 5;
const ticks = 1_000_000;
/** As the archive itself is read. */
const threads = 2;

/** Ticks a second out of a sealed range, beside DuckDB that reads every column of the same files in the same process and hands them over. */
export const archive = async (): Promise<readonly Measurement[]> => {
  const folder = await mkdtemp(join(tmpdir(), "finality-bench-"));
  const [stored, instance] = [await storedLog(), await DuckDBInstance.create(":memory:", { threads: String(threads) })];
  try {
    const { log } = stored;
    const startedAt = performance.now();
    await exportRange({ folder, log, first: 1, last: stored.records.length, records: chunksOf(stored.records) });
    const exportMs = performance.now() - startedAt;
    const opened = await openArchive(folder);
    const connection = await instance.connect();
    const files = await parquetFiles(join(folder, log));
    const scan = async (): Promise<void> => scanAll(connection, files, stored.rows);
    const race = async (subject: () => Promise<void>) => {
      const { subjectMs, baselineMs } = await alternate({ subject, baseline: scan, rounds });
      return { value: perSecond(stored.ticks, subjectMs), baseline: perSecond(stored.ticks, baselineMs), unit: "ticks/s" };
    };
    const rows = [
      compared("archive: records, decoded; baseline: DuckDB's scan", await race(() => readDecoded(opened, stored)), { atLeast }),
      compared("archive: records as they were stored, bytes and hashes; baseline: DuckDB's scan", await race(() => readStored(opened, stored)), { atLeast }),
      alone("archive: export", perSecond(stored.ticks, exportMs), "ticks/s"),
    ];
    opened.close();
    return rows;
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
};

const perSecond = (count: number, milliseconds: number): number => (count * 1_000) / milliseconds;

type StoredLog = {
  readonly log: string;
  readonly records: readonly StoredRecord[];
  readonly ticks: number;
  /** In all files together: each record has a row, each tick one, and each other body. */
  readonly rows: number;
};

const storedLog = async (): Promise<StoredLog> => {
  const { log, steps } = await generatedLog();
  const provenance = canonicalJson({ build: "bench", epoch: 1 });
  const hashed = provenanceHash(provenance);
  const records: StoredRecord[] = [];
  let count = 0;
  for (const step of steps()) {
    for (const content of contentsOf(step)) {
      const hash = contentHash(content);
      records.push({ ...content, log, generation: 1, position: records.length + 1, provenance, contentHash: hash, leafHash: leafHash(hash, hashed) });
    }
    count += step.ticks;
    if (count >= ticks) break;
  }
  const bodies = records.filter(({ type }) => type !== "TicksRecorded").length;
  return { log, records, ticks: count, rows: records.length + bodies + count };
};

async function* chunksOf(records: readonly StoredRecord[]): AsyncGenerator<readonly StoredRecord[], void, void> {
  for (let from = 0; from < records.length; from += 500) yield records.slice(from, from + 500);
}

const readDecoded = async (opened: Archive, { log, records }: StoredLog): Promise<void> => {
  let count = 0;
  for await (const batch of opened.logRecords(log)) count += batch.length;
  requireAll(count, records.length, "records");
};

const readStored = async (opened: Archive, { log, records }: StoredLog): Promise<void> => {
  let count = 0;
  for await (const batch of opened.records(log)) count += batch.length;
  requireAll(count, records.length, "records");
};

const requireAll = (count: number, expected: number, what: string): void => {
  if (count !== expected) throw new Error(`${String(count)} of ${String(expected)} ${what} were read.`);
};

const parquetFiles = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".parquet")).map((name) => join(folder, name));

/** Into memory, file by file, and then chunk by chunk into JavaScript's hands; no value of a chunk is looked at. */
const scanAll = async (connection: DuckDBConnection, files: readonly string[], expected: number): Promise<void> => {
  let rows = 0;
  for (const file of files) {
    const result = await connection.run(`SELECT * FROM read_parquet('${file}')`);
    for (let chunk = 0; chunk < result.chunkCount; chunk++) rows += result.getChunk(chunk).rowCount;
  }
  requireAll(rows, expected, "rows");
};
