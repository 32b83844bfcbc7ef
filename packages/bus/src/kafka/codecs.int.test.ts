import { lacksKafka, randomName, testKafka } from "@finality/testkit";
import kafkajs from "kafkajs";
import { describe, expect, test } from "vitest";
import { createClient } from "./client.ts";
import { unsnapFramed } from "./codecs.ts";
import { createKafkaBus } from "./kafka-bus.ts";
import { applyTopics } from "./topic-definition.ts";

const { CompressionTypes } = kafkajs;

test("snappy as Java's clients frame it, made by hand", () => {
  // The two blocks are literals: length, tag, bytes.
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const block = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, text.length + 2, text.length, (text.length - 1) << 2]), Buffer.from(text)]);
  expect(unsnapFramed(Buffer.concat([header, block("fina"), block("lity")])).toString()).toBe("finality");
});

describe.skipIf(await lacksKafka())("compressed messages", () => {
  const { GZIP, Snappy, LZ4, ZSTD } = CompressionTypes;

  test("of every codec are read, as kafkajs writes them", async () => {
    const { brokers } = await testKafka();
    const bus = createKafkaBus({ brokers });
    const topic = randomName("topic");
    await bus.ensureTopics([topic], 1);
    const producer = createClient({ brokers }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const texts = [GZIP, Snappy, LZ4, ZSTD].map((codec) => `${String(codec)} ${"finality ".repeat(100)}`);
    for (const [index, compression] of [GZIP, Snappy, LZ4, ZSTD].entries()) await producer.send({ topic, compression, messages: [{ partition: 0, value: texts[index] ?? "" }] });
    await producer.disconnect();
    expect((await bus.read({ topic, partition: 0, offset: 0 }, 10)).map(({ value }) => Buffer.from(value).toString())).toEqual(texts);
    await bus.close();
  });

  test.each(["gzip", "snappy", "lz4", "zstd"])("with %s are read, as a Java broker compresses them", async (codec) => {
    const { brokers } = await testKafka();
    const topic = randomName("topic");
    const topics = { partitions: 1, replicationFactor: 1, config: { "compression.type": codec }, topics: [{ name: topic }] };
    await applyTopics({ brokers }, topics);
    const bus = createKafkaBus({ brokers });
    const message = { topic, partition: 0, key: "key", value: Buffer.from("a line that repeats itself ".repeat(50)), headers: { name: "text" } };
    await bus.produce([message, message]);
    expect((await bus.read({ topic, partition: 0, offset: 0 }, 10)).map(({ key, value, headers }) => [key, Buffer.from(value).toString(), headers])).toEqual(
      [message, message].map(({ key, value, headers }) => [key, value.toString(), headers]),
    );
    await bus.close();
  });
});
