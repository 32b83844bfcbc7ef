import { readFile } from "node:fs/promises";
import { lacksKafka, privateKafka, randomName, testKafka } from "@finality/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Bus } from "../bus.ts";
import { createRecorder } from "../conformance/recorder.ts";
import { numbered, outgoing, textOf, until } from "../conformance/under-test.ts";
import { BusError } from "../errors.ts";
import { assignorName } from "./assignor.ts";
import { createClient } from "./client.ts";
import { createKafkaBus, type KafkaBusOptions } from "./kafka-bus.ts";

const open = (options: KafkaBusOptions): Bus => {
  const bus = createKafkaBus({ sessionTimeoutMs: 3_000, ...options });
  onTestFinished(() => bus.close());
  return bus;
};

describe.skipIf(await lacksKafka())("members of a Kafka group", { timeout: 120_000 }, () => {
  test("releases whose assignors have one name in common share a group", async () => {
    const { brokers } = await testKafka();
    const [old, next] = [open({ brokers }), open({ brokers, assignors: ["finality-copartition-v2", assignorName] })];
    const [topics, group] = [[randomName("topic"), randomName("topic")], randomName("group")];
    await old.ensureTopics(topics, 4);
    const [staying, joining] = [createRecorder(), createRecorder()];
    await old.consume({ group, topics, maxMessages: 10 }, staying);
    await until(() => staying.events.length === 4);
    const consumer = await next.consume({ group, topics, maxMessages: 10 }, joining);
    await until(() => joining.events.length === 2);
    await old.produce(topics.flatMap((topic) => [0, 1, 2, 3].map((partition) => outgoing(topic, "x", { partition }))));
    await until(() => staying.messages.length + joining.messages.length === 8);
    // Both topics' messages of a partition number came to one member.
    const numbers = [staying, joining].map(({ messages }) => new Set(messages.map(({ partition }) => partition)));
    expect(numbers.map(({ size }) => size)).toEqual([2, 2]);
    await consumer.stop();
  });

  test("partitions that are added while consuming are picked up", async () => {
    const { brokers } = await testKafka();
    const bus = open({ brokers });
    const topic = randomName("topic");
    await bus.ensureTopics([topic], 1);
    const recorder = createRecorder();
    await bus.consume({ group: randomName("group"), topics: [topic], maxMessages: 10 }, recorder);
    await until(() => recorder.events.includes("assigned 0"));
    const admin = createClient({ brokers }).admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    await admin.disconnect();
    await until(async () => bus.produce([outgoing(topic, "new", { partition: 1 })]).then(() => true, () => false));
    await until(() => recorder.messages.some(({ partition }) => partition === 1));
  });

  test("the loss of the leading one of three nodes loses, doubles and reorders nothing", async () => {
    const kafka = await privateKafka({ nodes: 3 });
    onTestFinished(kafka.dispose);
    const { brokers } = kafka;
    const bus = open({ brokers });
    const [topic, count] = [randomName("topic"), 60];
    await bus.ensureTopics([topic], 1);
    let stored = 0;
    const seen: string[] = [];
    const consumer = await bus.consume({ group: randomName("group"), topics: [topic], maxMessages: 10 }, {
      assigned: async () => ({ [topic]: stored }),
      revoked: async () => undefined,
      batch: async ({ messages }) => {
        for (const message of messages) if (message.offset === stored) stored = seen.push(textOf(message));
      },
    });
    const admin = createClient({ brokers }).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.disconnect();
    const leader = topics[0]?.partitions[0]?.leader ?? 1;
    for (let next = 0; next < count; ) {
      if (next === count / 2) await Promise.all([kafka.node(leader).kill(), produceOne(bus, topic, next)]);
      else await produceOne(bus, topic, next);
      next += 1;
    }
    await until(() => seen.length === count);
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => String(index)));
    await consumer.stop();
  });

  test("a bus that is closed while its brokers are away has ended what was under way, which would connect again behind it", async () => {
    const kafka = await privateKafka();
    onTestFinished(kafka.dispose);
    const bus = open({ brokers: kafka.brokers });
    const topic = randomName("topic");
    await bus.ensureTopics([topic], 1);
    expect(await bus.endOffset(topic, 0)).toBe(0);
    await kafka.node(1).kill();
    const ended: string[] = [];
    const asked = [bus.endOffset(topic, 0).catch(() => undefined).then(() => ended.push("end")), bus.identity().catch(() => undefined).then(() => ended.push("identity"))];
    await Promise.all([bus.close(), kafka.node(1).start()]);
    expect(ended.toSorted()).toEqual(["end", "identity"]);
    await Promise.all(asked);
  });

  test.each([
    { mechanism: "plain", tls: false },
    { mechanism: "scram-sha-512", tls: true },
  ] as const)("log in by $mechanism, TLS $tls; a stranger is refused at once", async ({ mechanism, tls }) => {
    const sasl = { mechanism, username: "desk", password: "open-sesame" };
    const kafka = await privateKafka({ sasl, tls });
    onTestFinished(kafka.dispose);
    const options = { brokers: kafka.brokers, ...(kafka.caFile === undefined ? {} : { tls: { ca: await readFile(kafka.caFile, "utf8") } }) };
    const bus = open({ ...options, sasl });
    const topic = randomName("topic");
    await bus.ensureTopics([topic], 1);
    await bus.produce(numbered(topic, 0, 2));
    const recorder = createRecorder();
    await bus.consume({ group: randomName("group"), topics: [topic], maxMessages: 10 }, recorder);
    await until(() => recorder.messages.length === 2);
    const stranger = open({ ...options, sasl: { ...sasl, password: "guess" } });
    await expect(stranger.identity()).rejects.toMatchObject({ name: "BusError", code: "refused" });
    await expect(stranger.endOffset(topic, 0)).rejects.toMatchObject({ name: "BusError", code: "refused" });
  });
});

/** As a producer does that must not double: whose outcome is unknown looks at the end first. Its tries are bounded by the test. */
const produceOne = async (bus: Bus, topic: string, next: number): Promise<void> => {
  await until(async () => {
    try {
      if ((await bus.endOffset(topic, 0)) === next) await bus.produce(numbered(topic, next, next + 1));
      return true;
    } catch (error) {
      if (error instanceof BusError && (error.code === "outcome_unknown" || error.code === "unavailable")) return false;
      throw error;
    }
  });
};
