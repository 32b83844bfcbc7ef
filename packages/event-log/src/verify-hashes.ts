import type { StoredRecord } from "@finality/contracts";
import type { LogReader } from "./event-log.ts";
import { EventLogError } from "./errors.ts";
import { recordChunks } from "./record-chunks.ts";
import { appendLeaves, contentHash, emptyFrontier, type Frontier, leafHash, provenanceHash, rootOf } from "@finality/transparency";

/** Where stored bytes and stored hashes part. Hashes in lower-case hex. */
export type HashDifference =
  | {
      readonly at: "record";
      readonly position: number;
      readonly type: string;
      readonly storedLeafHash: string;
      readonly computedLeafHash: string;
      /** What was changed, as far as the hashes tell. `content_hash`: that column alone, which the leaf hashes do not show. */
      readonly part: "content" | "provenance_or_leaf_hash" | "content_hash";
    }
  /** Every record goes with its own hashes, but together they do not give the root that the head keeps. */
  | { readonly at: "root"; readonly position: number; readonly storedRoot: string; readonly computedRoot: string };

export type HashVerdict = { readonly records: number; readonly firstDifference: HashDifference | undefined };

/** Recomputes every hash of a log from its stored bytes, up to the head of now. Throws `unknown_log`, `hole`. */
export const verifyHashes = async (reader: LogReader, log: string): Promise<HashVerdict> => {
  const head = await reader.head(log);
  if (head === undefined) throw new EventLogError("unknown_log", `There is no log ${log}.`);
  let frontier: Frontier = emptyFrontier;
  for await (const records of recordChunks(reader, { log, after: 0, to: head.position })) {
    for (const record of records) {
      const firstDifference = differenceIn(record);
      if (firstDifference !== undefined) return { records: record.position, firstDifference };
    }
    frontier = appendLeaves(frontier, records.map((record) => record.leafHash));
  }
  const computed = rootOf(frontier);
  if (computed.equals(head.root)) return { records: frontier.size, firstDifference: undefined };
  const roots = { storedRoot: Buffer.from(head.root).toString("hex"), computedRoot: computed.toString("hex") };
  return { records: frontier.size, firstDifference: { at: "root", position: head.position, ...roots } };
};

const differenceIn = (record: StoredRecord): HashDifference | undefined => {
  const content = contentHash(record);
  const leaf = leafHash(content, provenanceHash(record.provenance));
  const contentHolds = content.equals(record.contentHash);
  const leafHolds = leaf.equals(record.leafHash);
  if (contentHolds && leafHolds) return undefined;
  return {
    at: "record",
    position: record.position,
    type: record.type,
    storedLeafHash: Buffer.from(record.leafHash).toString("hex"),
    computedLeafHash: leaf.toString("hex"),
    part: leafHolds ? "content_hash" : contentHolds ? "provenance_or_leaf_hash" : "content",
  };
};
