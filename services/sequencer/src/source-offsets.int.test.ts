import { createHash } from "node:crypto";
import { createKafkaBus, createPostgresBus, type Bus } from "@finality/bus";
import type { LogHold } from "@finality/event-log";
import { lacksKafka, randomName, testDatabase, testKafka, type TestDatabase } from "@finality/testkit";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requireSameTopics } from "./source-offsets.ts";

let databases: readonly TestDatabase[] = [];
let buses: readonly Bus[] = [];
const [topic, partition] = ["md.ticks.v1", 0];
const textOf = (bus: number, offset: number): Uint8Array => Buffer.from(`bus ${String(bus)}, message ${String(offset)}`);

/** Two storages whose topics have one name; the second holds other messages, and fewer. */
beforeAll(async () => {
  databases = await Promise.all([testDatabase(), testDatabase()]);
  buses = databases.map(({ database }) => createPostgresBus(database));
  for (const [index, bus] of buses.entries()) {
    await bus.ensureTopics([topic], 1);
    await bus.produce(Array.from({ length: 3 - index }, (_, offset) => ({ topic, partition, key: null, value: textOf(index, offset), headers: {} })));
  }
});
afterAll(async () => {
  for (const bus of buses) await bus.close();
  for (const database of databases) await database.dispose();
});

const busAt = (index: number): Bus => {
  const bus = buses[index];
  if (bus === undefined) throw new Error(`there is no bus ${String(index)}`);
  return bus;
};

/** As it was written from the first bus up to `nextOffset`. */
const holdAt = (nextOffset: number, busIdentity?: string): LogHold => ({
  log: "SPX",
  generation: 1,
  epoch: 2,
  position: 9,
  recordedUs: 0,
  skips: [],
  offsets: [{ topic, partition, nextOffset, lastHash: createHash("sha256").update(textOf(0, nextOffset - 1)).digest(), busIdentity }],
});

test("the bus that the log was written from is taken, and one that nobody named too", async () => {
  const identity = await busAt(0).identity();
  expect(await requireSameTopics(busAt(0), holdAt(3, identity))).toBe(identity);
  expect(await requireSameTopics(busAt(0), holdAt(3))).toBe(identity);
});

test("another bus is refused by its identity, before its messages are looked at, with what to do", async () => {
  const [own, other] = [await busAt(0).identity(), await busAt(1).identity()];
  expect(other).not.toBe(own);
  const taking = requireSameTopics(busAt(1), holdAt(1, own));
  await expect(taking).rejects.toMatchObject({ code: "topic_recreated" });
  await expect(taking).rejects.toThrow(`of the bus ${own}, but this is ${other}`);
  await expect(taking).rejects.toThrow("set event_log.source_offset.bus_identity to NULL for SPX");
});

test("a topic that was made again is refused by its last message, or by its end", async () => {
  await expect(requireSameTopics(busAt(1), holdAt(2))).rejects.toThrow("the message at 1 is another one");
  await expect(requireSameTopics(busAt(1), holdAt(3))).rejects.toThrow("the partition ends at 2");
});

test.skipIf(await lacksKafka())("messages that Kafka let go of before they were recorded are a gap of this log, named", async () => {
  const { brokers } = await testKafka();
  const bus = createKafkaBus({ brokers });
  const own = randomName("topic");
  await bus.ensureTopics([own], 1);
  await bus.produce(Array.from({ length: 5 }, (_, offset) => ({ topic: own, partition, key: null, value: textOf(0, offset), headers: {} })));
  const hold = holdAt(2);
  const ours: LogHold = { ...hold, offsets: hold.offsets.map((offset) => ({ ...offset, topic: own })) };
  const admin = new Kafka({ clientId: "test", brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.fetchTopicOffsets(own);
  const letGo = (offset: string) => admin.deleteTopicRecords({ topic: own, partitions: [{ partition, offset }] });
  await letGo("2");
  await expect(requireSameTopics(bus, ours)).resolves.toContain("kafka/");
  await letGo("4");
  await expect(requireSameTopics(bus, ours)).rejects.toMatchObject({ code: "offset_gap", message: expect.stringMatching(new RegExp(`Log SPX is to go on at ${own}/0/2.*from offset 4 on`)) });
  await admin.disconnect();
  await bus.close();
});
