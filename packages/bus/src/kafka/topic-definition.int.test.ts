import { lacksKafka, randomName, testKafka } from "@finality/testkit";
import { describe, expect, test } from "vitest";
import { createKafkaBus } from "./kafka-bus.ts";
import { applyTopics, checkTopics, type TopicDefinition } from "./topic-definition.ts";

describe.skipIf(await lacksKafka())("topics from a definition", () => {
  const definitionOf = (name: string, partitions: number, more: Readonly<Record<string, string>> = {}): TopicDefinition => ({
    partitions,
    replicationFactor: 3,
    config: { "cleanup.policy": "delete", "min.insync.replicas": "2", "retention.ms": "3600000" },
    topics: [{ name }, { name: `${name}.other`, config: more }],
  });

  test("what is missing or otherwise is found, and made so; fewer partitions are refused", async () => {
    const { brokers } = await testKafka();
    const name = randomName("topic");
    const definition = definitionOf(name, 2);
    expect((await checkTopics({ brokers }, definition)).map(({ topic, found }) => [topic, found])).toEqual([[name, "missing"], [`${name}.other`, "missing"]]);
    expect(await applyTopics({ brokers }, definition)).toMatchObject({ mended: [{ what: "topic" }, { what: "topic" }], left: [] });
    expect(await checkTopics({ brokers }, definition)).toEqual([]);

    const larger = definitionOf(name, 4, { "retention.ms": "7200000" });
    expect((await checkTopics({ brokers }, larger)).map(({ topic, what, wanted, found }) => [topic, what, wanted, found])).toEqual([
      [name, "partitions", "4", "2"],
      [`${name}.other`, "partitions", "4", "2"],
      [`${name}.other`, "retention.ms", "7200000", "3600000"],
    ]);
    await applyTopics({ brokers }, larger);
    expect(await checkTopics({ brokers }, larger)).toEqual([]);
    const bus = createKafkaBus({ brokers });
    expect(await bus.partitions(name)).toBe(4);
    await bus.close();

    const { left } = await applyTopics({ brokers }, definitionOf(name, 3, { "retention.ms": "7200000" }));
    expect(left.map(({ what, wanted, found }) => [what, wanted, found])).toEqual([["partitions", "3", "4"], ["partitions", "3", "4"]]);
  });
});
