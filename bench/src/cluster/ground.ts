import type { Database } from "@finality/database";
import { topicNames } from "@finality/contracts";
import { createCatalogue } from "@finality/event-log";
import type { ServiceName } from "@finality/runtime";
import { privateKafka, privatePostgres, privateRedis } from "@finality/testkit";
import { Kafka, logLevel, type Message, type Producer } from "kafkajs";
import { startService, type ServiceProcess } from "./service-process.ts";

/** A Kafka broker, a PostgreSQL and a Redis of one part's own, with the topics made, and the services started on them. */
export type Ground = {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  readonly database: Database;
  /** kafkajs as it is, for baselines and for feeding. */
  readonly kafka: Kafka;
  readonly producer: Producer;
  /** Durable when resolved, in the order given. */
  produce(topic: string, partition: number, values: readonly Uint8Array[]): Promise<void>;
  partitionOf(log: string): Promise<number>;
  /** `settings`: besides where everything is. */
  start(service: ServiceName, settings?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
};

const partitions = 4;
/** The broker refuses more than 1 MiB in one go. */
const sendBytes = 700_000;

/** Ends everything that was started when the work is over. */
export const onGround = async <Result>(work: (ground: Ground) => Promise<Result>): Promise<Result> => {
  const [broker, postgres, redis] = await Promise.all([privateKafka({ nodes: 1 }), privatePostgres(), privateRedis()]);
  const kafka = new Kafka({ clientId: "bench", brokers: [...broker.brokers], logLevel: logLevel.ERROR });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const running: ServiceProcess[] = [];
  const environment = {
    DATABASE_URL: postgres.url,
    KAFKA_BROKERS: broker.brokers.join(","),
    REDIS_URL: redis.url,
    FINALITY_HEALTH_PORT: "0",
    FINALITY_API_PORT: "0",
    FINALITY_LOG_LEVEL: "info",
  };
  try {
    await createTopics(kafka, topicNames);
    await producer.connect();
    const catalogue = createCatalogue(postgres.database);
    return await work({
      brokers: broker.brokers,
      redisUrl: redis.url,
      database: postgres.database,
      kafka,
      producer,
      produce: async (topic, partition, values) => {
        for (const messages of sendsOf(partition, values)) await producer.send({ topic, messages, acks: -1 });
      },
      partitionOf: (log) => catalogue.assignPartition(log),
      start: async (service, settings = {}) => {
        const started = await startService(service, { ...environment, ...settings });
        running.push(started);
        return started;
      },
    });
  } finally {
    await Promise.allSettled(running.map((each) => each.end("SIGKILL")));
    await producer.disconnect();
    await Promise.all([broker.dispose(), postgres.dispose(), redis.dispose()]);
  }
};

export const createTopics = async (kafka: Kafka, topics: readonly string[]): Promise<void> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: 1 })), waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
};

const messageOverhead = 100;
const sendMessages = 1_000;

const sendsOf = function* (partition: number, values: readonly Uint8Array[]): Generator<Message[]> {
  let some: Message[] = [];
  let bytes = 0;
  for (const value of values) {
    const size = value.length + messageOverhead;
    if (some.length === sendMessages || (some.length > 0 && bytes + size > sendBytes)) {
      yield some;
      [some, bytes] = [[], 0];
    }
    some.push({ value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), partition });
    bytes += size;
  }
  if (some.length > 0) yield some;
};
