import type { StoredRecord } from "@finality/contracts";
import { appendLeaves, contentHash, emptyFrontier, leafHash, provenanceHash, rootOf } from "@finality/transparency";
import type { VerifyDifference } from "./verdict.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Recomputes the hashes of records from their bytes as they pass by. */
export type LeafCheck = {
  add(records: readonly StoredRecord[]): void;
  /** The first record whose bytes are not the ones that were hashed. */
  readonly difference: VerifyDifference | undefined;
  /** For a log whose records all passed by: its leaves against the root that its head keeps. */
  compareRoot(head: { readonly position: number; readonly root: Uint8Array }): VerifyDifference | undefined;
};

export const leafCheck = (log: string): LeafCheck => {
  let frontier = emptyFrontier;
  let difference: VerifyDifference | undefined;
  const check = (record: StoredRecord): void => {
    const content = contentHash(record);
    const leaf = leafHash(content, provenanceHash(record.provenance));
    if (content.equals(record.contentHash) && leaf.equals(record.leafHash)) return;
    difference ??= { log, kind: "leaf", position: record.position, storedLeafHash: hex(record.leafHash), computedLeafHash: leaf.toString("hex") };
  };
  return {
    add: (records) => {
      records.forEach(check);
      frontier = appendLeaves(frontier, records.map((record) => record.leafHash));
    },
    get difference() {
      return difference;
    },
    compareRoot: ({ position, root }) => {
      const computed = rootOf(frontier);
      return computed.equals(root) ? undefined : { log, kind: "root", position, storedRoot: hex(root), computedRoot: computed.toString("hex") };
    },
  };
};
