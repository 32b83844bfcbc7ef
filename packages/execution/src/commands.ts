import { canonicalJson, commandIdOf, decodeJson, type DecisionRecord, type HedgeDecided } from "@finality/contracts";
import type { Queryable } from "@finality/database";

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

/** Stores the command of a decision; one that is stored already stays as it is. */
export const recordCommand = async (client: Queryable, record: Extract<DecisionRecord, { type: "HedgeDecided" }>): Promise<string> => {
  const { log, position, recordedTimeUs, body } = record;
  const commandId = commandIdOf(record);
  await client.query(
    `INSERT INTO execution.command (command_id, log, position, account, book, recorded_us, valid_until_us, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (command_id) DO NOTHING`,
    [commandId, log, position, body.account, body.book, recordedTimeUs, body.validUntilUs, canonicalJson(body)],
  );
  return commandId;
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
  // `recordCommand` wrote the bytes from this very type.
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

/** Every account that was ever sent a command. */
export const commandAccounts = async (database: Queryable): Promise<readonly string[]> => {
  const { rows } = await database.query<{ readonly account: string }>("SELECT DISTINCT account FROM execution.command ORDER BY account");
  return rows.map(({ account }) => account);
};
