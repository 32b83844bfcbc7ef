import type { Database } from "@finality/database";
import { invariant } from "./invariant.ts";

/** Which partition of every topic carries a log (rule 5). A row is never changed: adding partitions moves nothing. */
export interface Catalogue {
  /** The log's partition; the next free one, from 0, when it has none yet. */
  assignPartition(log: string): Promise<number>;
  partitionOf(log: string): Promise<number | undefined>;
  logOf(partition: number): Promise<string | undefined>;
  /** All of it, by partition. */
  list(): Promise<readonly CatalogueEntry[]>;
}

export type CatalogueEntry = { readonly log: string; readonly partition: number };

export const createCatalogue = (database: Database): Catalogue => {
  const partitionOf = async (log: string): Promise<number | undefined> =>
    (await database.query<CatalogueEntry>("SELECT partition FROM event_log.catalogue WHERE log = $1", [log])).rows[0]?.partition;
  return {
    partitionOf,
    assignPartition: async (log) => (await partitionOf(log)) ?? (await assign(database, log)),
    logOf: async (partition) =>
      (await database.query<CatalogueEntry>("SELECT log FROM event_log.catalogue WHERE partition = $1", [partition])).rows[0]?.log,
    list: async () => (await database.query<CatalogueEntry>("SELECT log, partition FROM event_log.catalogue ORDER BY partition")).rows,
  };
};

const assign = (database: Database, log: string): Promise<number> =>
  database.transaction(async (client) => {
    // One at a time, so that two new logs cannot take the same partition; readers are not kept waiting.
    await client.query("LOCK TABLE event_log.catalogue IN SHARE ROW EXCLUSIVE MODE");
    await client.query(
      `INSERT INTO event_log.catalogue (log, partition)
       SELECT $1, coalesce(max(partition) + 1, 0) FROM event_log.catalogue ON CONFLICT (log) DO NOTHING`,
      [log],
    );
    const { rows } = await client.query<CatalogueEntry>("SELECT partition FROM event_log.catalogue WHERE log = $1", [log]);
    invariant(rows[0] !== undefined, "a catalogue row that was inserted is there");
    return rows[0].partition;
  });
