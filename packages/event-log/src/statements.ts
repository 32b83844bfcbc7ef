import { textLiteral } from "@finality/database";

// Every statement on a log but the append itself (append-statement.ts). Named, so that each is planned once a connection, but for the one that is copied out.

type NamedStatement = { readonly name: string; readonly text: string };

/** $1 log, $2 frontier and $3 root of the empty tree. */
export const openHead: NamedStatement = {
  name: "event_log.open_head",
  text: `INSERT INTO event_log.head (log, generation, epoch, position, recorded_us, frontier, root)
         VALUES ($1, 1, 0, 0, 0, $2, $3) ON CONFLICT (log) DO NOTHING`,
};

/** Waits for an open append (rule 2). $1 log. */
export const raiseEpoch: NamedStatement = {
  name: "event_log.raise_epoch",
  text: `UPDATE event_log.head SET epoch = epoch + 1 WHERE log = $1
         RETURNING generation, epoch, position, recorded_us, frontier, root`,
};

/** $1 log, $2 the position up to which records are to have a partition. */
export const ensurePartitions: NamedStatement = { name: "event_log.ensure_partitions", text: "SELECT event_log.ensure_partitions($1, $2) AS reached" };

/** Waits for an open append. $1 log. */
export const lockHead: NamedStatement = {
  name: "event_log.lock_head",
  text: "SELECT generation, epoch, position, recorded_us, frontier, root FROM event_log.head WHERE log = $1 FOR UPDATE",
};

const headColumns = "log, generation, epoch, position, recorded_us, root, duplicates";

export const readHeads: NamedStatement = { name: "event_log.heads", text: `SELECT ${headColumns} FROM event_log.head ORDER BY log` };
/** $1 log. */
export const readHead: NamedStatement = { name: "event_log.head", text: `SELECT ${headColumns} FROM event_log.head WHERE log = $1` };

/** Head and records of one snapshot, so that a record missing below the head is a hole and not a race. */
export const readRecords = (log: string, afterPosition: number, limit: number): string =>
  `SELECT h.position AS head, r.*
     FROM event_log.head h
     LEFT JOIN LATERAL (
       SELECT position, generation, type, version, venue_us, recorded_us, payload, provenance, content_hash, leaf_hash
         FROM event_log.record WHERE log = ${textLiteral(log)} AND position > ${String(afterPosition)} ORDER BY position LIMIT ${String(limit)}) r ON true
    WHERE h.log = ${textLiteral(log)} ORDER BY r.position`;

/** As `readRecords` without the bytes. */
export const readHashes: NamedStatement = {
  name: "event_log.read_hashes",
  text: `SELECT position, type, content_hash FROM event_log.record
          WHERE log = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4`,
};

/** $1 log. */
export const readOffsets: NamedStatement = {
  name: "event_log.offsets",
  text: "SELECT topic, partition, next_offset, last_hash, bus_identity FROM event_log.source_offset WHERE log = $1 ORDER BY topic, partition",
};
