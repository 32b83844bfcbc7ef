import { decodeRecord, type RecordContent } from "@finality/contracts";
import type { Queryable } from "@finality/database";
import { ExecutionError } from "./errors.ts";

/** What a log lives on, and how late it is there. Microseconds. */
export type LogTime = { readonly clock: "data" | "live"; readonly nowUs: number };

type LogRow = {
  readonly type: string;
  readonly version: number;
  readonly venue_us: number;
  readonly recorded_us: number;
  readonly payload: Uint8Array;
  readonly generation: number;
  readonly head_us: number;
  readonly wall_us: number;
};

/** A data log's time is that of its last record, never a wall clock (rule 33); a live log's is PostgreSQL's clock, one for all executors. */
export const logTime = async (client: Queryable, log: string): Promise<LogTime> => {
  const { rows } = await client.query<LogRow>(
    `SELECT r.type, r.version, r.venue_us, r.recorded_us, r.payload, r.generation, h.recorded_us AS head_us,
            (extract(epoch FROM clock_timestamp()) * 1000000)::int8 AS wall_us
       FROM event_log.record r JOIN event_log.head h USING (log) WHERE r.log = $1 AND r.position = 1`,
    [log],
  );
  const [row] = rows;
  if (row === undefined) throw notOpened(log, "it has no first record");
  const content: RecordContent = { type: row.type, version: row.version, venueTimeUs: row.venue_us, recordedTimeUs: row.recorded_us, payload: row.payload };
  const first = decodeRecord({ log, generation: row.generation, position: 1, ...content });
  if (first.type !== "LogOpened") throw notOpened(log, `its first record is ${first.type}`);
  return first.body.clock === "data" ? { clock: "data", nowUs: row.head_us } : { clock: "live", nowUs: row.wall_us };
};

const notOpened = (log: string, what: string): ExecutionError => new ExecutionError("log_not_opened", `Log ${log} is not open: ${what}.`);
