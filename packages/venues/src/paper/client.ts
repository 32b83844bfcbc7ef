import { isDefiniteRefusal, type Database, type Notifier, type Queryable } from "@finality/database";
import { decimal } from "@finality/domain";
import { VenueError } from "../errors.ts";
import type { SubmitAnswer, Venue, VenueOrder, VenueOrderState } from "../venue.ts";
import { readVenuePositions } from "./positions.ts";
import { appendVenueReports, readVenueReports, reportsOfOrder } from "./reports.ts";

type SubmitRow = { readonly accepted: boolean; readonly open: boolean; readonly listed: boolean; readonly expired: boolean };

/** One statement, one commit: it is accepted when this was answered, and only then. */
const submitSql = `
  WITH market AS (SELECT (terms ->> 'latencyMs')::int8 * 1000 AS latency_us FROM venue.terms WHERE log = $2),
       listed AS (SELECT FROM venue.quote WHERE log = $2 AND instrument = $4),
       clock AS (SELECT coalesce($8::int8 < extract(epoch FROM clock_timestamp()) * 1000000, false) AS expired),
       accepted AS (
         INSERT INTO venue.order (client_order_id, log, account, instrument, side, quantity, filled, arrives_us, state)
         SELECT $1, $2, $3, $4, $5, $6, '0', $7::int8 + latency_us, 'open' FROM market, listed, clock WHERE NOT expired
         ON CONFLICT (client_order_id) DO NOTHING RETURNING 1)
  SELECT EXISTS (SELECT FROM accepted) AS accepted, EXISTS (SELECT FROM market) AS open, EXISTS (SELECT FROM listed) AS listed,
         (SELECT expired FROM clock) AS expired`;

const rejectionOf = ({ open, listed, expired }: SubmitRow): string => {
  if (!open) return "no_such_market";
  if (!listed) return "no_such_instrument";
  return expired ? "request_expired" : "duplicate_client_order_id";
};

const submit = async (database: Database, order: VenueOrder): Promise<SubmitAnswer> => {
  const { clientOrderId, log, account, instrument, side, quantity, decidedUs, submitByUs } = order;
  if (decimal(quantity).lte(0)) return { kind: "rejected", reason: "quantity_not_positive" };
  try {
    const { rows } = await database.query<SubmitRow>(submitSql, [clientOrderId, log, account, instrument, side, quantity, decidedUs, submitByUs ?? null]);
    const [row] = rows;
    if (row === undefined) throw new Error("Invariant: a query without FROM gives one row.");
    return row.accepted ? { kind: "accepted" } : { kind: "rejected", reason: rejectionOf(row) };
  } catch (error) {
    if (isDefiniteRefusal(error)) throw new VenueError("unavailable", `The paper venue refused to take ${clientOrderId}: nothing was accepted.`, error);
    throw new VenueError("outcome_unknown", `The paper venue's answer to ${clientOrderId} was lost: it may have been accepted.`, error);
  }
};

type OrderRow = { readonly log: string; readonly account: string; readonly filled: string; readonly arrives_us: number; readonly head_us: number | null };

/** In the transaction of the lock on the order, which keeps it from being filled meanwhile. Its time is the log's. */
const cancel = async (client: Queryable, clientOrderId: string): Promise<void> => {
  const { rows } = await client.query<OrderRow>(
    `SELECT o.log, o.account, o.filled, o.arrives_us, (SELECT recorded_us FROM event_log.head h WHERE h.log = o.log) AS head_us
       FROM venue.order o WHERE client_order_id = $1 AND state = 'open' FOR UPDATE`,
    [clientOrderId],
  );
  for (const { account, filled, arrives_us: arrivesUs, head_us: headUs } of rows) {
    await client.query("UPDATE venue.order SET state = 'cancelled' WHERE client_order_id = $1", [clientOrderId]);
    const sequence = (await reportsOfOrder(client, account, clientOrderId)) + 1;
    const body = { reportId: `${clientOrderId}-v${String(sequence)}`, account, commandId: clientOrderId, sequence, cumulativeQuantity: filled, venueTimeUs: headUs ?? arrivesUs };
    await appendVenueReports(client, [{ type: "order_report", body: { ...body, state: "cancelled", reason: "cancelled_by_client" } }]);
  }
};

const answered = async <T>(question: string, ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    throw new VenueError("unavailable", `The paper venue did not answer: ${question}.`, error);
  }
};

/**
 * The paper venue, seen by an executor: over its tables, so that what it accepted outlives the executor (rule 24). The service paper-venue
 * executes what is accepted here. Rejects `quantity_not_positive`, `no_such_market` (no terms for the log), `no_such_instrument` (the venue
 * has not read its listing), `request_expired`, `duplicate_client_order_id`.
 */
export const createPaperVenueClient = (database: Database, notifier?: Notifier): Venue => ({
  submit: (order) => submit(database, order),
  orderByClientId: (clientOrderId) =>
    answered(`what became of ${clientOrderId}`, async () => {
      const sql = `SELECT client_order_id AS "clientOrderId", state, filled FROM venue.order WHERE client_order_id = $1`;
      return (await database.query<VenueOrderState>(sql, [clientOrderId])).rows[0];
    }),
  openOrders: (account) =>
    answered(`open orders of ${account}`, async () => {
      const sql = "SELECT client_order_id AS id FROM venue.order WHERE account = $1 AND state = 'open' ORDER BY client_order_id";
      return (await database.query<{ readonly id: string }>(sql, [account])).rows.map(({ id }) => id);
    }),
  positions: (account, log) => answered(`positions of ${account}`, () => readVenuePositions(database, account, log)),
  cancel: async (clientOrderId) => {
    await answered(`cancel ${clientOrderId}`, () => database.transaction((client) => cancel(client, clientOrderId)));
    notifier?.notify("venue_report");
  },
  reports: (account, afterSequence, limit) => answered(`reports of ${account}`, () => readVenueReports(database, account, afterSequence, limit)),
});
