import type { Database, Queryable } from "@finality/database";
import { ReadModelError } from "../errors.ts";
import type { Checkpoint, ReadModels } from "../rows/rows.ts";
import { upserts } from "./tables.ts";

export type ReadModelChanges = {
  /** Of the log that `to` names. */
  readonly version: number;
  /** Position of the checkpoint that these rows follow; 0 for a version without one. */
  readonly from: number;
  /** The checkpoint that they make true. */
  readonly to: Checkpoint;
  /** Rows that changed between the two. */
  readonly rows: ReadModels;
  /** Called with everything written and nothing committed: what belongs into the same transaction, or where a crash test ends the process. */
  readonly beforeCommit?: (client: Queryable) => Promise<void> | void;
};

const moveCheckpoint = `UPDATE projection.version
  SET generation = $3, position = $4, recorded_us = $5, venue_us = $6, updated_at = clock_timestamp(), failed_reason = NULL, failed_position = NULL, failed_at = NULL
  WHERE log = $1 AND version = $2 AND position = $7`;

/** Compare and set: of two projectors on one version the second finds the checkpoint elsewhere and changes nothing. */
const advance = async (client: Queryable, { version, from, to }: ReadModelChanges): Promise<void> => {
  const values = [to.log, version, to.generation, to.position, to.recordedTimeUs, to.venueTimeUs, from];
  const { rowCount } = await client.query({ name: "read-model-checkpoint-move", text: moveCheckpoint, values });
  if (rowCount === 1) return;
  throw new ReadModelError(
    "checkpoint_moved",
    `Version ${String(version)} of the read models of log ${to.log} is no longer at position ${String(from)}, where this projector left it: another projector writes it, or it was dropped.`,
  );
};

/**
 * Writes rows and checkpoint in one transaction (rule 38): a reader sees both or neither.
 * Throws ReadModelError "checkpoint_moved", DatabaseError ("commit_unknown": read the checkpoint back, then repeat if it has not moved).
 */
export const writeChanges = (database: Database, changes: ReadModelChanges): Promise<void> =>
  database.transaction(async (client) => {
    await advance(client, changes);
    for (const statement of upserts(changes.version, changes.rows)) await client.query(statement);
    await changes.beforeCommit?.(client);
  });
