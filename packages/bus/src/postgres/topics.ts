import type { Database, Queryable } from "@finality/database";
import { BusError } from "../errors.ts";

/** The notification channel of a topic. */
export const channelOf = (topic: string): string => `bus_${topic.replaceAll(".", "_")}`;

type TopicRow = { readonly topic: string; readonly partitions: number };

export const ensureTopics = (database: Database, topics: readonly string[], partitions: number): Promise<void> =>
  database.transaction(async (client) => {
    // In order of name: two that create overlapping sets wait for each other instead of deadlocking.
    const names = [...new Set(topics)].sort();
    await client.query("INSERT INTO bus.topic (topic, partitions) SELECT topic, $2 FROM unnest($1::text[]) topic ORDER BY topic ON CONFLICT DO NOTHING", [names, partitions]);
    const { rows } = await client.query<TopicRow>("SELECT topic, partitions FROM bus.topic WHERE topic = ANY($1) ORDER BY topic", [names]);
    const other = rows.find((row) => row.partitions !== partitions);
    if (other !== undefined) {
      throw new BusError("partition_mismatch", `The topic ${other.topic} has ${other.partitions} partitions, not ${partitions}.`);
    }
    await client.query(
      `INSERT INTO bus.partition_head (topic, partition)
       SELECT topic, partition FROM unnest($1::text[]) topic, generate_series(0, $2 - 1) partition ORDER BY topic, partition ON CONFLICT DO NOTHING`,
      [names, partitions],
    );
  });

/** The partition count that all `topics` have. Throws BusError "unknown_topic" or "partition_mismatch". */
export const sharedPartitions = async (client: Queryable, topics: readonly string[]): Promise<number> => {
  const { rows } = await client.query<TopicRow>({ name: "bus_partitions", text: "SELECT topic, partitions FROM bus.topic WHERE topic = ANY($1)", values: [topics] });
  const missing = topics.find((topic) => !rows.some((row) => row.topic === topic));
  const first = rows[0];
  if (missing !== undefined || first === undefined) throw new BusError("unknown_topic", `The topic ${missing ?? "(none named)"} does not exist.`);
  const other = rows.find((row) => row.partitions !== first.partitions);
  if (other !== undefined) {
    throw new BusError("partition_mismatch", `The topics ${first.topic} and ${other.topic} are read together and have ${first.partitions} and ${other.partitions} partitions.`);
  }
  return first.partitions;
};

/** Throws BusError "unknown_topic" or "unknown_partition". */
export const endOffset = async (client: Queryable, topic: string, partition: number): Promise<number> => {
  const { rows } = await client.query<{ readonly next_offset: number }>({
    name: "bus_end_offset",
    text: "SELECT next_offset FROM bus.partition_head WHERE topic = $1 AND partition = $2",
    values: [topic, partition],
  });
  const row = rows[0];
  if (row !== undefined) return row.next_offset;
  const partitions = await sharedPartitions(client, [topic]);
  throw new BusError("unknown_partition", `The topic ${topic} has the partitions 0 to ${partitions - 1}, not ${partition}.`);
};
