import type { Database, Queryable } from "@finality/database";
import { EventLogError } from "./errors.ts";

/** A range of positions of a log and where its records are. */
export type RecordPartition = {
  readonly log: string;
  readonly first: number;
  readonly last: number;
  /** Of the table in the schema `event_log_part`. */
  readonly name: string;
  /** When it left PostgreSQL's log; undefined while it is read. */
  readonly detachedAt: Date | undefined;
};

type PartitionRow = { readonly log: string; readonly first_position: number; readonly last_position: number; readonly name: string; readonly detached_at: Date | null };

/** Every partition that a log has or had, by position. */
export const recordPartitions = async (database: Queryable, log: string): Promise<readonly RecordPartition[]> => {
  const { rows } = await database.query<PartitionRow>("SELECT log, first_position, last_position, name, detached_at FROM event_log.record_partition WHERE log = $1 ORDER BY first_position", [log]);
  return rows.map(({ first_position: first, last_position: last, detached_at: detachedAt, ...row }) => ({ ...row, first, last, detachedAt: detachedAt ?? undefined }));
};

/** The last position that is no longer in PostgreSQL; 0 when all of them are. */
export const detachedUpTo = async (database: Queryable, log: string): Promise<number> => {
  const { rows } = await database.query<{ last: number | null }>("SELECT max(last_position) AS last FROM event_log.record_partition WHERE log = $1 AND detached_at IS NOT NULL", [log]);
  return rows[0]?.last ?? 0;
};

/** What left, as it was noted then, by position. */
export const partitionsThatLeft = async (database: Queryable, log: string): Promise<readonly (Pick<Leaving, "root" | "manifestHash"> & { readonly last: number })[]> => {
  const { rows } = await database.query<{ last_position: number; root: Buffer; manifest_hash: Buffer }>(
    "SELECT last_position, root, manifest_hash FROM event_log.record_partition WHERE log = $1 AND detached_at IS NOT NULL ORDER BY last_position",
    [log],
  );
  return rows.map(({ last_position: last, root, manifest_hash: manifestHash }) => ({ last, root, manifestHash }));
};

export type Leaving = {
  readonly partition: RecordPartition;
  /** RFC 6962 root over the leaves 1 to the partition's last record, as the archive was verified. */
  readonly root: Uint8Array;
  /** SHA-256 of the archive's manifest that holds the last record. */
  readonly manifestHash: Uint8Array;
  /** Salted reference of the person (rule 40). */
  readonly actor: string;
  /** Drops the detached table; without it the table stays in its schema, and no log reads it. */
  readonly drop: boolean;
};

/** Longest time that appends and reads may wait for the detaching, which waits for those that are under way. */
const lockTimeout = "5s";

/**
 * Takes a partition out of the log, by the role that owns it; what left stands in `event_log.record_partition`. The caller has verified that
 * the archive holds the same records. Throws EventLogError "conflict" when an older partition is still there, or the head is not past this one.
 */
export const detachPartition = (owner: Database, { partition, root, manifestHash, actor, drop }: Leaving): Promise<void> =>
  owner.transaction(async (client) => {
    const { log, first, last, name } = partition;
    const before = (await recordPartitions(client, log)).find((each) => each.detachedAt === undefined);
    if (before?.name !== name) throw new EventLogError("conflict", `Log ${log}: the partition of positions ${String(first)} to ${String(last)} is not the oldest that is still there${before === undefined ? "" : ` (${String(before.first)} to ${String(before.last)} is)`}.`);
    const { rows } = await client.query<{ position: number }>("SELECT position FROM event_log.head WHERE log = $1", [log]);
    const position = rows[0]?.position ?? 0;
    if (position <= last) throw new EventLogError("conflict", `Log ${log} is at position ${String(position)}; its partition up to ${String(last)} is not sealed.`);
    await client.query("SELECT set_config('lock_timeout', $1, true)", [lockTimeout]);
    const quoted = `event_log_part."${name.replaceAll('"', '""')}"`;
    await client.query(`ALTER TABLE event_log.record DETACH PARTITION ${quoted}`);
    if (drop) await client.query(`DROP TABLE ${quoted}`);
    await client.query("UPDATE event_log.record_partition SET detached_at = now(), root = $3, manifest_hash = $4, actor = $5 WHERE log = $1 AND first_position = $2", [log, first, Buffer.from(root), Buffer.from(manifestHash), actor]);
  });
