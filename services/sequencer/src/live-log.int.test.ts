import { silentLogger, type Logger } from "@finality/service-kit";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fill, message, openDesk, quote, second, startUs, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

let server: TestDatabase;
let house: WritingHouse;
beforeEach(async () => {
  server = await testDatabase();
  house = await openHouse(server.database);
});
afterEach(async () => {
  await house.close();
  await server.dispose();
});

const log = "LIVE";
const ticks = (mid: number, atUs = startUs): Outgoing => message(log, "ticks", { ticks: [quote(mid, atUs), quote(mid, atUs)] });
const tickCounts = async (): Promise<readonly number[]> => (await house.recorded(log)).flatMap((record) => (record.type === "TicksRecorded" ? [record.body.flags.length] : []));

test("neighbouring tick messages become one record, and what is no tick message stands between two", async () => {
  await house.send(log, ...openDesk(log, "live"));
  const first = house.start();
  await house.recorded(log);
  await first.stop();
  // Two apart in venue time are not merged; what lies on another topic does not come between.
  await house.send(log, ticks(3700), ticks(3701), message(log, "clock", {}), ticks(3702), ticks(3702, startUs + second), ticks(3703, startUs + second));
  house.start();
  expect(await tickCounts()).toEqual([4, 2, 4]);
  const [merged] = (await house.reader.read(log, 3, 1)).map(({ provenance }) => JSON.parse(Buffer.from(provenance).toString()));
  expect(merged).toMatchObject({ firstOffset: 0, lastOffset: 1 });
});

test("recorded time is the clock's and never falls, and a fill is recorded by itself", async () => {
  house.clock.nowUs = startUs + 10 * second;
  const sequencer = house.start();
  await house.send(log, ...openDesk(log, "live"));
  await house.recorded(log);
  house.clock.nowUs = startUs + 5 * second;
  await house.send(log, ticks(3700, startUs + 5 * second), message(log, "fill", fill()));
  const records = await house.recorded(log);
  expect(new Set(records.map(({ recordedTimeUs }) => recordedTimeUs))).toEqual(new Set([startUs + 10 * second]));
  expect(records.map(({ type }) => type).toSorted()).toEqual(["BookOpened", "InstrumentListed", "LogOpened", "TicksRecorded", "UnexpectedFillRecorded"]);
  // Rule 7's alarm: how far the clock is behind, until it is not.
  expect(sequencer.status()).toMatchObject([{ log, state: "writing", position: records.length, clockBehindUs: 5 * second, deadLetters: 0, skips: 0 }]);
  house.clock.nowUs = startUs + 10 * second;
  await eventually(() => sequencer.status()[0]?.clockBehindUs === 0);
});

test("a clock that is set back past a bound is said once each time, and the log goes on at the time that it had", async () => {
  const warned: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_fields, sentence) => { if (sentence.includes("the clock is")) warned.push(sentence); } };
  house.clock.nowUs = startUs + 10 * second;
  const sequencer = house.start({ logger });
  await house.send(log, ...openDesk(log, "live"));
  await house.recorded(log);
  const setTo = async (behindUs: number): Promise<void> => {
    house.clock.nowUs = startUs + 10 * second - behindUs;
    await eventually(() => sequencer.status()[0]?.clockBehindUs === Math.max(behindUs, 0));
  };
  await setTo(second);
  expect(warned).toEqual([]);
  await setTo(second + 1);
  await house.send(log, ticks(3700, house.clock.nowUs), message(log, "fill", fill()));
  expect((await house.recorded(log)).map(({ recordedTimeUs }) => recordedTimeUs)).toEqual(Array.from({ length: 5 }, () => startUs + 10 * second));
  expect(warned).toEqual([`the clock is ${String(second + 1)} us behind the recorded time of log ${log}`]);
  await setTo(0);
  await setTo(3 * second);
  expect(warned).toHaveLength(2);
});

test("a second without a record is recorded as ClockTicked, once, and so is the next", async () => {
  house.start();
  await house.send(log, ...openDesk(log, "live"));
  await house.recorded(log);
  const ticked = async (): Promise<readonly number[]> => (await house.recorded(log)).flatMap(({ type, recordedTimeUs }) => (type === "ClockTicked" ? [recordedTimeUs] : []));
  for (const [round, stepUs] of [second, 2 * second].entries()) {
    house.clock.nowUs += stepUs;
    await eventually(async () => (await ticked()).length === round + 1);
  }
  // The next one would have to pass by a record less than a second old.
  house.clock.nowUs += second - 1;
  await house.send(log, ticks(3700, house.clock.nowUs));
  const types = (await house.recorded(log)).map(({ type }) => type);
  expect(types.slice(3)).toEqual(["ClockTicked", "ClockTicked", "TicksRecorded"]);
  expect(await ticked()).toEqual([startUs + second, startUs + 3 * second]);
});
