import { decodeJson, type Fill, type OrderReport } from "@finality/contracts";
import type { Database } from "@finality/database";
import type { Outgoing } from "./publish.ts";

export type PendingReport = { readonly id: number; readonly report: Outgoing };

/** Reports in the executors' outbox that were not published yet, in the order that makes equal logs (rule 33). */
export const pendingReports = async (database: Database, log: string): Promise<readonly PendingReport[]> => {
  const { rows } = await database.query<{ readonly id: number; readonly type: "order_report" | "fill"; readonly body: Uint8Array }>(
    `SELECT id, type, body FROM execution.outbox WHERE log = $1 AND NOT published
      ORDER BY venue_us, account COLLATE "C", command_id COLLATE "C", sequence`,
    [log],
  );
  return rows.map(({ id, type, body }) => ({ id, report: reportOf(type, decodeJson(body)) }));
};

/** The executor wrote the bytes from the same types, and the sequencer checks them against their schema: the cast loses nothing. */
const reportOf = (type: "order_report" | "fill", body: unknown): Outgoing => (type === "fill" ? { type, body: body as Fill } : { type, body: body as OrderReport });
