import type { Queryable } from "@finality/database";
import type { SourceOffset } from "./event-log.ts";
import { readOffsets } from "./statements.ts";

export type StoredOffset = SourceOffset & {
  /** SHA-256 of the last consumed message's bytes. */
  readonly lastHash: Uint8Array | undefined;
  /** The storage that it was consumed from; undefined when its writer did not say. */
  readonly busIdentity: string | undefined;
};

type OffsetRow = { readonly topic: string; readonly partition: number; readonly next_offset: number; readonly last_hash: Buffer | null; readonly bus_identity: string | null };

/** Where a log's writer goes on in each topic, as of its last append. */
export const sourceOffsets = async (client: Queryable, log: string): Promise<readonly StoredOffset[]> => {
  const { rows } = await client.query<OffsetRow>(readOffsets, [log]);
  return rows.map(({ topic, partition, next_offset: nextOffset, last_hash: lastHash, bus_identity: busIdentity }) => ({
    topic,
    partition,
    nextOffset,
    lastHash: lastHash ?? undefined,
    busIdentity: busIdentity ?? undefined,
  }));
};
