import { createPostgresBus, type Bus } from "@finality/bus";
import { canonicalJson, topics, type StoredRecord } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { createLogWriter, sourceOffsets, type LogWriter } from "@finality/event-log";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { sha256 } from "@finality/transparency";
import { afterEach, beforeEach, expect, test } from "vitest";
import { followImported, noting, type Consumed } from "./import-offsets.ts";

const log = "SPX";
let data: TestDatabase;
let bus: Bus;
let writer: LogWriter;

const value = (offset: number): Buffer => Buffer.from(`message ${String(offset)}`);

beforeEach(async () => {
  data = await testDatabase();
  bus = createPostgresBus(data.database);
  await bus.ensureTopics(Object.values(topics), 1);
  await bus.produce(Array.from({ length: 8 }, (_, offset) => ({ topic: topics.ticks, partition: 0, key: log, value: value(offset), headers: {} })));
  writer = createLogWriter({ database: data.database, notifier: createNotifier(data.database) });
});
afterEach(async () => {
  await bus.close();
  await data.dispose();
});

/** As the backup has it: two messages were taken in. */
const backup = async (busIdentity: string): Promise<void> => {
  const { epoch } = await writer.takeOver(log);
  const offsets = [{ topic: topics.ticks, partition: 0, expected: 0, next: 2, lastHash: sha256(value(1)) }];
  await writer.append({ log, epoch, expectedPosition: 0, records: [], offsets, busIdentity, deadLetters: [], duplicates: 0 });
};
const imported = async (lastOffset: number): Promise<Consumed> => {
  const consumed: Consumed = new Map();
  const provenances = [{ epoch: 1, build: "test" }, { epoch: 1, build: "test", topic: topics.ticks, partition: 0, firstOffset: 2, lastOffset }];
  const hash = new Uint8Array(32);
  const rest = { log, generation: 1, type: "ClockTicked", version: 1, venueTimeUs: 0, recordedTimeUs: 0, payload: canonicalJson({}), contentHash: hash, leafHash: hash };
  const records: readonly StoredRecord[] = provenances.map((provenance, index) => ({ ...rest, position: index + 1, provenance: canonicalJson(provenance) }));
  const passed = [];
  for await (const chunk of noting((async function* () { yield await Promise.resolve(records); })(), consumed)) passed.push(...chunk);
  expect(passed).toEqual(records);
  return consumed;
};
const next = async () => (await sourceOffsets(data.database, log)).map(({ nextOffset, lastHash }) => [nextOffset, Buffer.from(lastHash ?? [])]);

test("a log goes on behind the messages of its imported records", async () => {
  await backup(await bus.identity());
  expect(await followImported({ bus, writer }, log, await imported(5))).toEqual([topics.ticks]);
  expect(await next()).toEqual([[6, sha256(value(5))]]);
  expect(await followImported({ bus, writer }, log, await imported(5))).toEqual([]);
});

test("a bus that was set back with the database ends before: what it has is not taken in again", async () => {
  await backup(await bus.identity());
  await followImported({ bus, writer }, log, await imported(90));
  expect(await next()).toEqual([[8, sha256(value(7))]]);
});

test("of another bus, where the offset means other messages, nothing is skipped", async () => {
  await backup("another bus");
  expect(await followImported({ bus, writer }, log, await imported(5))).toEqual([]);
  expect(await next()).toEqual([[2, sha256(value(1))]]);
});

test("a log that never took a message of this bus is left as it is", async () => {
  expect(await followImported({ bus, writer }, log, await imported(5))).toEqual([]);
  expect(await next()).toEqual([]);
});
