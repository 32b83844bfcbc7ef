import { topics } from "@finality/contracts";
import { advance } from "@finality/engine";
import { orderSkip, verifyHashes, type Skip } from "@finality/event-log";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Advance } from "./fold-batch.ts";
import type { Sequencer } from "./sequencer.ts";
import { message, openDesk, quote, second, startUs, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

let server: TestDatabase;
let house: WritingHouse;
beforeAll(async () => {
  server = await testDatabase();
  house = await openHouse(server.database);
});
afterAll(async () => {
  await house.close();
  await server.dispose();
});

const ticksAt = (log: string, seconds: number): Outgoing => message(log, "ticks", { ticks: [quote(3700, startUs + seconds * second)] }, { instantUs: startUs + seconds * second });
const secondsOf = async (log: string): Promise<readonly number[]> =>
  (await house.recorded(log)).filter(({ type }) => type === "TicksRecorded").map(({ recordedTimeUs }) => (recordedTimeUs - startUs) / second);
const stoppedAt = (sequencer: Sequencer, log: string): Promise<unknown> =>
  eventually(() => sequencer.status().flatMap((each) => (each.log === log && each.state === "stopped" && each.at !== undefined ? [each.at] : []))[0]);
/** Fails on the log's ticks of the third second. */
const failing = (log: string): Advance => (state, input, sha256) => {
  if (input.log === log && input.type === "TicksRecorded" && input.recordedTimeUs === startUs + 3 * second) throw new Error("a bug in the fold");
  return advance(state, input, sha256);
};
const skipOf = (offset: number, change: Partial<Skip> = {}): Skip => ({ topic: topics.ticks, partition: 0, offset, reason: "known_bug", actor: "a-1", ...change });

test("a message that is skipped leaves a record and a dead letter, and the log goes on without a restart and without a hole", async () => {
  const log = "SKIPPED";
  const sequencer = house.start({ advance: failing(log) });
  const partition = await house.enter(log);
  await house.send(log, ...openDesk(log, "data"), ...[1, 2, 3, 4].map((seconds) => ticksAt(log, seconds)));
  expect(await stoppedAt(sequencer, log)).toEqual({ topic: topics.ticks, partition, offset: 2 });
  // What comes while it stands still is read again afterwards.
  await house.send(log, ticksAt(log, 5));
  expect(await orderSkip(server.database, log, skipOf(3))).toMatchObject({ kind: "not_stopped", stop: { offset: 2, error: "a bug in the fold" } });
  expect(await orderSkip(server.database, log, skipOf(2))).toEqual({ kind: "ordered" });
  expect(await orderSkip(server.database, log, skipOf(2))).toEqual({ kind: "known" });

  const records = await house.recorded(log);
  expect(await secondsOf(log)).toEqual([1, 2, 4, 5]);
  const skipped = records.find(({ type }) => type === "MessageSkipped");
  expect(skipped).toMatchObject({ position: 6, body: { reason: "known_bug", actor: "a-1" }, recordedTimeUs: startUs + 2 * second });
  const [stored] = await house.reader.read(log, 5, 1);
  expect(JSON.parse(Buffer.from(stored?.provenance ?? []).toString())).toMatchObject({ topic: topics.ticks, partition, firstOffset: 2, lastOffset: 2 });
  expect(Buffer.from(stored?.payload ?? []).toString()).not.toMatch(/offset|partition|topic/);
  const letters = await house.deadLettersOf(log);
  expect(letters.map(({ offset, reason }) => [offset, reason])).toEqual([[2, "skipped"]]);
  expect(letters[0]?.value).toEqual(Buffer.from(ticksAt(log, 3).value));
  expect((await verifyHashes(house.reader, log)).firstDifference).toBeUndefined();
  expect(sequencer.status().find((each) => each.log === log)).toMatchObject({ state: "writing", skips: 1, deadLetters: 1, position: records.length });
  // It is consumed, so it can be skipped no more.
  expect(await orderSkip(server.database, log, skipOf(2))).toEqual({ kind: "not_stopped", stop: undefined });
  await sequencer.stop();
});

test("a log that stopped for a reason that has gone goes on by itself", async () => {
  const log = "MENDED";
  let broken = true;
  const writer = { ...house.writer, append: (append: Parameters<typeof house.writer.append>[0]) => (broken && append.log === log ? Promise.reject(new Error("the tablespace is read-only")) : house.writer.append(append)) };
  const sequencer = house.start({ writer });
  await house.send(log, ...openDesk(log, "data"), ticksAt(log, 1));
  await eventually(() => sequencer.status().find((each) => each.log === log && each.state === "stopped"));
  broken = false;
  expect(await secondsOf(log)).toEqual([1]);
  await sequencer.stop();
});

test("a skipped opening is a dead letter alone: record 1 of a log is its opening", async () => {
  const log = "UNOPENED";
  const badOpening: Advance = (state, input, sha256) => {
    if (input.type === "LogOpened" && input.body.farShare === 7) throw new Error("a bug in the fold");
    return advance(state, input, sha256);
  };
  const sequencer = house.start({ advance: badOpening });
  const partition = await house.enter(log);
  const [opening, ...rest] = openDesk(log, "data");
  const [bad] = openDesk(log, "data", { farShare: 7 });
  if (opening === undefined || bad === undefined) throw new Error("a desk begins with its opening");
  await house.send(log, bad);
  await stoppedAt(sequencer, log);
  expect(await orderSkip(server.database, log, skipOf(0, { topic: topics.control, partition }))).toEqual({ kind: "ordered" });
  await eventually(async () => (await house.deadLettersOf(log)).length === 1);
  await house.send(log, opening, ...rest);
  expect((await house.recorded(log)).map(({ type }) => type)).toEqual(["LogOpened", "InstrumentListed", "BookOpened"]);
  expect((await house.deadLettersOf(log)).map(({ reason }) => reason)).toEqual(["skipped"]);
  await sequencer.stop();
});
