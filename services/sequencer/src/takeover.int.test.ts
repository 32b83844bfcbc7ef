import type { Bus } from "@finality/bus";
import { EventLogError, verifyHashes, type LogWriter } from "@finality/event-log";
import { eventually, privatePostgres, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { message, openDesk, quote, second, startUs, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

const ticksAt = (log: string, seconds: number): Outgoing => message(log, "ticks", { ticks: [quote(3700, startUs + seconds * second)] }, { instantUs: startUs + seconds * second });

/** Every message once and in order, whatever happened on the way: the ticks say at which second they were published. */
const expectWhole = async (house: WritingHouse, log: string, seconds: number): Promise<void> => {
  const records = await house.recorded(log);
  const ticks = records.filter(({ type }) => type === "TicksRecorded").map(({ recordedTimeUs }) => (recordedTimeUs - startUs) / second);
  expect(ticks).toEqual(Array.from({ length: seconds }, (_, index) => index + 1));
  expect(records.map(({ position }) => position)).toEqual(records.map((_, index) => index + 1));
  expect((await verifyHashes(house.reader, log)).firstDifference).toBeUndefined();
};

describe("on a database that lives", () => {
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

  test("a deposed writer changes nothing any more, and lets go of that log only", async () => {
    const [taken, other] = ["TAKEN", "OTHER"];
    const sequencer = house.start();
    for (const log of [taken, other]) {
      await house.send(log, ...openDesk(log, "data"));
      await house.recorded(log);
    }
    const hold = await house.writer.takeOver(taken);
    await house.send(taken, ticksAt(taken, 1));
    await eventually(() => sequencer.status().find(({ log, state }) => log === taken && state === "stopped"));
    expect(await house.reader.head(taken)).toMatchObject({ position: 3, epoch: hold.epoch });
    expect(await house.offsetsOf(taken)).toEqual(hold.offsets);
    await house.send(other, ticksAt(other, 1));
    await expectWhole(house, other, 1);
    expect((await house.reader.head(other))?.epoch).toBe(1);
  });

  const broken = (log: string, appendTo: (append: LogWriter["append"]) => LogWriter["append"]): LogWriter => {
    const wrapped = appendTo((append) => house.writer.append(append));
    return { ...house.writer, append: (append) => (append.log === log && append.records.some(({ content }) => content.type === "TicksRecorded") ? wrapped(append) : house.writer.append(append)) };
  };
  const unknown = (): EventLogError => new EventLogError("commit_unknown", "the connection failed during the commit");

  test.each([
    ["happened", true, 1],
    ["did not happen", false, 2],
  ])("a commit of unknown outcome that %s is neither lost nor repeated", async (_, happened, epochs) => {
    const log = "UNKNOWN";
    let failures = 0;
    const writer = broken(log, (append) => async (batch) => {
      if (failures++ > 0) return append(batch);
      if (happened) await append(batch);
      throw unknown();
    });
    house.start({ writer });
    await house.send(log, ...openDesk(log, "data"));
    await house.recorded(log);
    for (let seconds = 1; seconds <= 5; seconds += 1) await house.send(log, ticksAt(log, seconds));
    await expectWhole(house, log, 5);
    // What certainly happened needs no new hold; all else is thrown away and rebuilt.
    expect((await house.reader.head(log))?.epoch).toBe(epochs);
  });

  test("an append that fails while nothing else arrives is done again from the log", async () => {
    const log = "ALONE";
    let failures = 0;
    const writer = broken(log, (append) => async (batch) => {
      if (failures++ < 2) throw new Error("the backend was terminated");
      return append(batch);
    });
    house.start({ writer });
    await house.send(log, ...openDesk(log, "data"));
    await house.recorded(log);
    await house.send(log, ticksAt(log, 1));
    await expectWhole(house, log, 1);
  });

  test("a log whose appends are refused again and again stops, and another goes on", async () => {
    const [log, other] = ["REFUSED", "WELL"];
    const writer = broken(log, () => () => Promise.reject(new EventLogError("conflict", "a key is there already")));
    const sequencer = house.start({ writer });
    for (const each of [log, other]) {
      await house.send(each, ...openDesk(each, "data"));
      await house.recorded(each);
    }
    await house.send(log, ticksAt(log, 1));
    await eventually(() => sequencer.status().find((each) => each.log === log && each.state === "stopped" && each.reason.includes("a key is there already")));
    await house.send(other, ticksAt(other, 1));
    await expectWhole(house, other, 1);
    expect((await house.reader.head(log))?.position).toBe(3);
  });

  test("sessions of the database that are terminated while messages come lose and double nothing", async () => {
    const log = "TERMINATED";
    house.start();
    await house.send(log, ...openDesk(log, "data"));
    await house.recorded(log);
    for (let seconds = 1; seconds <= 40; seconds += 1) {
      await house.send(log, ticksAt(log, seconds));
      if (seconds % 10 === 0) await server.database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }
    await expectWhole(house, log, 40);
  });

  test("a sequencer whose consumer does not let go ends, so that its process does and others get its logs", async () => {
    const log = "HANGING";
    const until = Promise.withResolvers<undefined>();
    const hanging: Bus = {
      ...house.bus,
      consume: async (options, handlers) => {
        const consumer = await house.bus.consume(options, handlers);
        return { ...consumer, stop: async () => { await until.promise; await consumer.stop(); } };
      },
    };
    const writer = broken(log, () => () => Promise.reject(unknown()));
    const sequencer = house.start({ bus: hanging, writer, letGoWithinMs: 50 });
    try {
      await house.send(log, ...openDesk(log, "data"), ticksAt(log, 1));
      await expect(sequencer.failed).rejects.toMatchObject({ code: "consumer_hangs" });
    } finally {
      until.resolve(undefined);
    }
  });

  test("stopping finishes the batch in work", async () => {
    const log = "STOPPED";
    const begun = Promise.withResolvers<true>();
    let committed = false;
    const writer = broken(log, (append) => async (batch) => {
      begun.resolve(true);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const done = await append(batch);
      committed = true;
      return done;
    });
    const sequencer = house.start({ writer });
    await house.send(log, ...openDesk(log, "data"));
    await house.recorded(log);
    await house.send(log, ticksAt(log, 1));
    await begun.promise;
    await sequencer.stop();
    expect(committed).toBe(true);
    await expectWhole(house, log, 1);
    expect(sequencer.status()).toEqual([]);
  });
});

test("PostgreSQL that crashes and comes back underneath loses and doubles nothing", async () => {
  const postgres = await privatePostgres();
  const house = await openHouse(postgres.database);
  try {
    const log = "CRASH";
    house.start();
    await house.send(log, ...openDesk(log, "data"));
    await house.recorded(log);
    for (let seconds = 1; seconds <= 30; seconds += 1) {
      await house.send(log, ticksAt(log, seconds));
      if (seconds % 15 === 0) await postgres.restart("immediate");
    }
    await expectWhole(house, log, 30);
  } finally {
    await house.close();
    await postgres.dispose();
  }
});
