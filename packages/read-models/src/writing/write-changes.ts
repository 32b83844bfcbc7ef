import type { Database, Queryable } from "@finality/database";
import { ReadModelError } from "../errors.ts";
import type { Checkpoint, ReadModels } from "../rows/rows.ts";
import { tableNames, upserts } from "./tables.ts";

export type ReadModelChanges = {
  /** Position of the checkpoint that these rows follow; 0 for a log without one. */
  readonly from: number;
  /** The checkpoint that they make true. */
  readonly to: Checkpoint;
  /** Rows that changed between the two. */
  readonly rows: ReadModels;
  /** Called with everything written and nothing committed: where a crash test ends the process. */
  readonly beforeCommit?: () => void;
};

const insertCheckpoint = `INSERT INTO read_model.checkpoint (log, generation, position, recorded_us, venue_us)
  VALUES ($1, $2, $3, $4, $5) ON CONFLICT (log) DO NOTHING`;
const moveCheckpoint = `UPDATE read_model.checkpoint
  SET generation = $2, position = $3, recorded_us = $4, venue_us = $5, updated_at = clock_timestamp()
  WHERE log = $1 AND position = $6`;

const moved = (log: string, from: number): ReadModelError =>
  new ReadModelError(
    "checkpoint_moved",
    `The read models of log ${log} are no longer at position ${String(from)}, where this projector left them: another projector writes them, or they were rebuilt.`,
  );

/** Compare and set: of two projectors on one log the second finds the checkpoint elsewhere and changes nothing. */
const advance = async (client: Queryable, from: number, to: Checkpoint): Promise<void> => {
  const values = [to.log, to.generation, to.position, to.recordedTimeUs, to.venueTimeUs];
  const { rowCount } =
    from === 0
      ? await client.query({ name: "read-model-checkpoint-insert", text: insertCheckpoint, values })
      : await client.query({ name: "read-model-checkpoint-move", text: moveCheckpoint, values: [...values, from] });
  if (rowCount !== 1) throw moved(to.log, from);
};

/**
 * Writes rows and checkpoint in one transaction (rule 38): a reader sees both or neither.
 * Throws ReadModelError "checkpoint_moved", DatabaseError ("commit_unknown": read the checkpoint back, then repeat if it has not moved).
 */
export const writeChanges = (database: Database, { from, to, rows, beforeCommit }: ReadModelChanges): Promise<void> =>
  database.transaction(async (client) => {
    await advance(client, from, to);
    for (const statement of upserts(rows)) await client.query(statement);
    beforeCommit?.();
  });

/**
 * Puts a fresh rebuild, made beside, in place of a log's rows. Locks the checkpoint and demands that the rebuild is at least as far.
 * Throws ReadModelError "rebuild_behind".
 */
export const replaceReadModels = (database: Database, to: Checkpoint, rows: ReadModels): Promise<void> =>
  database.transaction(async (client) => {
    const { rows: found } = await client.query<{ position: number }>("SELECT position FROM read_model.checkpoint WHERE log = $1 FOR UPDATE", [to.log]);
    const [current] = found;
    if (current !== undefined && to.position < current.position) {
      throw new ReadModelError("rebuild_behind", `The rebuild of log ${to.log} reaches position ${String(to.position)}, its read models are at ${String(current.position)} already.`);
    }
    for (const table of [...tableNames, "checkpoint"]) await client.query(`DELETE FROM read_model.${table} WHERE log = $1`, [to.log]);
    await advance(client, 0, to);
    for (const statement of upserts(rows)) await client.query(statement);
  });

type CheckpointColumns = { log: string; generation: number; position: number; recorded_us: number; venue_us: number };

/** The checkpoint of a log, for its projector; undefined before the first record was projected. */
export const readCheckpoint = async (database: Queryable, log: string): Promise<Checkpoint | undefined> => {
  const { rows } = await database.query<CheckpointColumns>("SELECT log, generation, position, recorded_us, venue_us FROM read_model.checkpoint WHERE log = $1", [log]);
  const [row] = rows;
  return row && { log: row.log, generation: row.generation, position: row.position, recordedTimeUs: row.recorded_us, venueTimeUs: row.venue_us };
};
