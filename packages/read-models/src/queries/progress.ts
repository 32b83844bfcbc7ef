import type { PrismaClient } from "@finality/database";
import type { Checkpoint } from "../rows/rows.ts";
import type { ReadClient } from "./read-rows.ts";

/** Where the read models of a log stand. */
export type Progress = {
  readonly checkpoint: Checkpoint;
  /** Position of the log's last record. */
  readonly head: number;
  /** Age of unprojected work, milliseconds of wall time: 0 at the head, else how long ago the checkpoint moved. */
  readonly lagMs: number;
};

// As Prisma reads them: int8 is a bigint.
type ProgressColumns = { log: string; generation: number; position: bigint; recorded_us: bigint; venue_us: bigint; head: bigint; lag_ms: number };

const progress = (row: ProgressColumns): Progress => ({
  checkpoint: {
    log: row.log,
    generation: row.generation,
    position: Number(row.position),
    recordedTimeUs: Number(row.recorded_us),
    venueTimeUs: Number(row.venue_us),
  },
  head: Number(row.head),
  lagMs: row.lag_ms,
});

/** Of every log that has read models, by name. */
export const progressOfLogs = async (client: ReadClient): Promise<readonly Progress[]> => {
  const rows = await client.$queryRaw<ProgressColumns[]>`
    SELECT c.log, c.generation, c.position, c.recorded_us, c.venue_us, coalesce(h.position, c.position) AS head,
           CASE WHEN coalesce(h.position, c.position) <= c.position THEN 0
                ELSE greatest(0, round(extract(epoch FROM clock_timestamp() - c.updated_at) * 1000)) END::float8 AS lag_ms
      FROM read_model.checkpoint c LEFT JOIN event_log.head h USING (log)
     ORDER BY c.log COLLATE "C"`;
  return rows.map(progress);
};

export const progressOf = async (client: ReadClient, log: string): Promise<Progress | undefined> =>
  (await progressOfLogs(client)).find(({ checkpoint }) => checkpoint.log === log);

/** The checkpoint of a log's read models; undefined before the first record was projected. */
export const checkpoint = async (client: ReadClient, log: string): Promise<Checkpoint | undefined> => (await progressOf(client, log))?.checkpoint;

/** Runs the queries of `read` on one snapshot of the database, so that rows and checkpoint belong together. Not for more than 5 s of work. */
export const inOneSnapshot = <T>(prisma: PrismaClient, read: (client: ReadClient) => Promise<T>): Promise<T> =>
  prisma.$transaction(read, { isolationLevel: "RepeatableRead", maxWait: 5_000, timeout: 5_000 });
