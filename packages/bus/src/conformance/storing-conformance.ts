import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { maxValueBytes } from "../bus.ts";
import { numbered, outgoing, textOf, type BusChecks } from "./under-test.ts";

/** Topics, producing, reading without a group. */
export const storingConformance: BusChecks = {
  "a topic is created once; another partition count is refused": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 3);
    await bus.ensureTopics([topic], 3);
    expect(await bus.partitions(topic)).toBe(3);
    await expect(bus.ensureTopics([underTest.name("topic"), topic], 4)).rejects.toMatchObject({ name: "BusError", code: "partition_mismatch" });
    expect(await bus.partitions(topic)).toBe(3);
  },

  "two clients may create the same topics at once": async (underTest) => {
    const [first, second] = [await underTest.open(), await underTest.open()];
    const topics = [underTest.name("topic"), underTest.name("topic")];
    await Promise.all([first.ensureTopics(topics, 2), second.ensureTopics([...topics].reverse(), 2)]);
    expect(await second.partitions(topics[0] ?? "")).toBe(2);
  },

  "an unknown topic or partition is an error, never created": async (underTest) => {
    const bus = await underTest.open();
    const [topic, unknown] = [underTest.name("topic"), underTest.name("unknown")];
    await bus.ensureTopics([topic], 1);
    const unknownTopic = { name: "BusError", code: "unknown_topic" };
    const unknownPartition = { name: "BusError", code: "unknown_partition" };
    await expect(bus.partitions(unknown)).rejects.toMatchObject(unknownTopic);
    await expect(bus.endOffset(unknown, 0)).rejects.toMatchObject(unknownTopic);
    await expect(bus.produce([outgoing(unknown, "x")])).rejects.toMatchObject(unknownTopic);
    await expect(bus.read({ topic: unknown, partition: 0, offset: 0 }, 1)).rejects.toMatchObject(unknownTopic);
    await expect(bus.consume({ group: underTest.name("group"), topics: [unknown], maxMessages: 1 }, { assigned: async () => ({}), revoked: async () => undefined, batch: async () => undefined })).rejects.toMatchObject(unknownTopic);
    await expect(bus.endOffset(topic, 1)).rejects.toMatchObject(unknownPartition);
    await expect(bus.produce([outgoing(topic, "x", { partition: 1 })])).rejects.toMatchObject(unknownPartition);
    expect(await bus.endOffset(topic, 0)).toBe(0);
  },

  "offsets rise by one a partition, in the order given, and say what was stored where": async (underTest) => {
    const bus = await underTest.open();
    const [one, two] = [underTest.name("topic"), underTest.name("topic")];
    await bus.ensureTopics([one, two], 2);
    await bus.produce([outgoing(one, "before")]);
    const placed = await bus.produce([
      outgoing(one, "a"),
      outgoing(two, "b", { partition: 1 }),
      outgoing(one, "c", { partition: 1 }),
      outgoing(one, "d"),
      outgoing(two, "e", { partition: 1 }),
    ]);
    expect(placed).toEqual([
      { topic: one, partition: 0, offset: 1 },
      { topic: two, partition: 1, offset: 0 },
      { topic: one, partition: 1, offset: 0 },
      { topic: one, partition: 0, offset: 2 },
      { topic: two, partition: 1, offset: 1 },
    ]);
    expect(await bus.endOffset(one, 0)).toBe(3);
    expect(await bus.endOffset(two, 1)).toBe(2);
    expect(await bus.endOffset(two, 0)).toBe(0);
    expect((await bus.read({ topic: one, partition: 0, offset: 0 }, 10)).map(textOf)).toEqual(["before", "a", "d"]);
    expect(await bus.produce([])).toEqual([]);
  },

  "producers at the same time leave no gap and keep each one's order": async (underTest) => {
    const [first, second] = [await underTest.open(), await underTest.open()];
    const topic = underTest.name("topic");
    await first.ensureTopics([topic], 2);
    const rounds = 20;
    const produceAll = async (bus: typeof first, label: string, partitions: readonly number[]): Promise<void> => {
      for (let round = 0; round < rounds; round++) await bus.produce(partitions.map((partition) => outgoing(topic, `${label}${round}`, { partition })));
    };
    // In opposite orders: who locks partition by partition would deadlock here.
    await Promise.all([produceAll(first, "a", [0, 1]), produceAll(second, "b", [1, 0]), produceAll(second, "c", [0])]);
    const stored = await first.read({ topic, partition: 0, offset: 0 }, 1_000);
    expect(stored.map(({ offset }) => offset)).toEqual(Array.from({ length: 3 * rounds }, (_, offset) => offset));
    for (const label of ["a", "b", "c"]) {
      const own = stored.map(textOf).filter((text) => text.startsWith(label));
      expect(own).toEqual(Array.from({ length: rounds }, (_, round) => `${label}${round}`));
    }
    expect(await first.endOffset(topic, 1)).toBe(2 * rounds);
  },

  "many messages at once are all stored in order": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 1);
    const count = 5_000;
    const placed = await bus.produce(numbered(topic, 0, count));
    expect(placed.map(({ offset }) => offset)).toEqual(Array.from({ length: count }, (_, offset) => offset));
    const tail = await bus.read({ topic, partition: 0, offset: count - 3 }, 10);
    expect(tail.map(textOf)).toEqual([count - 3, count - 2, count - 1].map(String));
  },

  "what was produced is there after everybody has left": async (underTest) => {
    const topic = underTest.name("topic");
    const first = await underTest.open();
    await first.ensureTopics([topic], 1);
    await first.produce(numbered(topic, 0, 3));
    await first.close();
    await expect(first.produce([outgoing(topic, "x")])).rejects.toMatchObject({ name: "BusError", code: "closed" });
    const second = await underTest.open();
    expect((await second.read({ topic, partition: 0, offset: 1 }, 10)).map(textOf)).toEqual(["1", "2"]);
    expect(await second.produce([outgoing(topic, "3")])).toEqual([{ topic, partition: 0, offset: 3 }]);
  },

  "reading stops at the limit and at the end": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 1);
    expect(await bus.read({ topic, partition: 0, offset: 0 }, 10)).toEqual([]);
    await bus.produce(numbered(topic, 0, 5));
    expect((await bus.read({ topic, partition: 0, offset: 1 }, 2)).map(textOf)).toEqual(["1", "2"]);
    expect(await bus.read({ topic, partition: 0, offset: 5 }, 10)).toEqual([]);
  },

  "bytes, keys and headers come back as they were": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 1);
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const sent = [
      // A view into a larger buffer: only the view may be sent.
      outgoing(topic, everyByte.subarray(10, 250), { key: "key, with 'quotes' and \"more\"" }),
      outgoing(topic, new Uint8Array(0), { key: "" }),
      outgoing(topic, "{}", { headers: { type: "ticks", "x-empty": "", text: "ünïcode \\ \" {,} NULL" } }),
      outgoing(topic, Uint8Array.from(randomBytes(maxValueBytes))),
    ];
    await bus.produce(sent);
    const stored = await bus.read({ topic, partition: 0, offset: 0 }, 10);
    expect(stored.map(({ key, headers }) => ({ key, headers }))).toEqual(sent.map(({ key, headers }) => ({ key, headers })));
    expect(stored.map(({ value }) => value instanceof Uint8Array && Buffer.from(value).toString("hex"))).toEqual(sent.map(({ value }) => Buffer.from(value).toString("hex")));
  },

  "a value above the limit is refused before anything is stored": async (underTest) => {
    const bus = await underTest.open();
    const topic = underTest.name("topic");
    await bus.ensureTopics([topic], 1);
    const large = outgoing(topic, new Uint8Array(maxValueBytes + 1));
    await expect(bus.produce([outgoing(topic, "small"), large])).rejects.toMatchObject({ name: "BusError", code: "message_too_large" });
    expect(await bus.endOffset(topic, 0)).toBe(0);
  },
};
