import { decodeRecord, topicNames, type LogRecord } from "@finality/contracts";
import { verifyHashes } from "@finality/event-log";
import { eventually } from "@finality/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { log, openQuietHouse, shortDay, type QuietHouse } from "../testing/quiet-house.ts";
import { feedLive, type LiveFeedOptions } from "./live-feed.ts";
import { steadyWallClock } from "./wall-clock.ts";

let house: QuietHouse;
beforeEach(async () => {
  house = await openQuietHouse();
  house.startSequencer({ nowUs: steadyWallClock() });
});
afterEach(() => house.close());

/** The day with nothing to hedge takes a second or so. */
const day = shortDay(Infinity);
const feedDay = (change: Partial<LiveFeedOptions> = {}): Promise<void> =>
  feedLive({ database: house.database, bus: house.bus, dataset: day, partition: house.partition, speed: 20_000, signal: new AbortController().signal, beforeHalt: () => Promise.resolve(), ...change });

const recorded = async (): Promise<readonly LogRecord[]> => {
  await eventually(async () => {
    for (const topic of topicNames) if ((await house.bus.groupOffset("sequencer", topic, house.partition)) < (await house.bus.endOffset(topic, house.partition))) return false;
    return true;
  });
  return (await house.reader.read(log, 0, 10_000)).map((record) => decodeRecord(record));
};

test("a day on the wall clock is recorded whole: no tick is lost, late, or before its instrument, and the leaves are those of the tree", async () => {
  const beganUs = steadyWallClock()();
  const halts: string[] = [];
  await feedDay({ beforeHalt: (haltId) => { halts.push(haltId); return Promise.resolve(); } });
  const records = await recorded();
  const ticks = records.flatMap((record) => (record.type === "TicksRecorded" ? [record.body] : []));
  expect(ticks.reduce((sum, { count }) => sum + count, 0)).toBe(7_564);
  expect(ticks.reduce((sum, { flags }) => sum + flags.filter((flag) => flag !== 0).length, 0)).toBe(0);
  expect(await house.leftovers()).toEqual({ duplicates: 0, deadLetters: 0 });
  expect((await verifyHashes(house.reader, log)).firstDifference).toBeUndefined();
  expect(records[0]).toMatchObject({ type: "LogOpened", body: { clock: "live" } });
  expect(records.filter(({ type }) => type === "TradeBooked")).toHaveLength(8);
  expect(halts).toEqual(["spx-2021-01-04-close"]);
  // An instrument of the day itself has expired, and no tick lies in the past of 2021.
  expect(records.flatMap((record) => (record.type === "InstrumentExpired" ? [record.body.instrument] : []))).toContain("SPXW-2021-01-04-3700-C");
  for (const { recordedTimeUs, venueTimeUs } of records) expect(Math.min(recordedTimeUs, venueTimeUs)).toBeGreaterThanOrEqual(beganUs);
});

test("an abort ends it where it stands, and a day that has begun is not begun again", async () => {
  const stopping = new AbortController();
  await feedDay({ speed: 60, signal: stopping.signal, onInstant: () => { stopping.abort(); } });
  const ends = (): Promise<readonly number[]> => Promise.all(topicNames.map((topic) => house.bus.endOffset(topic, house.partition)));
  const before = await ends();
  await expect(feedDay()).rejects.toMatchObject({ code: "log_not_fresh", message: expect.stringContaining("The log SPX is open already") });
  expect(await ends()).toEqual(before);
});

test("an opening that nobody has recorded yet is an opening", async () => {
  await house.stopSequencers();
  const stopping = new AbortController();
  const produce: typeof house.bus.produce = async (messages) => {
    stopping.abort();
    return house.bus.produce(messages);
  };
  await feedDay({ bus: { ...house.bus, produce }, signal: stopping.signal });
  expect(await house.reader.read(log, 0, 1)).toEqual([]);
  await expect(feedDay()).rejects.toMatchObject({ code: "log_not_fresh" });
});
