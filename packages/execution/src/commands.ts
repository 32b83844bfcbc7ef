import { canonicalJson, commandIdOf, decodeJson, type DecisionRecord, type HedgeDecided } from "@finality/contracts";
import type { Queryable } from "@finality/database";
import { checkpointMoved, type CheckpointMove } from "./followers.ts";

/** A recorded hedge decision, as an order to be sent. */
export type Command = {
  readonly commandId: string;
  readonly log: string;
  readonly position: number;
  readonly account: string;
  readonly book: string;
  /** When it was decided, log time. */
  readonly recordedUs: number;
  /** Log time after which it is not sent. */
  readonly validUntilUs: number;
  readonly body: HedgeDecided;
};

type CommandRow = {
  readonly command_id: string;
  readonly log: string;
  readonly position: number;
  readonly account: string;
  readonly book: string;
  readonly recorded_us: number;
  readonly valid_until_us: number;
  readonly body: Uint8Array;
};

export type DecidedHedge = Extract<DecisionRecord, { type: "HedgeDecided" }>;

/**
 * Moves a follower's checkpoint over records that it read, and stores the commands among them; one that is stored already stays as it is.
 * One statement, hence one transaction and one way to PostgreSQL and back. It does not wait for the disk: everything is in the log, and
 * what is lost in a crash is lost together, the checkpoint with the commands; a claim of a command, which waits, makes both durable.
 * Throws ExecutionError "checkpoint_moved" when another process of the follower was faster.
 */
export const recordCommands = async (database: Queryable, { follower, log, from, to }: CheckpointMove, decided: readonly DecidedHedge[]): Promise<void> => {
  const column = <Value>(value: (hedge: DecidedHedge) => Value): Value[] => decided.map(value);
  const { rows } = await database.query<{ readonly moved: number }>({
    name: "execution.record_commands",
    text: `
      WITH moved AS (
        INSERT INTO execution.follower (follower, log, position)
        SELECT $1, $2, $4 WHERE $3::int8 = 0 OR EXISTS (SELECT FROM execution.follower WHERE follower = $1 AND log = $2)
        ON CONFLICT (follower, log) DO UPDATE SET position = $4 WHERE follower.position = $3::int8
        RETURNING 1),
      recorded AS (
        INSERT INTO execution.command (command_id, log, position, account, book, recorded_us, valid_until_us, body)
        SELECT c.command_id, $2, c.position, c.account, c.book, c.recorded_us, c.valid_until_us, decode(c.body, 'base64')
          FROM moved, unnest($5::text[], $6::int8[], $7::text[], $8::text[], $9::int8[], $10::int8[], $11::text[])
            AS c (command_id, position, account, book, recorded_us, valid_until_us, body)
        ON CONFLICT (command_id) DO NOTHING)
      SELECT count(*)::int AS moved, set_config('synchronous_commit', 'off', true) FROM moved`,
    values: [
      follower,
      log,
      from,
      to,
      column(commandIdOf),
      column(({ position }) => position),
      column(({ body }) => body.account),
      column(({ body }) => body.book),
      column(({ recordedTimeUs }) => recordedTimeUs),
      column(({ body }) => body.validUntilUs),
      // Arrays of bytea would travel as text twice as long.
      column(({ body }) => Buffer.from(canonicalJson(body)).toString("base64")),
    ],
  });
  if (rows[0]?.moved !== 1) throw checkpointMoved({ follower, log, from });
};

export const commandById = async (client: Queryable, commandId: string): Promise<Command | undefined> => {
  const { rows } = await client.query<CommandRow>("SELECT * FROM execution.command WHERE command_id = $1", [commandId]);
  return rows.map(commandOf)[0];
};

const commandOf = (row: CommandRow): Command => ({
  commandId: row.command_id,
  log: row.log,
  position: row.position,
  account: row.account,
  book: row.book,
  recordedUs: row.recorded_us,
  validUntilUs: row.valid_until_us,
  // `recordCommands` wrote the bytes from this very type.
  body: decodeJson(row.body) as HedgeDecided,
});

/** Commands to whose sending no final answer is known, oldest first: what the sweep wakes executors for (rule 19). */
export const unansweredCommands = async (database: Queryable): Promise<readonly { readonly commandId: string; readonly account: string }[]> => {
  const { rows } = await database.query<{ readonly commandId: string; readonly account: string }>(
    `SELECT c.command_id AS "commandId", c.account FROM execution.command c LEFT JOIN execution.attempt a USING (command_id)
      WHERE a.command_id IS NULL OR a.state IN ('sending', 'unknown') ORDER BY c.log, c.position`,
  );
  return rows;
};

/** Every account that was ever sent a command, or whose venue reports are to be looked at. */
export const commandAccounts = async (database: Queryable): Promise<readonly string[]> => {
  const { rows } = await database.query<{ readonly account: string }>("SELECT account FROM execution.command UNION SELECT account FROM execution.venue_cursor ORDER BY account");
  return rows.map(({ account }) => account);
};
