import type { Fill, OrderReport } from "@finality/contracts";
import type { Database, Queryable } from "@finality/database";
import { commandById } from "./commands.ts";
import { ExecutionError } from "./errors.ts";
import { ownReports, writeReport, type Report } from "./outbox.ts";
import { settle } from "./settle.ts";

/** A report as the venue numbers it: `sequence` counts the account's, `body.sequence` the order's, both from 1. */
export type TakenReport =
  | { readonly sequence: number; readonly type: "order_report"; readonly log: string; readonly body: OrderReport }
  | { readonly sequence: number; readonly type: "fill"; readonly log: string; readonly body: Fill };

/** The last of the account's venue reports that was taken over; 0 when none was. */
export const venueCursor = async (database: Queryable, account: string): Promise<number> => {
  const { rows } = await database.query<{ readonly sequence: number }>("SELECT sequence FROM execution.venue_cursor WHERE account = $1", [account]);
  return rows[0]?.sequence ?? 0;
};

/**
 * Takes reports behind `cursor` into the outbox, the cursor with them. A report proves that its order was accepted, so an attempt still
 * open is answered first; an order's reports are numbered behind the executor's own, without gaps.
 * Throws ExecutionError "cursor_moved" when another process was faster.
 */
export const takeOverReports = (database: Database, account: string, cursor: number, reports: readonly TakenReport[]): Promise<void> =>
  database.transaction(async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO execution.venue_cursor (account, sequence) SELECT $1, $3 WHERE $2::int8 = 0 OR EXISTS (SELECT FROM execution.venue_cursor WHERE account = $1)
       ON CONFLICT (account) DO UPDATE SET sequence = $3 WHERE venue_cursor.sequence = $2::int8`,
      [account, cursor, reports.at(-1)?.sequence ?? cursor],
    );
    if (rowCount !== 1) throw new ExecutionError("cursor_moved", `The venue reports of ${account} behind ${String(cursor)} were taken over by somebody else.`);
    for (const report of reports) {
      await settle(client, report.body.commandId, { state: "accepted" });
      await writeReport(client, await numbered(client, report));
    }
  });

const numbered = async (client: Queryable, report: TakenReport): Promise<Report> => {
  const sequence = (await reportsBefore(client, report)) + report.body.sequence;
  return report.type === "fill"
    ? { type: report.type, log: report.log, body: { ...report.body, sequence } }
    : { type: report.type, log: report.log, body: { ...report.body, sequence } };
};

/**
 * How many reports of the executor's own the log was told of the order before. Of an order of ours that nobody knows here, since its log was
 * set back, one was told that is lost with it: numbered so, the report is the same that the bus may hand in again.
 */
const reportsBefore = async (client: Queryable, { log, body: { commandId } }: TakenReport): Promise<number> => {
  const own = await ownReports(client, commandId);
  if (own > 0 || !isCommandId(log, commandId)) return own;
  return (await commandById(client, commandId)) === undefined ? 1 : own;
};

const isCommandId = (log: string, id: string): boolean => id.startsWith(`${log}-`) && /^\d+-\d+$/.test(id.slice(log.length + 1));
