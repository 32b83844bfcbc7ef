import { Kafka, logLevel } from "kafkajs";

// A process of its own that does nothing: node idle-child.ts <brokers> <topic>, or without either for one without kafkajs running.
// Answers each message of the channel with what it has cost so far, and ends with the channel.

const [brokers, topic] = process.argv.slice(2);
const microseconds = 1_000_000;

process.on("disconnect", () => process.exit());
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuS: (user + system) / microseconds, bytes: process.memoryUsage.rss() });
});
if (brokers !== undefined && topic !== undefined) {
  const consumer = new Kafka({ clientId: "bench-idle", brokers: brokers.split(","), logLevel: logLevel.ERROR }).consumer({ groupId: "bench-idle", allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: false });
  await consumer.run({ eachMessage: async () => undefined });
}
