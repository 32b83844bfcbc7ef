import { lacksKafka, randomName, testKafka } from "@finality/testkit";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { createRecorder } from "../conformance/recorder.ts";
import { outgoing, until } from "../conformance/under-test.ts";
import { createClient } from "./client.ts";
import { createKafkaBus } from "./kafka-bus.ts";

// What patches/kafkajs@2.2.4.patch changes. Each test fails without its part.

describe.skipIf(await lacksKafka())("kafkajs as we patched it", () => {
  test("an idle connection starts no timers", async () => {
    const { brokers } = await testKafka();
    const admin = createClient({ brokers }).admin();
    await admin.connect();
    await admin.listTopics();
    const timers = vi.spyOn(globalThis, "setTimeout");
    try {
      await admin.listTopics();
      await new Promise((resolve) => setImmediate(resolve));
      timers.mockClear();
      // An idle connection must not wake up by itself.
      for (let turn = 0; turn < 50; turn++) await sleep(2);
      expect(timers.mock.calls.filter(([, milliseconds]) => (milliseconds ?? 0) <= 10)).toEqual([]);
    } finally {
      timers.mockRestore();
      await admin.disconnect();
    }
  });

  test("messages that are taken away under a consumer fail it; it never goes on somewhere else", async () => {
    const { brokers } = await testKafka();
    const bus = createKafkaBus({ brokers });
    const topic = randomName("topic");
    await bus.ensureTopics([topic], 1);
    const large = new Uint8Array(999_000);
    await bus.produce(Array.from({ length: 40 }, () => outgoing(topic, large)));
    let open: () => void = () => undefined;
    const held = new Promise<void>((resolve) => { open = resolve; });
    const recorder = createRecorder({ during: () => held });
    const consumer = await bus.consume({ group: randomName("group"), topics: [topic], maxMessages: 1 }, recorder);
    await until(() => recorder.messages.length === 1);
    // Fetching pauses with 32 MB waiting; what comes next is deleted before it is fetched.
    await bus.produce(Array.from({ length: 10 }, () => outgoing(topic, "behind")));
    const admin = createClient({ brokers }).admin();
    await admin.connect();
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "45" }] });
    await admin.disconnect();
    open();
    await expect(consumer.failed).rejects.toMatchObject({ name: "BusError", code: "offset_out_of_range" });
    expect(recorder.messages.every(({ offset }) => offset < 40)).toBe(true);
    await bus.close();
  });
});
