import { topics } from "@finality/contracts";
import { createDeadLetters, createDeadLetterUpkeep, type DeadLetterUpkeep } from "@finality/event-log";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import type { BusMessage } from "@finality/bus";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deadLetterTopicOf, deadLetterTopics } from "./dead-letter-feed.ts";
import { openDesk, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

const log = "LETTERS";
let server: TestDatabase;
let house: WritingHouse;
let upkeep: DeadLetterUpkeep;
beforeEach(async () => {
  server = await testDatabase();
  house = await openHouse(server.database, 2);
  await house.bus.ensureTopics(deadLetterTopics, 2);
  upkeep = createDeadLetterUpkeep(server.database);
});
afterEach(async () => {
  await house.close();
  await server.dispose();
});

const bad = (text: string): Outgoing => ({ topic: topics.ticks, value: new TextEncoder().encode(text), headers: { source: "feed" } });
const published = (): Promise<readonly BusMessage[]> => house.bus.read({ topic: deadLetterTopicOf(topics.ticks), partition: 1, offset: 0 }, 100);
const texts = async (): Promise<readonly string[]> => (await published()).map(({ value }) => Buffer.from(value).toString());
const allPublished = (): Promise<unknown> => eventually(async () => (await upkeep.unpublished([log], 1)).length === 0 && (await published()).length > 0);
/** A log on partition 1 with two dead letters. */
const twoLetters = async (): Promise<void> => {
  await house.enter("FIRST");
  await house.send(log, ...openDesk(log, "data"), bad("{one"), bad("{two"));
};

test("dead letters are published with their bytes and where they come from, once while nothing fails", async () => {
  const sequencer = house.start({ deadLetters: { upkeep, everyMs: 10 } });
  await twoLetters();
  await allPublished();
  expect(await texts()).toEqual(["{one", "{two"]);
  expect((await published())[1]).toMatchObject({
    key: log,
    headers: {
      source: "feed",
      "finality-dlq-topic": topics.ticks,
      "finality-dlq-partition": "1",
      "finality-dlq-offset": "1",
      "finality-dlq-refused-at": expect.stringMatching(/^\d{4}-.*Z$/),
      "finality-dlq-error-class": "not_json",
      "finality-dlq-error-message": expect.stringContaining("JSON"),
      "finality-dlq-group": "sequencer",
    },
  });
  // Later ones come behind; the first are not published again.
  await house.send(log, bad("{three"));
  await eventually(async () => (await texts()).length > 2);
  await allPublished();
  expect(await texts()).toEqual(["{one", "{two", "{three"]);
  await sequencer.stop();
});

test("a crash between publishing and noting it publishes again: at least once, and none is lost", async () => {
  let crashes = 1;
  const crashing: DeadLetterUpkeep = { ...upkeep, markPublished: (keys) => (crashes-- > 0 ? Promise.reject(new Error("killed here")) : upkeep.markPublished(keys)) };
  house.start({ deadLetters: { upkeep: crashing, everyMs: 10 } });
  await twoLetters();
  await allPublished();
  const all = await texts();
  expect(new Set(all)).toEqual(new Set(["{one", "{two"]));
  expect(all.length).toBeGreaterThan(2);
});

test("a letter too large for the bus goes without its bytes, and says so", async () => {
  await house.enter("FIRST");
  await house.send(log, ...openDesk(log, "data"), bad("{one"));
  await server.database.query(
    `WITH head AS (UPDATE bus.partition_head SET next_offset = 2 WHERE topic = $1 AND partition = 1)
     INSERT INTO bus.message (topic, partition, "offset", value, headers) VALUES ($1, 1, 1, $2, '{}')`,
    [topics.ticks, Buffer.alloc(1_000_001, 32)],
  );
  house.start({ deadLetters: { upkeep, everyMs: 10 } });
  await eventually(async () => (await published()).length === 2);
  expect((await published())[1]).toMatchObject({ value: { length: 0 }, headers: { "finality-dlq-omitted-bytes": "1000001", "finality-dlq-error-class": "oversize" } });
});

test("resolved letters expire, open ones are counted and stay (rule 40)", async () => {
  house.start();
  await twoLetters();
  await eventually(async () => (await house.deadLettersOf(log)).length === 2);
  const letters = createDeadLetters(server.database);
  await letters.discard({ topic: topics.ticks, partition: 1, offset: 0 });
  expect(await upkeep.expire([log], 60_000)).toEqual({ deleted: 0, openAndOlder: 0 });
  await server.database.query("UPDATE event_log.dead_letter SET at = at - interval '31 days', resolved_at = resolved_at - interval '31 days'");
  expect(await upkeep.expire(["OTHER"], 60_000)).toEqual({ deleted: 0, openAndOlder: 0 });
  expect(await upkeep.expire([log], 60_000)).toEqual({ deleted: 1, openAndOlder: 1 });
  expect((await house.deadLettersOf(log)).map(({ offset }) => offset)).toEqual([1]);
});
