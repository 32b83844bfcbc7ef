import { setTimeout as sleep } from "node:timers/promises";
import kafkajs, { type Admin } from "kafkajs";
import { createClient, type KafkaConnection } from "./client.ts";
import { toBusError } from "./errors.ts";
import { visibleEveryMs, visibleTries } from "./topics.ts";

// Node finds only some names of this CommonJS package.
const { ConfigResourceTypes } = kafkajs;

/** What the topics of a bus are to be: infra/kafka/topics.json. */
export type TopicDefinition = {
  /** Of each topic: they are co-partitioned. */
  readonly partitions: number;
  /** Replicas of each partition; fewer where the cluster has fewer brokers. */
  readonly replicationFactor: number;
  /** Kafka's topic settings, by name; a topic's own win. */
  readonly config: Readonly<Record<string, string>>;
  readonly topics: readonly { readonly name: string; readonly config?: Readonly<Record<string, string>> }[];
};

/** What is not as it is to be. */
export type TopicFinding = {
  readonly topic: string;
  /** `topic`, `partitions`, `replication`, or the name of a setting. */
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  /** Whether `applyTopics` can mend it: partitions are never taken away, replicas are moved by the cluster's own tools. */
  readonly mends: boolean;
};

type Wanted = { readonly name: string; readonly partitions: number; readonly replicas: number; readonly config: Readonly<Record<string, string>> };

/** A cluster of one broker keeps one replica, and must not ask for two that are in sync. */
const wantedOf = ({ partitions, replicationFactor, config, topics }: TopicDefinition, brokers: number): readonly Wanted[] => {
  const replicas = Math.min(replicationFactor, brokers);
  const inSync = "min.insync.replicas";
  return topics.map(({ name, config: own = {} }) => {
    const merged: Record<string, string> = { ...config, ...own };
    if (merged[inSync] !== undefined) merged[inSync] = String(Math.min(Number(merged[inSync]), replicas));
    return { name, partitions, replicas, config: merged };
  });
};

const withAdmin = async <Result>(connection: KafkaConnection, doing: string, work: (admin: Admin) => Promise<Result>): Promise<Result> => {
  const admin = createClient(connection).admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw toBusError(error, doing);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};

const lookAt = async (admin: Admin, wanted: readonly Wanted[]): Promise<readonly TopicFinding[]> => {
  const there = new Set(await admin.listTopics());
  const present = wanted.filter(({ name }) => there.has(name));
  const missing = wanted.filter(({ name }) => !there.has(name)).map(({ name }) => ({ topic: name, what: "topic", wanted: "there", found: "missing", mends: true }));
  if (present.length === 0) return missing;
  const { topics: described } = await admin.fetchTopicMetadata({ topics: present.map(({ name }) => name) });
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: present.map(({ name, config }) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: Object.keys(config) })) });
  const findings = present.flatMap(({ name, partitions, replicas, config }): readonly TopicFinding[] => {
    const own = described.find((topic) => topic.name === name)?.partitions ?? [];
    const settings = new Map(resources.find(({ resourceName }) => resourceName === name)?.configEntries.map((entry) => [entry.configName, entry.configValue]));
    const fewest = Math.min(...own.map((partition) => partition.replicas.length));
    return [
      ...(own.length === partitions ? [] : [{ topic: name, what: "partitions", wanted: String(partitions), found: String(own.length), mends: own.length < partitions }]),
      ...(fewest >= replicas ? [] : [{ topic: name, what: "replication", wanted: String(replicas), found: String(fewest), mends: false }]),
      ...Object.entries(config).flatMap(([what, value]) => (settings.get(what) === value ? [] : [{ topic: name, what, wanted: value, found: settings.get(what) ?? "unset", mends: true }])),
    ];
  });
  return [...missing, ...findings];
};

const brokersOf = async (admin: Admin): Promise<number> => (await admin.describeCluster()).brokers.length;

/** What is not as the definition says; empty when all is. Throws BusError "unavailable", "refused". */
export const checkTopics = (connection: KafkaConnection, definition: TopicDefinition): Promise<readonly TopicFinding[]> =>
  withAdmin(connection, "Checking the topics", async (admin) => lookAt(admin, wantedOf(definition, await brokersOf(admin))));

/** Makes what is missing, adds partitions, sets settings, and waits until the brokers show it; what it found and mended, and what is left. Log to partition stands in the catalogue, so adding partitions moves nothing (rule 5). */
export const applyTopics = (connection: KafkaConnection, definition: TopicDefinition): Promise<{ readonly mended: readonly TopicFinding[]; readonly left: readonly TopicFinding[] }> =>
  withAdmin(connection, "Applying the topics", async (admin) => {
    const wanted = wantedOf(definition, await brokersOf(admin));
    const found = await lookAt(admin, wanted);
    const hasFinding = (what: (name: string) => boolean) => (topic: Wanted) => found.some((finding) => finding.topic === topic.name && finding.mends && what(finding.what));
    const missing = wanted.filter(hasFinding((what) => what === "topic"));
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ name, partitions, replicas, config }) => ({ topic: name, numPartitions: partitions, replicationFactor: replicas, configEntries: entriesOf(config) })),
      });
    }
    const small = wanted.filter(hasFinding((what) => what === "partitions"));
    if (small.length > 0) await admin.createPartitions({ topicPartitions: small.map(({ name, partitions }) => ({ topic: name, count: partitions })) });
    const unset = wanted.filter(hasFinding((what) => !["topic", "partitions", "replication"].includes(what)));
    if (unset.length > 0) {
      await admin.alterConfigs({ validateOnly: false, resources: unset.map(({ name, config }) => ({ type: ConfigResourceTypes.TOPIC, name, configEntries: entriesOf(config) })) });
    }
    const left = await whenVisible(admin, wanted);
    const isLeft = ({ topic, what }: TopicFinding): boolean => left.some((finding) => finding.topic === topic && finding.what === what);
    return { mended: found.filter((finding) => !isLeft(finding)), left };
  });

/** Brokers answer before each of them shows a change: what cannot be mended, or is still otherwise after some seconds. */
const whenVisible = async (admin: Admin, wanted: readonly Wanted[]): Promise<readonly TopicFinding[]> => {
  for (let tries = 0; ; tries++) {
    const last = tries === visibleTries;
    try {
      const left = await lookAt(admin, wanted);
      if (last || left.every(({ mends }) => !mends)) return left;
    } catch (error) {
      // One broker lists a topic that was made a moment ago, another does not know it yet.
      if (last || toBusError(error, "").code !== "unknown_topic") throw error;
    }
    await sleep(visibleEveryMs);
  }
};

const entriesOf = (config: Readonly<Record<string, string>>): { name: string; value: string }[] => Object.entries(config).map(([name, value]) => ({ name, value }));
