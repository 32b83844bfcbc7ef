import { topics } from "@finality/contracts";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { future, message, openDesk, opening, quote, second, startUs, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

let server: TestDatabase;
let house: WritingHouse;
beforeAll(async () => {
  server = await testDatabase();
  house = await openHouse(server.database, 8);
});
afterAll(async () => {
  await house.close();
  await server.dispose();
});

const at = { instantUs: startUs + second };
const ticks = (log: string): Outgoing => message(log, "ticks", { ticks: [quote(3700, at.instantUs)] }, at);
const notJson: Outgoing = { topic: topics.ticks, value: new TextEncoder().encode("no"), headers: {} };

test("messages for a log that is not open wait, over a restart too, and are recorded behind its opening wherever that lies", async () => {
  const log = "LATE";
  const first = house.start();
  await house.send(log, notJson, ticks(log), notJson, message(log, "list_instrument", { instrument: future(log) }));
  // What waits is not consumed, nor is what lies behind it: only the bad message in front is.
  await eventually(async () => (await house.deadLettersOf(log)).length === 1);
  await eventually(() => first.status().find((each) => each.log === log && each.state === "waiting" && each.messages === 3));
  expect((await house.offsetsOf(log)).map(({ topic, nextOffset }) => [topic, nextOffset])).toEqual([[topics.ticks, 1]]);
  await first.stop();

  house.start();
  // The opening lies behind a message of its own topic that waits for it.
  await house.send(log, message(log, "open_log", opening("data")), ticks(log));
  const records = await house.recorded(log);
  expect(records.map(({ type }) => type)).toEqual(["LogOpened", "InstrumentListed", "TicksRecorded", "TicksRecorded"]);
  expect((await house.deadLettersOf(log)).map(({ offset }) => offset)).toEqual([0, 2]);
  expect((await house.reader.head(log))?.duplicates).toBe(0);
});

test("a log opened again with the same terms is a duplicate, with others a dead letter", async () => {
  const log = "TWICE";
  await house.send(log, ...openDesk(log, "data"), message(log, "open_log", opening("data"), at), message(log, "open_log", opening("data", { farShare: 0.2 }), at));
  expect((await house.recorded(log)).filter(({ type }) => type === "LogOpened")).toHaveLength(1);
  expect((await house.reader.head(log))?.duplicates).toBe(1);
  expect((await house.deadLettersOf(log)).map(({ reason }) => reason)).toEqual(["control_conflict"]);
});

test("messages of a partition whose log is not in the catalogue yet wait for it", async () => {
  const partition = 7;
  const log = "UNNAMED";
  await house.bus.produce(openDesk(log, "data").map((each) => ({ ...each, partition, key: null })));
  await server.database.query("INSERT INTO event_log.catalogue (log, partition) VALUES ($1, $2)", [log, partition]);
  expect((await house.recorded(log)).map(({ type }) => type)).toEqual(["LogOpened", "InstrumentListed", "BookOpened"]);
});
