import type { Database } from "@finality/database";

/** The event store's columns and primary key, and nothing else: no trigger, no head, no offsets. */
export const createBareTable = async (database: Database): Promise<void> => {
  await database.query("CREATE TABLE public.bare (LIKE event_log.record INCLUDING INDEXES)");
};

/** The stored columns of some records, in the order of the table. */
export type BareColumns = readonly (readonly unknown[])[];

const columnNames = ["log", "position", "generation", "type", "version", "venue_us", "recorded_us", "payload", "provenance", "content_hash", "leaf_hash"] as const;

type BareRow = Readonly<Record<(typeof columnNames)[number], unknown>>;

/** Reads what the event store holds behind `after` up to `to`. */
export const readColumns = async (database: Database, { log, after, to }: { readonly log: string; readonly after: number; readonly to: number }): Promise<BareColumns> => {
  const { rows } = await database.query<BareRow>("SELECT * FROM event_log.record WHERE log = $1 AND position > $2 AND position <= $3 ORDER BY position", [log, after, to]);
  return columnNames.map((name) => rows.map((row) => row[name]));
};

/** One statement, hence one durable commit. The records go into a log of another name, or their keys would be taken. */
export const insertBare = async (database: Database, log: string, [, ...columns]: BareColumns): Promise<void> => {
  await database.query({
    name: "bare insert",
    text: `INSERT INTO public.bare
           SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::text[], $5::int[], $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[])`,
    values: [log, ...columns],
  });
};
