import type { Queryable } from "@finality/database";
import { ExecutionError } from "./errors.ts";

/** The dispatcher's name among the followers of the logs. */
export const dispatcherFollower = "dispatcher";

/** How far `follower` has read the log; 0 when it never did. */
export const checkpointOf = async (database: Queryable, follower: string, log: string): Promise<number> => {
  const sql = "SELECT position FROM execution.follower WHERE follower = $1 AND log = $2";
  const { rows } = await database.query<{ readonly position: number }>(sql, [follower, log]);
  return rows[0]?.position ?? 0;
};

export type CheckpointMove = { readonly follower: string; readonly log: string; readonly from: number; readonly to: number };

/**
 * Moves the checkpoint in the transaction of the effects, so that a record has them once. Throws ExecutionError "checkpoint_moved" when it
 * is not at `from`: then a second process of this follower had them already.
 */
export const moveCheckpoint = async (client: Queryable, { follower, log, from, to }: CheckpointMove): Promise<void> => {
  const { rowCount } = await client.query(
    `INSERT INTO execution.follower (follower, log, position) SELECT $1, $2, $4 WHERE $3::int8 = 0 OR EXISTS (SELECT FROM execution.follower WHERE follower = $1 AND log = $2)
     ON CONFLICT (follower, log) DO UPDATE SET position = $4 WHERE follower.position = $3::int8`,
    [follower, log, from, to],
  );
  if (rowCount !== 1) throw checkpointMoved({ follower, log, from });
};

export const checkpointMoved = ({ follower, log, from }: Omit<CheckpointMove, "to">): ExecutionError =>
  new ExecutionError("checkpoint_moved", `The checkpoint of ${follower} in log ${log} is not at position ${String(from)} any more.`);

/** Runs `follow`; returns when another process of the same follower was faster, which is no failure: begin again from the checkpoint. */
export const whileAlone = async (follow: () => Promise<void>): Promise<void> => {
  try {
    await follow();
  } catch (error) {
    if (!(error instanceof ExecutionError && error.code === "checkpoint_moved")) throw error;
  }
};
