import { logHashes, verifyHashes } from "@finality/event-log";
import { seededRandom, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterEach, expect, test } from "vitest";
import { fill, message, openDesk, quote, second, startUs, trade, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

const log = "DAY";
type Opened = WritingHouse & { readonly server: TestDatabase };
const opened: Opened[] = [];
const newHouse = async (): Promise<Opened> => {
  const server = await testDatabase();
  const house = { ...(await openHouse(server.database)), server };
  opened.push(house);
  return house;
};
afterEach(async () => {
  for (const house of opened.splice(0)) {
    await house.close();
    await house.server.dispose();
  }
});

/** A day in the conductor's order: messages of one topic at a time, recorded before the next. */
const day = (): readonly (readonly Outgoing[])[] => {
  const random = seededRandom(7);
  const steps: Outgoing[][] = [[...openDesk(log, "data")]];
  for (let step = 1; step <= 12; step += 1) {
    const at = { instantUs: startUs + step * second };
    const mid = (): number => 3700 + random.integer(-40, 40) / 4;
    steps.push(Array.from({ length: random.integer(1, 9) }, () => message(log, "ticks", { ticks: [quote(mid(), at.instantUs), quote(mid(), at.instantUs)] }, at)));
    if (step % 3 === 0) steps.push([message(log, "fill", fill({ fillId: `fill-${String(step)}`, account: "paper-2" }), at)]);
    if (step % 4 === 1) steps.push([trade(log, `t-${String(step)}`, at)]);
  }
  return steps;
};

const contentOf = async (house: Opened): Promise<unknown> => {
  expect((await verifyHashes(house.reader, log)).firstDifference).toBeUndefined();
  return logHashes(house.server.database, log);
};

const wholeDay = async (): Promise<unknown> => {
  const house = await newHouse();
  house.start();
  for (const step of day()) {
    await house.send(log, ...step);
    await house.recorded(log);
  }
  expect(await house.typesOf(log)).toEqual(expect.arrayContaining(["HedgeDecided", "StateHashed", "UnexpectedFillRecorded"]));
  return contentOf(house);
};

test("a data log has the same bytes however its messages come in batches", async () => {
  const one = await newHouse();
  one.start();
  for (const each of day().flat()) {
    await one.send(log, each);
    await one.recorded(log);
  }
  expect(await contentOf(one)).toEqual(await wholeDay());
});

test("a day written by one sequencer after the other has the bytes of a day written by one", async () => {
  const house = await newHouse();
  let sequencer = house.start();
  for (const [index, step] of day().entries()) {
    await house.send(log, ...step);
    // Stopping finishes what is in work; the next one finds the rest.
    if (index % 4 === 2) {
      await sequencer.stop();
      sequencer = house.start();
    }
    await house.recorded(log);
  }
  expect((await house.reader.head(log))?.epoch).toBeGreaterThan(3);
  expect(await house.typesOf(log)).not.toContain("WriterStarted");
  expect(await contentOf(house)).toEqual(await wholeDay());
});

test("the writer says its semantics in the log exactly when they are others than those recorded", async () => {
  const house = await newHouse();
  const first = house.start();
  await house.send(log, ...openDesk(log, "data"));
  await house.recorded(log);
  await first.stop();
  // A log whose last writer had other semantics: its opening says so.
  const old = "OLD";
  const hold = await house.writer.takeOver(old);
  const [record] = await house.reader.read(log, 0, 1);
  if (record === undefined) throw new Error("there is an opening");
  const payload = Buffer.from(Buffer.from(record.payload).toString().replace(/"semantics":\d+/, '"semantics":999'));
  await house.enter(old);
  const { type, version, venueTimeUs, recordedTimeUs } = record;
  await house.writer.append({ log: old, epoch: hold.epoch, expectedPosition: 0, records: [{ content: { type, version, venueTimeUs, recordedTimeUs, payload }, provenance: { epoch: 1, build: "old" } }], offsets: [], deadLetters: [], duplicates: 0 });

  for (let start = 0; start < 2; start += 1) {
    const sequencer = house.start();
    await house.send(old, message(old, "clock", {}, { instantUs: startUs + start }));
    await house.send(log, message(log, "clock", {}, { instantUs: startUs + start }));
    await house.recorded(old);
    await house.recorded(log);
    await sequencer.stop();
  }
  expect(await house.typesOf(old)).toEqual(["LogOpened", "WriterStarted", "ClockTicked", "ClockTicked"]);
  expect(await house.typesOf(log)).toEqual(["LogOpened", "InstrumentListed", "BookOpened", "ClockTicked", "ClockTicked"]);
});
