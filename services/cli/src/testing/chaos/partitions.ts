import { topicNames } from "@finality/contracts";
import { Kafka, logLevel } from "kafkajs";
import { insist, type Arena } from "./arena.ts";

/** With the broker's own words, beside everything that the bus knows of topics. */
const asAdmin = async <Result>({ ground }: Pick<Arena, "ground">, work: (admin: ReturnType<Kafka["admin"]>) => Promise<Result>): Promise<Result> => {
  const admin = new Kafka({ clientId: "chaos", brokers: [...ground.kafka.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

const more = 4;

/** Some partitions more of every topic: no log may move by that. */
export const addPartitions = (arena: Arena): Promise<string> =>
  insist(async () => {
    const count = (await arena.bus.partitions(topicNames[0] ?? "")) + more;
    await asAdmin(arena, (admin) => admin.createPartitions({ topicPartitions: topicNames.map((topic) => ({ topic, count })) }));
    return `${String(count)} of each topic now`;
  });

const recreatedWithinMs = 20_000;

/** Deletes a topic with all its messages and makes it anew, as somebody does who wants to clean up. */
export const recreateTopic = async (arena: Arena, topic: string): Promise<void> => {
  const numPartitions = await arena.bus.partitions(topic);
  await asAdmin(arena, (admin) => admin.deleteTopics({ topics: [topic], timeout: recreatedWithinMs }));
  // The broker deletes in the background: for a moment the name is still taken.
  await insist(() => asAdmin(arena, (admin) => admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true, timeout: recreatedWithinMs })), recreatedWithinMs);
};
