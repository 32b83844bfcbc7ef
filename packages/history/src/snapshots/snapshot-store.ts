import type { Queryable } from "@finality/database";
import { semantics } from "@finality/engine";
import { snapshotFormat, type NewSnapshot, type SnapshotInfo, type SnapshotPlace } from "./snapshot.ts";

/** Snapshots in PostgreSQL: a cache that any of its users may find wrong. */
export interface SnapshotStore {
  /** Of a log (of all logs without one), by log and position; those of other engines and rejected ones too. */
  list(log?: string): Promise<readonly SnapshotInfo[]>;
  /** Those that this engine may use at or before a position, newest first. */
  usable(log: string, atMost: number): Promise<readonly SnapshotInfo[]>;
  /** Undefined when it was deleted meanwhile. */
  bytes(place: SnapshotPlace): Promise<Uint8Array | undefined>;
  /** False when there is one at this place already; it is replaced only where it was rejected. */
  put(snapshot: NewSnapshot): Promise<boolean>;
  reject(place: SnapshotPlace, reason: string): Promise<void>;
  /** Returns how many were deleted. */
  remove(log: string): Promise<number>;
}

type InfoRow = {
  readonly log: string;
  readonly position: number;
  readonly semantics: number;
  readonly format: number;
  readonly generation: number;
  readonly recorded_us: number;
  readonly leaf_hash: Buffer;
  readonly state_hash: string;
  readonly build: string;
  readonly taken_at: Date;
  readonly rejected: string | null;
  readonly size: number;
};

const columns = "log, position, semantics, format, generation, recorded_us, leaf_hash, state_hash, build, taken_at, rejected, octet_length(bytes) AS size";

const info = ({ recorded_us: recordedUs, leaf_hash: leafHash, state_hash: stateHash, taken_at: takenAt, ...row }: InfoRow): SnapshotInfo => ({ ...row, recordedUs, leafHash, stateHash, takenAt });

const keyOf = ({ log, position, semantics: meaning, format }: SnapshotPlace): readonly unknown[] => [log, position, meaning, format];

export const createSnapshotStore = (database: Queryable): SnapshotStore => ({
  list: async (log) =>
    (await database.query<InfoRow>(`SELECT ${columns} FROM event_log.snapshot WHERE $1::text IS NULL OR log = $1 ORDER BY log, position, semantics, format`, [log ?? null])).rows.map(info),
  usable: async (log, atMost) =>
    (
      await database.query<InfoRow>(
        `SELECT ${columns} FROM event_log.snapshot WHERE log = $1 AND position <= $2 AND semantics = $3 AND format = $4 AND rejected IS NULL ORDER BY position DESC LIMIT 5`,
        [log, atMost, semantics, snapshotFormat],
      )
    ).rows.map(info),
  bytes: async (place) =>
    (await database.query<{ bytes: Buffer }>("SELECT bytes FROM event_log.snapshot WHERE log = $1 AND position = $2 AND semantics = $3 AND format = $4", [...keyOf(place)])).rows[0]?.bytes,
  put: async (snapshot) => {
    const { generation, recordedUs, leafHash, stateHash, build, bytes } = snapshot;
    const { rowCount } = await database.query(
      `INSERT INTO event_log.snapshot AS s (log, position, semantics, format, generation, recorded_us, leaf_hash, state_hash, build, bytes)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (log, position, semantics, format) DO UPDATE
          SET generation = excluded.generation, recorded_us = excluded.recorded_us, leaf_hash = excluded.leaf_hash, state_hash = excluded.state_hash,
              build = excluded.build, bytes = excluded.bytes, taken_at = now(), rejected = NULL
        WHERE s.rejected IS NOT NULL`,
      [...keyOf(snapshot), generation, recordedUs, Buffer.from(leafHash), stateHash, build, Buffer.from(bytes)],
    );
    return rowCount === 1;
  },
  reject: async (place, reason) => {
    await database.query("UPDATE event_log.snapshot SET rejected = $5 WHERE log = $1 AND position = $2 AND semantics = $3 AND format = $4", [...keyOf(place), reason]);
  },
  remove: async (log) => (await database.query("DELETE FROM event_log.snapshot WHERE log = $1", [log])).rowCount ?? 0,
});
