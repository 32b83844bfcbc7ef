import { canonicalJson, topics } from "@finality/contracts";
import { eventually } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nextDueUs, unquietReason } from "./quiet.ts";
import { log, openQuietHouse, shortDay, type QuietHouse } from "./testing/quiet-house.ts";

let house: QuietHouse;
const account = "paper-1";
beforeAll(async () => {
  house = await openQuietHouse();
  house.startFollowers();
  const sequencer = house.startSequencer();
  await house.feed({ dataset: shortDay(2) });
  house.stopFollowers();
  await sequencer.stop();
});
afterAll(() => house.close());

const reason = (): Promise<string | undefined> => unquietReason(house, log, house.partition);
const run = (statement: string, ...values: readonly unknown[]): Promise<unknown> => house.database.query(statement, values);

test("each link of the ring makes the house unquiet by itself, and says so", async () => {
  await eventually(async () => (await reason()) === undefined);

  for (const topic of [topics.ticks, topics.executions, topics.control]) {
    await house.bus.produce([{ topic, partition: house.partition, key: null, value: new Uint8Array(), headers: {} }]);
    expect(await reason()).toContain(`messages of ${topic}`);
    await run("INSERT INTO event_log.source_offset (log, topic, partition, next_offset) VALUES ($1, $2, 0, 1) ON CONFLICT (log, topic, partition) DO UPDATE SET next_offset = event_log.source_offset.next_offset + 1", log, topic);
    expect(await reason()).toBeUndefined();
  }

  for (const follower of ["dispatcher", "paper-venue"]) {
    await run("UPDATE execution.follower SET position = position - 1 WHERE follower = $1", follower);
    expect(await reason()).toContain(`the ${follower} has read`);
    await run("UPDATE execution.follower SET position = position + 1 WHERE follower = $1", follower);
  }

  await run("INSERT INTO execution.command (command_id, log, position, account, book, recorded_us, valid_until_us, body) VALUES ('SPX-1-9', $1, 9, $2, 'scalper', 0, 0, '')", log, account);
  expect(await reason()).toBe("1 commands have no final answer from the venue yet");
  for (const [state, isOpen] of [["sending", true], ["unknown", true], ["rejected", false], ["expired", false], ["withdrawn", false], ["accepted", false]] as const) {
    await run("INSERT INTO execution.attempt (command_id, account, state, executor, send_by) VALUES ('SPX-1-9', $1, $2, 'x', now()) ON CONFLICT (command_id) DO UPDATE SET state = $2", account, state);
    expect([state, (await reason()) !== undefined]).toEqual([state, isOpen]);
  }

  await house.queue.add(account, { commandId: "SPX-1-9" });
  expect(await reason()).toBe(`1 jobs of ${account} are open`);
  await house.queue.empty(account);
  expect(await reason()).toBeUndefined();

  await run("INSERT INTO venue.order (client_order_id, log, account, instrument, side, quantity, filled, arrives_us, state) VALUES ('SPX-1-9', $1, $2, 'SPX-FUT', 'buy', '1', '0', 500, 'open')", log, account);
  expect(await reason()).toBeUndefined();
  await run("INSERT INTO venue.report (account, sequence, client_order_id, type, body, venue_us) VALUES ($1, 1, 'SPX-1-9', 'fill', $2, 0)", account, canonicalJson({}));
  expect(await reason()).toContain("has not taken over all reports");
  await run("INSERT INTO execution.venue_cursor (account, sequence) VALUES ($1, 1)", account);
  expect(await reason()).toBeUndefined();

  // The next instant is the next arrival behind this one, of this log, of an order that is still open.
  expect([await nextDueUs(house, log, 499), await nextDueUs(house, log, 500), await nextDueUs(house, "OTHER", 0)]).toEqual([500, undefined, undefined]);
  await run("UPDATE venue.order SET state = 'filled'");
  expect(await nextDueUs(house, log, 499)).toBeUndefined();
});

test("what is under way in another log leaves this one quiet", async () => {
  await run("INSERT INTO execution.command (command_id, log, position, account, book, recorded_us, valid_until_us, body) VALUES ('B-1-9', 'B', 9, 'paper-b', 'b', 0, 0, '')");
  await house.queue.add("paper-b", { commandId: "B-1-9" });
  // An account of both logs: its reports are counted in one row of numbers, but each belongs to an order of one log.
  for (const [index, shared] of ["paper-b", account].entries()) {
    const order = `B-1-${String(index)}`;
    await run("INSERT INTO venue.order (client_order_id, log, account, instrument, side, quantity, filled, arrives_us, state) VALUES ($1, 'B', $2, 'B-FUT', 'buy', '1', '0', 500, 'filled')", order, shared);
    await run("INSERT INTO venue.report (account, sequence, client_order_id, type, body, venue_us) VALUES ($1, 9, $2, 'fill', $3, 0)", shared, order, canonicalJson({}));
  }
  expect(await reason()).toBeUndefined();
  expect(await unquietReason(house, "B", house.partition)).toBeDefined();
});

test("what moves while it is looked at is not quiet", async () => {
  const moving = {
    ...house,
    bus: {
      ...house.bus,
      endOffset: async (topic: string, partition: number) => {
        await run("UPDATE event_log.head SET recorded_us = recorded_us, position = position + 1 WHERE log = $1", log);
        await run("UPDATE execution.follower SET position = position + 1");
        return house.bus.endOffset(topic, partition);
      },
    },
  };
  expect(await unquietReason(moving, log, house.partition)).toBe("something moved while it was looked at");
  expect(await reason()).toBeUndefined();
});
