import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { DuckDBInstance } from "@duckdb/node-api";
import { openDuckDb } from "../duckdb/open-duckdb.ts";
import { ArchiveError } from "../errors.ts";
import { manifestFile, rangeFolderOf } from "../layout.ts";
import { archivedLogs, rangeFolders, readSealedRange, type SealedRange } from "../manifest/sealed-ranges.ts";
import type { ArchiveFinding, RangeFinding } from "./finding.ts";
import { verifyColumns } from "./verify-columns.ts";
import { verifyFiles } from "./verify-files.ts";
import { verifyRecords } from "./verify-records.ts";

const [verifyMemoryMegabytes, verifyThreads] = [1_024, 2];

/**
 * Everything that is wrong in the archive of one log or of all, range by range; nothing where all is well. Each file is held against its
 * hash, and each record against its own, recomputed from the rows. A range missing at the end is seen only against the log itself.
 */
export async function* verifyArchive(folder: string, log?: string): AsyncGenerator<ArchiveFinding, void, void> {
  const instance = await openDuckDb({ spillFolder: join(tmpdir(), `finality-archive-${randomUUID()}`), memoryMegabytes: verifyMemoryMegabytes, threads: verifyThreads });
  try {
    for (const each of log === undefined ? await archivedLogs(folder) : [log]) yield* verifyLog(instance, folder, each);
  } finally {
    instance.closeSync();
  }
}

/** `unknown`: there is a range before, but not one that can be read. */
type Before = SealedRange | "none" | "unknown";

async function* verifyLog(instance: DuckDBInstance, folder: string, log: string): AsyncGenerator<ArchiveFinding, void, void> {
  let before: Before = "none";
  for (const range of await rangeFolders(folder, log)) {
    const sealed = await sealedOrFinding(range);
    if ("problem" in sealed) {
      yield { log, range, ...sealed };
      before = "unknown";
      continue;
    }
    for await (const finding of verifyRange(instance, log, sealed, before)) yield { log, range, ...finding };
    before = sealed;
  }
}

const sealedOrFinding = async (range: string): Promise<SealedRange | RangeFinding> => {
  try {
    return (await readSealedRange(range)) ?? { file: manifestFile, problem: "unsealed", detail: "The folder has no manifest." };
  } catch (error) {
    if (error instanceof ArchiveError) return { file: manifestFile, problem: "bad_manifest", detail: error.message };
    throw error;
  }
};

async function* verifyRange(instance: DuckDBInstance, log: string, range: SealedRange, before: Before): AsyncGenerator<RangeFinding, void, void> {
  yield* chainFindings(log, range, before);
  const suspects = new Set<string>();
  for await (const finding of verifyFiles(range)) {
    suspects.add(finding.file);
    yield finding;
  }
  yield* verifyRecords(instance, { range, semantics: semanticsBefore(range, before), suspects });
  yield* verifyColumns(instance, range, suspects);
}

/** Where the range before cannot be read, what this one says of it is taken as it is. */
const semanticsBefore = ({ manifest }: SealedRange, before: Before): number | undefined => {
  if (typeof before !== "string") return before.manifest.semantics.at(-1);
  return manifest.previous === null ? undefined : manifest.semantics[0];
};

function* chainFindings(log: string, { folder, manifest }: SealedRange, before: Before): Generator<RangeFinding, void, void> {
  const file = manifestFile;
  const { first, last, previous, generations } = manifest;
  if (manifest.log !== log || basename(folder) !== rangeFolderOf(generations[0] ?? 0, first, last)) {
    yield { file, position: first, problem: "bad_manifest", detail: `The manifest is of log ${manifest.log}, positions ${String(first)} to ${String(last)}: another folder's.` };
  }
  if (before === "unknown") return;
  if (before === "none") {
    if (previous !== null) yield { file, position: first - 1, problem: "missing_range", detail: `The manifest names a range before position ${String(first)}, which is not there.` };
    return;
  }
  const expected = before.manifest.last + 1;
  if (first !== expected) {
    yield { file, position: expected, problem: "missing_range", detail: `The range begins at position ${String(first)}; the one before ends at ${String(before.manifest.last)}.` };
    return;
  }
  if (previous !== before.manifestHash) yield { file, position: first, problem: "broken_chain", detail: `The manifest names the one before as ${String(previous)}; it is ${before.manifestHash}.` };
  if (manifest.frontierBefore.join() !== before.manifest.frontierAfter.join()) yield { file, position: first, problem: "broken_chain", detail: "The range begins with another tree than the one before ends with." };
}
