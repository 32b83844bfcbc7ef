import { randomBytes } from "node:crypto";
import { topics } from "@finality/contracts";
import { verifyHashes } from "@finality/event-log";
import { silentLogger, type Logger } from "@finality/service-kit";
import { eventually } from "@finality/testkit";
import { expect, onTestFinished, test } from "vitest";
import { message, openDesk, quote, second, startUs, type Outgoing } from "./testing/desk-messages.ts";
import { openSmallDisk } from "./testing/small-disk.ts";
import { openHouse } from "./testing/writing-house.ts";

const log = "FULL";
const ticksAt = (seconds: number): Outgoing => message(log, "ticks", { ticks: [quote(3700, startUs + seconds * second)] }, { instantUs: startUs + seconds * second });
/** Becomes a dead letter that does not get smaller by compressing. */
const garbage = (): Outgoing => ({ topic: topics.ticks, value: randomBytes(900_000), headers: {} });

/** What an append may change. */
const tables = ["head", "record", "source_offset", "dead_letter"] as const;

test("a full disk stops the writer, which says so; nothing is half written, everything can be read, and it goes on when there is room", async () => {
  const disk = await openSmallDisk();
  onTestFinished(() => disk.close());
  const house = await openHouse(disk.database);
  const first = house.start();
  await house.send(log, ...openDesk(log, "data"), ticksAt(1));
  expect(await house.recorded(log)).toHaveLength(4);
  await first.stop();
  await house.send(log, ticksAt(2), garbage(), garbage(), garbage(), ticksAt(3));
  const written = async (): Promise<unknown> => {
    // The epoch and its time rise with each takeover, which takes no room.
    const rows = tables.map(async (table) => (await disk.database.query(`SELECT * FROM event_log.${table} WHERE log = $1 ORDER BY 1, 2, 3`, [log])).rows.map(({ epoch: _epoch, ...row }) => row));
    return Promise.all(rows);
  };
  await disk.fill();
  const before = await written();

  const said: string[] = [];
  const say = (fields: { readonly err?: Error }): void => void said.push(fields.err?.message ?? "");
  const logger: Logger = { ...silentLogger, warn: say, error: say };
  house.start({ logger });
  // Again and again, and never a part of it.
  await eventually(() => said.filter((text) => /No space left on device|File too large/.test(text)).length >= 2);
  expect(await written()).toEqual(before);
  expect(await verifyHashes(house.reader, log)).toEqual({ records: 4, firstDifference: undefined });

  await disk.makeRoom();
  const records = await house.recorded(log);
  expect(records.map(({ type, recordedTimeUs }) => [type, (recordedTimeUs - startUs) / second])).toEqual([["LogOpened", 0], ["InstrumentListed", 0], ["BookOpened", 0], ["TicksRecorded", 1], ["TicksRecorded", 2], ["TicksRecorded", 3]]);
  expect(await verifyHashes(house.reader, log)).toEqual({ records: 6, firstDifference: undefined });
  expect((await house.deadLettersOf(log)).map(({ offset, reason, value }) => [offset, reason, value.length])).toEqual([2, 3, 4].map((offset) => [offset, "not_json", 900_000]));
  await house.close();
}, 120_000);
