import { Kafka, logLevel } from "kafkajs";

// A process of its own: node consume-child.ts <brokers> <topic> <messages> reads so many messages from the beginning with a consumer group, parses each,
// and prints as JSON how many it read behind its first batch, and in how many milliseconds.

const [brokers = "", topic = "", wanted = "1"] = process.argv.slice(2);
const messages = Number(wanted);

const consumer = new Kafka({ clientId: "bench-consumer", brokers: brokers.split(","), logLevel: logLevel.ERROR }).consumer({ groupId: `bench-${String(process.pid)}`, allowAutoTopicCreation: false });
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
const done = Promise.withResolvers<string>();
const [count, first] = [{ parsed: 0 }, { count: 0, atMs: 0 }];
await consumer.run({
  eachBatch: async ({ batch }) => {
    for (const { value } of batch.messages) if (value !== null && typeof JSON.parse(value.toString()) === "object") count.parsed += 1;
    if (first.count === 0) Object.assign(first, { count: count.parsed, atMs: performance.now() });
    if (count.parsed >= messages) done.resolve(JSON.stringify({ messages: count.parsed - first.count, ms: performance.now() - first.atMs }));
  },
});
process.stdout.write(await done.promise);
await consumer.disconnect();
