import type { Bus, Consumer } from "../bus.ts";
import { BusError } from "../errors.ts";
import { createClient, loggerOf, type KafkaConnection } from "./client.ts";
import { startConsumer } from "./consumer.ts";
import { toBusError } from "./errors.ts";
import { createProducer } from "./producer.ts";
import { createReader } from "./reader.ts";
import { createTopics } from "./topics.ts";
import { createUnderWay } from "./under-way.ts";

export type KafkaBusOptions = KafkaConnection & {
  /** Milliseconds for which brokers that are away are waited for before a call fails; default 30,000. */
  readonly giveUpAfterMs?: number;
  /** Names of assignors of consumers, the preferred one first: in a rolling upgrade the old release's beside the new (rule 39). */
  readonly assignors?: readonly string[];
};

const sessionTimeoutMsDefault = 10_000;
const giveUpAfterMsDefault = 30_000;

/** Known until it is stopped. */
const keep = (consumers: Set<Consumer>, consumer: Consumer): Consumer => {
  const kept: Consumer = {
    ...consumer,
    stop: async () => {
      await consumer.stop();
      consumers.delete(kept);
    },
  };
  consumers.add(kept);
  return kept;
};

/** The bus on Apache Kafka. Connects when first used; `close` stops its consumers and disconnects. */
export const createKafkaBus = (options: KafkaBusOptions): Bus => {
  const { sessionTimeoutMs = sessionTimeoutMsDefault, giveUpAfterMs = giveUpAfterMsDefault, assignors } = options;
  const kafka = createClient(options);
  const reader = createReader(kafka, giveUpAfterMs);
  const producer = createProducer(kafka, reader);
  const admin = kafka.admin();
  const consumers = new Set<Consumer>();
  const administering = createUnderWay();
  let adminConnected: Promise<void> | undefined;
  let closed = false;

  const whileOpen = (doing: string): void => {
    if (closed) throw new BusError("closed", `${doing}: the bus is closed.`);
  };
  const administered = async <Result>(doing: string, work: () => Promise<Result>): Promise<Result> => {
    whileOpen(doing);
    try {
      await (adminConnected ??= admin.connect());
      return await work();
    } catch (error) {
      adminConnected = undefined;
      throw toBusError(error, doing);
    }
  };
  const withAdmin = <Result>(doing: string, work: () => Promise<Result>): Promise<Result> => administering.keep(administered(doing, work));

  return {
    ensureTopics: async (topics, partitions) => {
      await withAdmin(`Creating ${topics.join(", ")}`, () => createTopics(admin, topics, partitions));
      await reader.forget();
    },
    partitions: async (topic) => {
      whileOpen(`Looking up ${topic}`);
      // Some may have been added since it was last asked.
      await reader.forget();
      return reader.partitions(topic);
    },
    produce: async (messages) => {
      whileOpen(`Producing ${String(messages.length)} messages`);
      return producer.produce(messages);
    },
    consume: async (consumerOptions, handlers) => {
      whileOpen(`Consuming for ${consumerOptions.group}`);
      const consumer = await startConsumer({ kafka, reader, logger: loggerOf(options), sessionTimeoutMs, ...(assignors === undefined ? {} : { assignors }) }, consumerOptions, handlers);
      return keep(consumers, consumer);
    },
    endOffset: async (topic, partition) => {
      whileOpen(`Reading the end of ${topic}/${String(partition)}`);
      return reader.end(topic, partition);
    },
    groupOffset: (group, topic, partition) =>
      withAdmin(`Reading the offset of ${group} in ${topic}/${String(partition)}`, async () => {
        const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
        return Math.max(0, Number(found?.partitions.find((each) => each.partition === partition)?.offset ?? 0));
      }),
    read: async (from, limit) => {
      whileOpen(`Reading ${from.topic}/${String(from.partition)} from ${String(from.offset)}`);
      return reader.read(from, limit);
    },
    identity: () => withAdmin("Asking for the cluster's id", async () => `kafka/${(await admin.describeCluster()).clusterId}`),
    close: async () => {
      closed = true;
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await producer.close();
      await reader.close();
      await administering.ended();
      await admin.disconnect();
    },
  };
};
