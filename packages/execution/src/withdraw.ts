import type { Queryable } from "@finality/database";
import { reportOutcome } from "./settle.ts";

export type WithdrawOrder = { readonly log?: string; readonly book?: string; /** Who withdraws: a name as executors have. */ readonly by: string };

/**
 * Cancels every command that nobody has claimed, by claiming it: no executor can send it any more (rule 22). Each is reported to its log.
 * An executor that claims at the same moment wins or loses as a whole: the attempt's key is given once. Returns the command ids in their order.
 */
export const withdrawUnsent = async (client: Queryable, { log, book, by }: WithdrawOrder): Promise<readonly string[]> => {
  const { rows } = await client.query<{ readonly command_id: string }>(
    `INSERT INTO execution.attempt (command_id, account, state, reason, executor, send_by, finished_at)
     SELECT c.command_id, c.account, 'withdrawn', 'cancelled', $3, now(), now() FROM execution.command c LEFT JOIN execution.attempt a USING (command_id)
      WHERE a.command_id IS NULL AND ($1::text IS NULL OR c.log = $1) AND ($2::text IS NULL OR c.book = $2) ORDER BY c.log, c.position
     ON CONFLICT (command_id) DO NOTHING RETURNING command_id`,
    [log ?? null, book ?? null, by],
  );
  const withdrawn = rows.map((row) => row.command_id);
  for (const commandId of withdrawn) await reportOutcome(client, commandId, { state: "withdrawn", reason: "cancelled" });
  return withdrawn;
};
