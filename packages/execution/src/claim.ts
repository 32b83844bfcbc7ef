import type { Database, Queryable } from "@finality/database";
import { commandById, type Command } from "./commands.ts";
import { holdHaltsOff, isHalted } from "./halts.ts";
import { logTime } from "./log-clock.ts";
import { reportOutcome, type Outcome } from "./settle.ts";

export type ClaimOptions = {
  readonly commandId: string;
  /** Who claims: one name a process start. */
  readonly executor: string;
  /** From now on this long it may be sent, milliseconds. */
  readonly sendWithinMs: number;
};

export type Claim =
  /** Ours: send it, before `sendByUs` of PostgreSQL's clock. */
  | { readonly kind: "claimed"; readonly command: Command; readonly sendByUs: number }
  /** Halted or past its validity: answered and reported, nothing is to be sent. */
  | { readonly kind: "refused"; readonly outcome: Outcome }
  /** Somebody has claimed it: never send, only ask (rule 20). */
  | { readonly kind: "taken" }
  /** Nobody recorded it: refuse it (rule 21). */
  | { readonly kind: "not_recorded" };

/** The right to send a command, given once. Halts and validity are checked in the claim's own transaction (rules 20 to 22). */
export const claim = (database: Database, { commandId, executor, sendWithinMs }: ClaimOptions): Promise<Claim> =>
  database.transaction(async (client): Promise<Claim> => {
    await holdHaltsOff(client);
    const command = await commandById(client, commandId);
    if (command === undefined) return { kind: "not_recorded" };
    const refusal = await reasonNotToSend(client, command);
    const { rows } = await client.query<{ readonly send_by_us: number }>(
      `INSERT INTO execution.attempt (command_id, account, state, reason, executor, send_by, finished_at)
       VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 millisecond', CASE WHEN $3 = 'sending' THEN NULL ELSE now() END)
       ON CONFLICT (command_id) DO NOTHING RETURNING (extract(epoch FROM send_by) * 1000000)::int8 AS send_by_us`,
      [commandId, command.account, refusal?.state ?? "sending", refusal?.reason ?? null, executor, sendWithinMs],
    );
    const [row] = rows;
    if (row === undefined) return { kind: "taken" };
    if (refusal === undefined) return { kind: "claimed", command, sendByUs: row.send_by_us };
    await reportOutcome(client, commandId, refusal);
    return { kind: "refused", outcome: refusal };
  });

const reasonNotToSend = async (client: Queryable, { log, book, validUntilUs }: Command): Promise<Extract<Outcome, { readonly reason: string }> | undefined> => {
  if (await isHalted(client, log, book)) return { state: "withdrawn", reason: "halted" };
  const { nowUs } = await logTime(client, log);
  return nowUs > validUntilUs ? { state: "expired", reason: "validity_passed" } : undefined;
};
