import { lacksKafka, randomName, testKafka } from "@finality/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Bus } from "../bus.ts";
import { createGate, createRecorder } from "../conformance/recorder.ts";
import { outgoing, until } from "../conformance/under-test.ts";
import { createKafkaBus } from "./kafka-bus.ts";

describe.skipIf(await lacksKafka())("batches of Kafka", () => {
  const open = async (): Promise<Bus> => {
    const bus = createKafkaBus({ brokers: (await testKafka()).brokers, sessionTimeoutMs: 2_000 });
    onTestFinished(() => bus.close());
    return bus;
  };

  test("many small messages are cut into what a broker takes at once, by all their bytes", { timeout: 60_000 }, async () => {
    const bus = await open();
    const topic = randomName("topic");
    await bus.ensureTopics([topic], 1);
    await bus.produce(Array.from({ length: 100_000 }, () => outgoing(topic, "12345")));
    await bus.produce(Array.from({ length: 3_000 }, () => outgoing(topic, "1", { key: "€".repeat(100), headers: { "€": "€".repeat(100) } })));
    expect(await bus.endOffset(topic, 0)).toBe(103_000);
  });

  test("a batch that outlives the change of the group never overlaps the next one of its partition in its process", { timeout: 60_000 }, async () => {
    const [one, two] = [await open(), await open()];
    const [topic, group] = [randomName("topic"), randomName("group")];
    const partitions = 3;
    await one.ensureTopics([topic], partitions);
    await one.produce(Array.from({ length: partitions }, (_, partition) => outgoing(topic, "held", { partition })));
    const gate = createGate();
    const [staying, joining] = [createRecorder({ during: () => gate.opened }), createRecorder()];
    const consumer = await one.consume({ group, topics: [topic], maxMessages: 1 }, staying);
    await until(() => staying.batches.length === partitions);
    await two.consume({ group, topics: [topic], maxMessages: 1 }, joining);
    await until(() => joining.events.includes("assigned 0") || joining.events.includes("assigned 1"));
    gate.open();
    // Of three partitions one at least is given back to who held it.
    await until(() => staying.events.filter((event) => event.startsWith("assigned")).length > partitions);
    await consumer.stop();
    for (let partition = 0; partition < partitions; partition++) {
      const own = staying.events.filter((event) => event.endsWith(` ${String(partition)}`) || event.includes(`/${String(partition)}@`)).map((event) => event.split(" ")[0]);
      expect(own.slice(0, 4)).toEqual(["assigned", "begin", "end", "revoked"]);
    }
  });
});
