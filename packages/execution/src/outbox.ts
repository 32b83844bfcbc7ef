import { canonicalJson, decodeJson, type Fill, type OrderReport } from "@finality/contracts";
import type { Queryable } from "@finality/database";

/** What a log is told of an order. */
export type Report =
  | { readonly type: "order_report"; readonly log: string; readonly body: OrderReport }
  | { readonly type: "fill"; readonly log: string; readonly body: Fill };

/** In the transaction of the outcome that it reports. A report that is there already stays as it is. `published`: the log has it. */
export const writeReport = async (client: Queryable, report: Report, published?: "published"): Promise<void> => {
  const { type, log, body } = report;
  await client.query(
    `INSERT INTO execution.outbox (report_id, log, account, command_id, sequence, venue_us, type, body, published)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (report_id) DO NOTHING`,
    [report.type === "fill" ? report.body.fillId : report.body.reportId, log, body.account, body.commandId, body.sequence, body.venueTimeUs, type, canonicalJson(body), published !== undefined],
  );
};

/** Id of the n-th report that an executor itself makes of a command, from 1. */
export const ownReportId = (commandId: string, n: number): string => `${commandId}-r${String(n)}`;

/** Sending has at most two answers of the executor's own: unknown, then what became of it. */
const ownReportsMax = 2;

/** How many of the executor's own reports the command has. */
export const ownReports = async (client: Queryable, commandId: string): Promise<number> => {
  const ids = Array.from({ length: ownReportsMax }, (_, index) => ownReportId(commandId, index + 1));
  const { rows } = await client.query<{ readonly count: number }>("SELECT count(*) AS count FROM execution.outbox WHERE report_id = ANY($1)", [ids]);
  return rows[0]?.count ?? 0;
};

type OutboxRow = { readonly id: number; readonly type: Report["type"]; readonly log: string; readonly body: Uint8Array };

/**
 * Reports of an account that were not published, in the order in which they were written. Only those of live logs: a data log's are
 * published by the conductor, by (venue time, account, command, sequence), so that equal days make equal logs (rule 33).
 */
export const publishableReports = async (database: Queryable, account: string, limit: number): Promise<readonly (Report & { readonly id: number })[]> => {
  const { rows } = await database.query<OutboxRow>(
    `SELECT o.id, o.type, o.log, o.body FROM execution.outbox o JOIN event_log.record r ON r.log = o.log AND r.position = 1
      WHERE NOT o.published AND o.account = $1 AND convert_from(r.payload, 'UTF8')::jsonb ->> 'clock' = 'live' ORDER BY o.id LIMIT $2`,
    [account, limit],
  );
  return rows.map(({ id, type, log, body }) => ({ id, ...reportOf(type, log, decodeJson(body)) }));
};

/** `writeReport` wrote the bytes from these very types: the casts lose nothing. */
const reportOf = (type: Report["type"], log: string, body: unknown): Report =>
  type === "fill" ? { type, log, body: body as Fill } : { type, log, body: body as OrderReport };

/** After the bus has acknowledged them; a crash in between publishes them again, and the writer knows them by id. */
export const markPublished = async (database: Queryable, ids: readonly number[]): Promise<void> => {
  await database.query("UPDATE execution.outbox SET published = true WHERE id = ANY($1::int8[])", [ids]);
};
