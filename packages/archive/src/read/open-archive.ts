import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { ContractsError, type LogRecord, type StoredRecord } from "@finality/contracts";
import { appendLeaves, emptyFrontier, type Frontier } from "@finality/transparency";
import { openDuckDb } from "../duckdb/open-duckdb.ts";
import { ArchiveError } from "../errors.ts";
import { frontierFrom, type Manifest } from "../manifest/manifest.ts";
import { type SealedRange, sealedRanges } from "../manifest/sealed-ranges.ts";
import { archivedRecords, type ArchivedRecord } from "./archived-records.ts";
import { createPages } from "./pages.ts";
import { decodedRecord, storedRecord } from "./put-together.ts";

/** Positions, both included: from the log's first, to the last archived one when absent. */
export type Positions = { readonly from?: number | undefined; readonly to?: number | undefined };

/** Reads sealed ranges. Whether their files are those that were sealed is `verifyArchive`'s to say. */
export interface Archive {
  /** Sealed ranges of a log in order; new ones are seen at each call. */
  ranges(log: string): Promise<readonly Manifest[]>;
  /** Records behind `afterPosition`, at most `limit`, contiguous; none behind the last archived one. Throws `hole`, `corrupt`. */
  read(log: string, afterPosition: number, limit: number): Promise<readonly StoredRecord[]>;
  /** The same as a stream, in batches of bounded size. */
  records(log: string, positions?: Positions): AsyncIterable<readonly StoredRecord[]>;
  /** Decoded to the newest version: what folding needs, several times as fast. Throws also what `decodeRecord` throws. */
  logRecords(log: string, positions?: Positions): AsyncIterable<readonly LogRecord[]>;
  /** The tree over a log's positions 1 … `size`: out of the manifests, and within a range out of its leaf hashes. Throws `hole`, `bad_manifest`. */
  tree(log: string, size: number): Promise<Frontier>;
  close(): void;
}

const [readMemoryMegabytes, readThreads] = [1_024, 2];

export const openArchive = async (folder: string): Promise<Archive> => {
  const spillFolder = join(tmpdir(), `finality-archive-${randomUUID()}`);
  const instance = await openDuckDb({ spillFolder, memoryMegabytes: readMemoryMegabytes, threads: readThreads });
  async function* batches<T>(log: string, positions: Positions, make: (archived: ArchivedRecord) => T, bodiesOnly: boolean): AsyncGenerator<readonly T[], void, void> {
    const from = positions.from ?? 1;
    let next = from;
    for (const range of spanned(log, await sealedRanges(folder, log), positions)) {
      const to = Math.min(range.manifest.last, positions.to ?? range.manifest.last);
      for await (const batch of archivedRecords(instance, range, { from: next, to, bodiesOnly })) {
        for (const { position } of batch) {
          if (position !== next) throw new ArchiveError("hole", `${range.folder} has position ${String(position)} where ${String(next)} is due.`);
          next++;
        }
        yield batch.map(make);
      }
      if (next <= to) throw new ArchiveError("hole", `${range.folder} has no record at position ${String(next)}.`);
    }
  }
  /** Bodies alone as long as they can be read; where one is of another release, with the provenance that says of which. */
  async function* decoded(log: string, positions: Positions): AsyncGenerator<readonly LogRecord[], void, void> {
    let next = positions.from ?? 1;
    try {
      for await (const batch of batches(log, positions, decodedRecord, true)) {
        next += batch.length;
        yield batch;
      }
    } catch (error) {
      if (!(error instanceof ContractsError) || (error.code !== "unknown_type" && error.code !== "unknown_version")) throw error;
      yield* batches(log, { ...positions, from: next }, decodedRecord, false);
    }
  }
  const records = (log: string, positions: Positions = {}) => batches(log, positions, storedRecord, false);
  const read = createPages(records);
  const tree = async (log: string, size: number): Promise<Frontier> => {
    if (size === 0) return emptyFrontier;
    const manifest = (await sealedRanges(folder, log)).findLast(({ manifest: { first } }) => first <= size + 1)?.manifest;
    if (manifest === undefined) throw new ArchiveError("hole", `The archive of log ${log} has no position ${String(size)}.`);
    const { first, last } = manifest;
    let frontier = last <= size ? frontierFrom(last, manifest.frontierAfter) : frontierFrom(first - 1, manifest.frontierBefore);
    if (frontier === undefined) throw new ArchiveError("bad_manifest", `The manifest of positions ${String(first)} to ${String(last)} of log ${log} has no trees of their sizes.`);
    if (frontier.size < size) for await (const batch of records(log, { from: frontier.size + 1, to: size })) frontier = appendLeaves(frontier, batch.map(({ leafHash }) => leafHash));
    if (frontier.size < size) throw new ArchiveError("hole", `The archive of log ${log} ends at position ${String(frontier.size)}.`);
    return frontier;
  };
  return {
    ranges: async (log) => (await sealedRanges(folder, log)).map(({ manifest }) => manifest),
    read,
    records,
    logRecords: (log, positions = {}) => decoded(log, positions),
    tree,
    close: () => instance.closeSync(),
  };
};

/** The ranges that hold the positions. Throws `hole` where one is missing before or between them. */
const spanned = (log: string, ranges: readonly SealedRange[], { from = 1, to = Infinity }: Positions): readonly SealedRange[] => {
  const found = ranges.filter(({ manifest }) => manifest.last >= from && manifest.first <= to);
  let next = from;
  for (const { manifest } of found) {
    if (manifest.first > next) throw new ArchiveError("hole", `The archive of log ${log} has no positions ${String(next)} to ${String(manifest.first - 1)}.`);
    next = manifest.last + 1;
  }
  const behind = ranges.find(({ manifest }) => manifest.first >= next);
  if (behind !== undefined && next <= to) throw new ArchiveError("hole", `The archive of log ${log} has no positions ${String(next)} to ${String(behind.manifest.first - 1)}.`);
  return found;
};
