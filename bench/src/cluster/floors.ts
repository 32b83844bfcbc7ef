import type { Database } from "@finality/database";
import { Queue } from "bullmq";
import type { Kafka, Producer } from "kafkajs";
import { elapsedMs } from "../timing.ts";
import { createTopics, type Ground } from "./ground.ts";

/** What each step of a tick's way costs with the bare library, measured one at a time. Milliseconds. */
export type Floors = {
  /** kafkajs: from handing a message to the producer until a group's consumer has it in hand. */
  produceAndConsume(value: Buffer): Promise<number>;
  /** pg: one durable insert of so many bytes. */
  commit(): Promise<number>;
  /** BullMQ: one job added. */
  add(): Promise<number>;
  close(): Promise<void>;
};

const topic = "bench.floor";
const rowBytes = 500;

export const openFloors = async ({ kafka, producer, database, redisUrl }: Ground): Promise<Floors> => {
  await createTopics(kafka, [topic]);
  const round = await openRound(kafka, producer);
  await database.query("CREATE TABLE public.bare_commit (id bigint PRIMARY KEY, payload bytea NOT NULL)");
  const queue = new Queue("bench-floor", { connection: { url: redisUrl } });
  await queue.waitUntilReady();
  let count = 0;
  return {
    produceAndConsume: round.trip,
    commit: () => elapsedMs(() => insertBare(database, count++)),
    add: () => {
      const jobId = `bare-${String(count++)}`;
      return elapsedMs(() => queue.add("command", { commandId: jobId }, { jobId, removeOnComplete: true, removeOnFail: true }));
    },
    close: async () => {
      await round.close();
      await queue.close();
    },
  };
};

const bytes = Buffer.alloc(rowBytes, 1);

const insertBare = (database: Database, row: number): Promise<unknown> => database.query({ name: "bare commit", text: "INSERT INTO public.bare_commit VALUES ($1, $2)", values: [row, bytes] });

const openRound = async (kafka: Kafka, producer: Producer): Promise<{ readonly trip: Floors["produceAndConsume"]; close(): Promise<void> }> => {
  const consumer = kafka.consumer({ groupId: "bench-floor", allowAutoTopicCreation: false });
  let arrived = Promise.withResolvers<number>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: async () => arrived.resolve(performance.now()) });
  const trip = async (value: Buffer): Promise<number> => {
    arrived = Promise.withResolvers();
    const sentAt = performance.now();
    await producer.send({ topic, messages: [{ value, partition: 0 }], acks: -1 });
    return (await arrived.promise) - sentAt;
  };
  return { trip, close: () => consumer.disconnect() };
};
