import { canonicalJson, decodeJson, type Fill, type OrderReport } from "@finality/contracts";
import type { Queryable } from "@finality/database";
import type { VenueReport } from "../venue.ts";

export type NewVenueReport = { readonly type: "order_report"; readonly body: OrderReport } | { readonly type: "fill"; readonly body: Fill };

/** Advisory lock class of an account's numbering at the paper venue. */
const numberingLock = 1_853_191_541;

/**
 * Numbers reports behind the account's last one, without gaps, in the caller's transaction, which also changes the orders. Accounts are
 * locked in order of name until its end, so whoever locks orders does that before.
 */
export const appendVenueReports = async (client: Queryable, reports: readonly NewVenueReport[]): Promise<void> => {
  const accounts = [...new Set(reports.map(({ body }) => body.account))].sort();
  for (const account of accounts) {
    await client.query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [numberingLock, account]);
    const own = reports.filter(({ body }) => body.account === account);
    const columns = [own.map(({ body }) => body.commandId), own.map(({ type }) => type), own.map(({ body }) => Buffer.from(canonicalJson(body))), own.map(({ body }) => body.venueTimeUs)];
    await client.query(
      `INSERT INTO venue.report (account, sequence, client_order_id, type, body, venue_us)
       SELECT $1, (SELECT coalesce(max(sequence), 0) FROM venue.report WHERE account = $1) + n, id, type, body, venue_us
         FROM unnest($2::text[], $3::text[], $4::bytea[], $5::int8[]) WITH ORDINALITY AS new (id, type, body, venue_us, n)`,
      [account, ...columns],
    );
  }
};

type ReportRow = { readonly sequence: number; readonly type: VenueReport["type"]; readonly body: Uint8Array; readonly log: string };

export const readVenueReports = async (database: Queryable, account: string, afterSequence: number, limit: number): Promise<readonly VenueReport[]> => {
  const { rows } = await database.query<ReportRow>(
    `SELECT r.sequence, r.type, r.body, o.log FROM venue.report r JOIN venue.order o USING (client_order_id)
      WHERE r.account = $1 AND r.sequence > $2 ORDER BY r.sequence LIMIT $3`,
    [account, afterSequence, limit],
  );
  return rows.map(({ sequence, type, body, log }) => venueReportOf(sequence, type, log, decodeJson(body)));
};

/** `appendVenueReports` wrote the bytes from these very types: the casts lose nothing. */
const venueReportOf = (sequence: number, type: VenueReport["type"], log: string, body: unknown): VenueReport =>
  type === "fill" ? { sequence, type, log, body: body as Fill } : { sequence, type, log, body: body as OrderReport };

/** How many reports the order has; their bodies count from 1. */
export const reportsOfOrder = async (client: Queryable, account: string, clientOrderId: string): Promise<number> => {
  const { rows } = await client.query<{ readonly count: number }>("SELECT count(*) AS count FROM venue.report WHERE account = $1 AND client_order_id = $2", [account, clientOrderId]);
  return rows[0]?.count ?? 0;
};
