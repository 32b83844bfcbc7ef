import { decodeRecord, type LogRecord } from "@finality/contracts";
import { loadCopies } from "@finality/datasets";
import { sourceOffsets } from "@finality/event-log";
import { venueTermsOf } from "@finality/venues";
import { eventually } from "@finality/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { steadyWallClock } from "../live/wall-clock.ts";
import { openQuietHouse, shortDay, type QuietHouse } from "../testing/quiet-house.ts";
import { generateLoad, type LoadOptions, type LoadSecond, type LoadSummary } from "./load.ts";

let house: QuietHouse;
beforeEach(async () => {
  house = await openQuietHouse();
  house.startSequencer({ nowUs: steadyWallClock() });
});
afterEach(() => house.close());

const underlyings = loadCopies("spx-2021-01-04", { count: 2, mark: "L" }).map((dataset) => shortDay(Infinity, dataset));
const logs = underlyings.map(({ manifest }) => manifest.log);

const load = (change: Partial<LoadOptions> = {}): Promise<LoadSummary> =>
  generateLoad({ database: house.database, bus: house.bus, catalogue: house.catalogue, underlyings, ticksPerS: 20_000, ticksPerMessage: 50, signal: new AbortController().signal, ...change });

const recorded = async (log: string): Promise<readonly LogRecord[]> => {
  const partition = await house.catalogue.assignPartition(log);
  await eventually(async () => {
    for (const { topic, nextOffset } of await sourceOffsets(house.database, log)) if (nextOffset < (await house.bus.endOffset(topic, partition))) return false;
    return true;
  });
  return (await house.reader.read(log, 0, 100_000)).map((record) => decodeRecord(record));
};
const ticksIn = (records: readonly LogRecord[]): number => records.reduce((sum, record) => sum + (record.type === "TicksRecorded" ? record.body.count : 0), 0);

test("every tick that was sent is recorded, in turns over the underlyings, and good: the day is repeated without a jump", async () => {
  const seconds: LoadSecond[] = [];
  const summary = await load({ seconds: 2.5, onSecond: (second) => seconds.push(second) });
  expect(summary).toMatchObject({ underlyings: 2, ticksPerMessage: 50, askedTicksPerS: 20_000, failedSends: 0 });
  expect(summary.ticks).toBe(summary.messages * 50);
  // More than a day of each, and never more than was asked for.
  expect(summary.ticks).toBeGreaterThan(2 * 7_564);
  expect(summary.reachedTicksPerS).toBeLessThanOrEqual(20_000);
  expect(seconds.map(({ second }) => second)).toEqual(seconds.map((_unused, index) => index + 1));
  expect(seconds.length).toBeGreaterThan(0);
  const records = await Promise.all(logs.map(recorded));
  const ticks = records.map(ticksIn);
  expect(ticks.reduce((sum, each) => sum + each, 0)).toBe(summary.ticks);
  expect(Math.abs((ticks[0] ?? 0) - (ticks[1] ?? 0))).toBeLessThanOrEqual(50);
  const flagged = records.flat().filter((record) => record.type === "TicksRecorded" && record.body.flags.some((flag) => flag !== 0));
  expect(flagged).toEqual([]);
  for (const log of logs) expect(await house.leftovers(log)).toEqual({ duplicates: 0, deadLetters: 0 });
});

test("the logs are opened once, with books that trade and instruments that do not expire, and go on at the next load", async () => {
  await load({ seconds: 0.2 });
  const first = await Promise.all(logs.map(recorded));
  await load({ seconds: 0.2 });
  const second = await Promise.all(logs.map(recorded));
  const control = (records: readonly LogRecord[]): readonly string[] => records.map(({ type }) => type).filter((type) => type !== "TicksRecorded" && type !== "ClockTicked" && type !== "StateHashed");
  for (const [index, log] of logs.entries()) {
    const types = control(first[index] ?? []);
    expect(types.filter((type) => type === "BookOpened")).toHaveLength(4);
    expect(types.filter((type) => type === "TradeBooked")).toHaveLength(8);
    expect(control(second[index] ?? [])).toEqual(types);
    expect(await house.leftovers(log)).toEqual({ duplicates: 0, deadLetters: 0 });
    expect(await venueTermsOf(house.database, log)).toMatchObject({ latencyMs: 250 });
    const monthUs = 30 * 24 * 3_600 * 1_000_000;
    for (const record of first[index] ?? []) {
      if (record.type === "InstrumentListed" && "expiryUs" in record.body.instrument) expect(record.body.instrument.expiryUs).toBeGreaterThan(record.recordedTimeUs + monthUs);
    }
  }
  expect(ticksIn(second.flat())).toBeGreaterThan(ticksIn(first.flat()));
});

test("a bus that refuses for a while costs its messages, not the load", async () => {
  let calls = 0;
  const produce: typeof house.bus.produce = (messages) => {
    calls += 1;
    return messages[0]?.topic === "md.ticks.v1" && calls % 3 === 0 ? Promise.reject(new Error("away")) : house.bus.produce(messages);
  };
  const summary = await load({ bus: { ...house.bus, produce }, seconds: 1 });
  expect(summary.failedSends).toBeGreaterThan(0);
  const records = await Promise.all(logs.map(recorded));
  expect(ticksIn(records.flat())).toBe(summary.ticks);
});

test("a log of recorded data takes no load", async () => {
  const [dataset] = underlyings;
  if (dataset === undefined) throw new Error("there are two");
  const partition = await house.catalogue.assignPartition(dataset.manifest.log);
  house.startFollowers();
  await house.feed({ dataset: shortDay(2, dataset), partition });
  await expect(load({ underlyings: [dataset], seconds: 1 })).rejects.toMatchObject({ code: "log_not_live", message: expect.stringContaining("SPXL01") });
});
