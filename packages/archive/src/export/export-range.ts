import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { StoredRecord } from "@finality/contracts";
import type { Frontier } from "@finality/transparency";
import { openDuckDb } from "../duckdb/open-duckdb.ts";
import { pathLiteral } from "../duckdb/sql-text.ts";
import { ArchiveError } from "../errors.ts";
import { logFolderOf, manifestFile, rangeFolderOf } from "../layout.ts";
import { type ArchivedFile, encodeManifest, type Manifest, manifestFormat } from "../manifest/manifest.ts";
import { summarise, type SummaryOfRange } from "../manifest/summary.ts";
import { fileFacts, toDisk } from "./file-facts.ts";
import { exportMemoryMegabytes, writeParquetFiles } from "./parquet-files.ts";
import { rangeStart } from "./range-start.ts";
import { type ExportProgress, type Source, stageRecords } from "./stage-records.ts";
import { createStaging } from "./staging.ts";
import { inTemporaryFolder } from "./temporary-folder.ts";

export type RangeExport = {
  /** The archive's folder; made when it is not there. */
  readonly folder: string;
  readonly log: string;
  readonly first: number;
  readonly last: number;
  /** The log's tree over the leaves 1 … first − 1: compared with the archive's own, and needed where an empty archive begins behind position 1. */
  readonly frontierBefore?: Frontier | undefined;
  /** Contiguous chunks from `first` on; what lies behind `last` is left. */
  readonly records: AsyncIterable<readonly StoredRecord[]>;
  /** Told after each chunk. */
  readonly progress?: ((progress: ExportProgress) => void) | undefined;
};

const exportThreads = 2;

/**
 * Seals a range: everything is written to a temporary folder that is renamed as a whole, the manifest last. Throws `conflict`, `gap`, `hole`,
 * `corrupt`, `diverged`, `bad_request`, `bad_manifest`, and what the records throw; then nothing is left.
 */
export const exportRange = async (request: RangeExport): Promise<Manifest> => {
  const { folder, log, first, last } = request;
  const logFolder = logFolderOf(folder, log);
  const { previous, ...start } = await rangeStart(folder, request, request.frontierBefore);
  return inTemporaryFolder(logFolder, async (temporary) => {
    const summary = summarise(start);
    const files = await writeFiles(temporary, request, request, summary);
    const manifest: Manifest = { format: manifestFormat, log, first, last, ...summary.summary(), files, previous };
    const [generation = 1] = manifest.generations;
    await writeFile(join(temporary, manifestFile), encodeManifest(manifest));
    for (const { name } of [...files, { name: manifestFile }, { name: "." }]) await toDisk(join(temporary, name));
    await seal(temporary, join(logFolder, rangeFolderOf(generation, first, last)));
    await toDisk(logFolder);
    return manifest;
  });
};

const writeFiles = async (temporary: string, range: RangeExport, source: Source, summary: SummaryOfRange): Promise<ArchivedFile[]> => {
  const staged = join(temporary, "staged");
  const instance = await openDuckDb({ path: `${staged}.duckdb`, spillFolder: `${staged}.spill`, memoryMegabytes: exportMemoryMegabytes, threads: exportThreads });
  try {
    const { staging, connection } = await createStaging(instance);
    await stageRecords(range, source, staging, summary);
    staging.finish();
    const names = await writeParquetFiles(connection, temporary, summary.summary().instruments);
    const files: ArchivedFile[] = [];
    for (const name of names) files.push({ name, ...(await fileFacts(join(temporary, name))), rows: await rowsIn(connection, join(temporary, name)) });
    return files;
  } finally {
    instance.closeSync();
    for (const ending of [".duckdb", ".duckdb.wal", ".spill"]) await rm(`${staged}${ending}`, { recursive: true, force: true });
  }
};

const rowsIn = async (connection: DuckDBConnection, path: string): Promise<number> => {
  const [[rows] = []] = (await connection.runAndReadAll(`SELECT count(*) FROM read_parquet(${pathLiteral(path)})`)).getRows();
  return Number(rows);
};

/** A rename onto a range that another export has sealed meanwhile fails: a folder with files in it is never replaced. */
const seal = async (temporary: string, range: string): Promise<void> => {
  try {
    await rename(temporary, range);
  } catch (cause) {
    const taken = cause instanceof Error && "code" in cause && (cause.code === "ENOTEMPTY" || cause.code === "EEXIST");
    if (!taken) throw cause;
    throw new ArchiveError("conflict", `${range} was taken by another export.`, { cause });
  }
};
