import type { Admin } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import { BusError } from "../errors.ts";
import { toBusError } from "./errors.ts";

/** What was changed is looked for so often before it counts as not visible. */
export const visibleTries = 50;
export const visibleEveryMs = 100;
const brokersDefault = -1;

const countsOf = async (admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  const there = new Set(await admin.listTopics());
  const known = topics.filter((topic) => there.has(topic));
  if (known.length === 0) return new Map();
  try {
    const { topics: described } = await admin.fetchTopicMetadata({ topics: known });
    return new Map(described.map(({ name, partitions }) => [name, partitions.length]));
  } catch (error) {
    // One broker lists a topic that was made a moment ago, another does not know it yet.
    if (toBusError(error, "").code === "unknown_topic") return new Map();
    throw error;
  }
};

/** Makes the topics that are missing, with the brokers' own settings. Several processes may do so at once. Throws BusError "partition_mismatch". */
export const createTopics = async (admin: Admin, topics: readonly string[], partitions: number): Promise<void> => {
  const before = await countsOf(admin, topics);
  const missing = topics.filter((topic) => !before.has(topic));
  if (missing.length > 0) {
    await admin.createTopics({ waitForLeaders: true, topics: missing.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: brokersDefault })) });
  }
  for (let tries = 0; ; tries++) {
    const counts = await countsOf(admin, topics);
    const wrong = topics.find((topic) => counts.has(topic) && counts.get(topic) !== partitions);
    if (wrong !== undefined) throw new BusError("partition_mismatch", `${wrong} has ${String(counts.get(wrong))} partitions, not ${String(partitions)}.`);
    if (counts.size === topics.length) return;
    if (tries === visibleTries) throw new BusError("unavailable", `The topics ${topics.join(", ")} were made, but the brokers do not all show them.`);
    await sleep(visibleEveryMs);
  }
};
