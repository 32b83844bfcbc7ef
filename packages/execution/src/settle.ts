import type { OrderState } from "@finality/contracts";
import type { Queryable } from "@finality/database";
import { logTime } from "./log-clock.ts";
import { ownReportId, ownReports, writeReport } from "./outbox.ts";

/** What became of sending a command. All but `unknown` are final. */
export type Outcome =
  | { readonly state: "accepted" }
  | { readonly state: "unknown" }
  | { readonly state: "rejected" | "expired" | "withdrawn"; readonly reason: string };

/** How the log is told; `withdrawn` never reached the venue. */
const reportedState: Readonly<Record<Outcome["state"], OrderState>> = {
  accepted: "accepted",
  unknown: "unknown",
  rejected: "rejected",
  expired: "expired",
  withdrawn: "rejected",
};

/**
 * Answers an attempt that is still being sent or unknown, and writes the report to the outbox, in the caller's transaction.
 * False when it has this answer or a final one already: of two answers the first stands, so a command has exactly one end.
 */
export const settle = async (client: Queryable, commandId: string, outcome: Outcome): Promise<boolean> => {
  const reason = "reason" in outcome ? outcome.reason : null;
  const { rowCount } = await client.query(
    `UPDATE execution.attempt SET state = $2, reason = $3, finished_at = CASE WHEN $2 = 'unknown' THEN NULL ELSE now() END
      WHERE command_id = $1 AND state IN ('sending', 'unknown') AND state <> $2`,
    [commandId, outcome.state, reason],
  );
  if (rowCount === 0) return false;
  await reportOutcome(client, commandId, outcome);
  return true;
};

/** In a data log the report happens when the decision did, so that a slow machine makes the same log. */
export const reportOutcome = async (client: Queryable, commandId: string, outcome: Outcome): Promise<void> => {
  const sql = "SELECT log, account, recorded_us FROM execution.command WHERE command_id = $1";
  const { rows } = await client.query<{ readonly log: string; readonly account: string; readonly recorded_us: number }>(sql, [commandId]);
  for (const { log, account, recorded_us: decidedUs } of rows) {
    const { clock, nowUs } = await logTime(client, log);
    const sequence = (await ownReports(client, commandId)) + 1;
    const common = { reportId: ownReportId(commandId, sequence), account, commandId, sequence, cumulativeQuantity: "0" };
    const body = { ...common, state: reportedState[outcome.state], venueTimeUs: clock === "data" ? decidedUs : nowUs, ...("reason" in outcome ? { reason: outcome.reason } : {}) };
    await writeReport(client, { type: "order_report", log, body });
  }
};

export type OpenAttempt = {
  readonly commandId: string;
  readonly account: string;
  readonly log: string;
  readonly book: string;
  readonly state: "sending" | "unknown";
  /** How long ago it had to be sent by, milliseconds on PostgreSQL's clock; negative: it may still be sent. */
  readonly overdueMs: number;
};

/** Attempts whose outcome is not known, oldest first. */
export const openAttempts = async (
  database: Queryable,
  { account, log, book }: { readonly account?: string; readonly log?: string; readonly book?: string },
): Promise<readonly OpenAttempt[]> => {
  const { rows } = await database.query<OpenAttempt>(
    `SELECT a.command_id AS "commandId", a.account, c.log, c.book, a.state,
            (extract(epoch FROM clock_timestamp() - a.send_by) * 1000)::float8 AS "overdueMs"
       FROM execution.attempt a JOIN execution.command c USING (command_id)
      WHERE a.state IN ('sending', 'unknown') AND ($1::text IS NULL OR a.account = $1) AND ($2::text IS NULL OR c.log = $2)
        AND ($3::text IS NULL OR c.book = $3) ORDER BY a.claimed_at, a.command_id`,
    [account ?? null, log ?? null, book ?? null],
  );
  return rows;
};
