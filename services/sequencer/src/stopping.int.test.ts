import type { Bus } from "@finality/bus";
import { topics } from "@finality/contracts";
import { advance } from "@finality/engine";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Advance } from "./fold-batch.ts";
import { message, openDesk, quote, second, startUs, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";
import type { Sequencer } from "./sequencer.ts";

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

const ticksAt = (log: string, seconds: number): Outgoing => message(log, "ticks", { ticks: [quote(3700, startUs + seconds * second)] }, { instantUs: startUs + seconds * second });
const stopReason = (sequencer: Sequencer, log: string): Promise<string> =>
  eventually(() => sequencer.status().flatMap((each) => (each.log === log && each.state === "stopped" ? [each.reason] : []))[0]);
const goesOn = async (log: string): Promise<void> => {
  await house.send(log, ...openDesk(log, "data"), ticksAt(log, 1));
  expect(await house.recorded(log)).toHaveLength(4);
};
const written = async (log: string): Promise<void> => {
  const sequencer = house.start();
  await house.send(log, ...openDesk(log, "data"), ticksAt(log, 1), ticksAt(log, 2));
  expect(await house.recorded(log)).toHaveLength(5);
  await sequencer.stop();
};

test("a message that cannot be applied stops its log and is named; what came before it is committed, another log goes on", async () => {
  const log = "BUG";
  const failing: Advance = (state, input, sha256) => {
    if (input.log === log && input.type === "TicksRecorded" && input.recordedTimeUs === startUs + 3 * second) throw new Error("a bug in the fold");
    return advance(state, input, sha256);
  };
  await house.send(log, ...openDesk(log, "data"), ...[1, 2, 3, 4].map((seconds) => ticksAt(log, seconds)));
  const sequencer = house.start({ advance: failing });
  expect(await stopReason(sequencer, log)).toContain(`${topics.ticks}/0/2 could not be applied: a bug in the fold`);
  expect(await house.typesOf(log)).toEqual(["LogOpened", "InstrumentListed", "BookOpened", "TicksRecorded", "TicksRecorded"]);
  expect((await house.offsetsOf(log)).map(({ topic, nextOffset }) => [topic, nextOffset])).toEqual([[topics.control, 3], [topics.ticks, 2]]);
  await goesOn("FINE");
  await sequencer.stop();

  // Put right, the log goes on behind what it has.
  house.start();
  expect((await house.recorded(log)).filter(({ type }) => type === "TicksRecorded").map(({ recordedTimeUs }) => (recordedTimeUs - startUs) / second)).toEqual([1, 2, 3, 4]);
});

test("a message that the bus passes over stops its log before anything behind it is recorded; read again, none is missing", async () => {
  const log = "GAP";
  /** Its consumer is never handed this one message, as after a client that was set to a later offset (rule 4). */
  const losing: Bus = {
    ...house.bus,
    consume: (options, handlers) =>
      house.bus.consume(options, { ...handlers, batch: (batch) => handlers.batch({ ...batch, messages: batch.messages.filter(({ topic, offset }) => topic !== topics.ticks || offset !== 1) }) }),
  };
  await house.send(log, ...openDesk(log, "data"), ...[1, 2, 3, 4].map((seconds) => ticksAt(log, seconds)));
  house.start({ bus: losing });
  const recorded = await house.recorded(log);
  expect(recorded.filter(({ type }) => type === "TicksRecorded").map(({ recordedTimeUs }) => (recordedTimeUs - startUs) / second)).toEqual([1, 2, 3, 4]);
});

test("a topic that was made anew under a log is noticed at the start", async () => {
  await written("ANEW");
  await server.database.query("UPDATE bus.message SET value = 'another' WHERE topic = $1 AND partition = 0 AND \"offset\" = 1", [topics.ticks]);
  await written("SHORT");
  await server.database.query("DELETE FROM bus.message WHERE topic = $1 AND partition = 1", [topics.ticks]);
  await server.database.query("UPDATE bus.partition_head SET next_offset = 0 WHERE topic = $1 AND partition = 1", [topics.ticks]);
  const sequencer = house.start();
  expect(await stopReason(sequencer, "ANEW")).toContain(`${topics.ticks}/0 up to offset 2, but the message at 1 is another one`);
  expect(await stopReason(sequencer, "SHORT")).toContain("but the partition ends at 0");
  await goesOn("FINE");
});

test("a log whose records cannot be folded stops and leaves the others alone", async () => {
  await written("HURT");
  await written("HOLED");
  await server.database.query("ALTER TABLE event_log.record DISABLE TRIGGER USER");
  await server.database.query("UPDATE event_log.record SET payload = 'no record' WHERE log = 'HURT' AND position = 2");
  await server.database.query("DELETE FROM event_log.record WHERE log = 'HOLED' AND position = 4");
  const sequencer = house.start();
  expect(await stopReason(sequencer, "HURT")).toContain("HURT-1-2");
  expect(await stopReason(sequencer, "HOLED")).toContain("HOLED");
  await goesOn("FINE");
});
