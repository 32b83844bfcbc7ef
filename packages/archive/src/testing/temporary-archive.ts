import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { StoredRecord } from "@finality/contracts";
import { pathLiteral, literal } from "../duckdb/sql-text.ts";
import { exportRange } from "../export/export-range.ts";
import { fileFacts } from "../export/file-facts.ts";
import { manifestFile, rangeFolderOf } from "../layout.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../manifest/manifest.ts";
import { chunksOf } from "./sample-log.ts";

/** Runs with a new empty folder, whose name has what a glob would take for a pattern, and removes it. */
export const withFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "finality's [archive]*-"));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Seals the records in ranges that end at the given positions. */
export const sealed = async (folder: string, records: readonly StoredRecord[], ends: readonly number[] = [records.length]): Promise<readonly Manifest[]> => {
  const manifests: Manifest[] = [];
  let first = 1;
  for (const last of ends) {
    const [{ log } = { log: "SPX" }] = records;
    manifests.push(await exportRange({ folder, log, first, last, records: chunksOf(records.slice(first - 1)) }));
    first = last + 1;
  }
  return manifests;
};

export const folderOf = (folder: string, { log, generations, first, last }: Manifest): string => join(folder, log, rangeFolderOf(generations[0] ?? 0, first, last));

/** Rows of a statement as plain objects. `{file}` stands for the path. */
export const query = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    instance.closeSync();
  }
};

export const source = (path: string): string => `read_parquet(${pathLiteral(path)})`;

/** Writes a file anew with what `select` makes of it, as somebody would who wants to change the past. */
export const rewritten = async (path: string, select: (file: string) => string): Promise<void> => {
  await query(`COPY (${select(source(path))}) TO ${literal(`${path}.new`)} (FORMAT parquet, COMPRESSION zstd)`);
  await rename(`${path}.new`, path);
};

/** Makes the manifest agree with the files as they are now. */
export const resealed = async (range: string, change: (manifest: Manifest) => Manifest = (manifest) => manifest): Promise<void> => {
  const path = join(range, manifestFile);
  const manifest = decodeManifest(await readFile(path), path);
  const files = await Promise.all(manifest.files.map(async (file) => ({ ...file, ...(await fileFacts(join(range, file.name))) })));
  await writeFile(path, encodeManifest(change({ ...manifest, files })));
};

/** A record with its bytes as hex, so that a difference is readable. */
export const shown = ({ payload, provenance, contentHash, leafHash, ...record }: StoredRecord): object => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  return { ...record, payload: hex(payload), provenance: hex(provenance), contentHash: hex(contentHash), leafHash: hex(leafHash) };
};
