import { commandIdOf, type LogRecord } from "@finality/contracts";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fill, message, openDesk, quote, second, startUs, trade, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

let server: TestDatabase;
let house: WritingHouse;
beforeAll(async () => {
  server = await testDatabase();
  house = await openHouse(server.database, 4);
  house.start();
});
afterAll(async () => {
  await house.close();
  await server.dispose();
});

const after = (seconds: number): number => startUs + seconds * second;
const ticksAt = (log: string, seconds: number, mid: number): Outgoing => message(log, "ticks", { ticks: [quote(mid, after(seconds))] }, { instantUs: after(seconds) });
const lastOf = (records: readonly LogRecord[], type: LogRecord["type"]): LogRecord | undefined => records.findLast((record) => record.type === type);

/** A desk that is long and has just decided to sell; the decision's id. */
const withOpenHedge = async (log: string): Promise<string> => {
  await house.send(log, ...openDesk(log, "data"), trade(log, "t-1", { instantUs: startUs }));
  await house.recorded(log);
  await house.send(log, ticksAt(log, 1, 3700));
  const hedge = lastOf(await house.recorded(log), "HedgeDecided");
  if (hedge === undefined) throw new Error("the desk did not hedge");
  return commandIdOf(hedge);
};

test("a fill that comes again is ignored and counted; one that uses its id for something else is a dead letter", async () => {
  const log = "FILLS";
  const commandId = await withOpenHedge(log);
  const first = fill({ commandId, quantity: "10", cumulativeQuantity: "10" });
  const send = (instant: number, body: ReturnType<typeof fill>): Outgoing => message(log, "fill", body, { instantUs: after(instant) });
  await house.send(log, send(2, first), send(3, first), send(4, { ...first, price: "3600" }), send(5, first));
  const records = await house.recorded(log);
  expect(records.filter(({ type }) => type === "FillRecorded")).toHaveLength(1);
  expect((await house.reader.head(log))?.duplicates).toBe(2);
  const letters = await house.deadLettersOf(log);
  expect(letters.map(({ offset, reason }) => [offset, reason])).toEqual([[2, "fill_id_reused"]]);
  expect(letters[0]?.detail).toContain("fill-1");
});

test("a fill that no order explains is recorded and holds its account's books until they are released", async () => {
  const log = "HELD";
  await house.send(log, ...openDesk(log, "data"), trade(log, "t-1", { instantUs: startUs }), message(log, "fill", fill(), { instantUs: after(1) }));
  expect(lastOf(await house.recorded(log), "UnexpectedFillRecorded")?.body).toMatchObject({ unexpected: "unknown_order" });
  await house.send(log, ticksAt(log, 2, 3700));
  const held = await house.recorded(log);
  expect(lastOf(held, "HedgeDecided")).toBeUndefined();
  expect(lastOf(held, "HedgeRefused")?.body).toMatchObject({ book: "scalper", reason: "held" });

  await house.send(log, ticksAt(log, 3, 3700), ticksAt(log, 4, 3701));
  // A refusal is recorded when its reason changes, not at each tick (rule 16).
  expect((await house.recorded(log)).filter((record) => record.type === "HedgeRefused" && record.body.reason === "held")).toHaveLength(1);

  await house.send(log, message(log, "release_book", { book: "scalper" }));
  const released = await house.recorded(log);
  expect(released.slice(-3).map(({ type }) => type)).toContain("HedgeDecided");
  expect(released.at(-3)?.type === "BookReleased" || released.at(-2)?.type === "BookReleased").toBe(true);
});

test("a fill in an instrument that is not listed is recorded too, and one of another account leaves our book alone", async () => {
  const log = "STRANGE";
  const strange = fill({ instrument: "NOBODY", account: "paper-2" });
  await house.send(log, ...openDesk(log, "data"), trade(log, "t-1", { instantUs: startUs }), message(log, "fill", strange, { instantUs: after(1) }));
  expect(lastOf(await house.recorded(log), "UnexpectedFillRecorded")?.body).toMatchObject({ unexpected: "unknown_instrument" });
  await house.send(log, ticksAt(log, 2, 3700));
  expect(lastOf(await house.recorded(log), "HedgeDecided")?.body).toMatchObject({ side: "sell", quantity: "10" });
});

test("positions of the venue that the log's fills explain leave no record and no count; others hold the account's books (rule 25)", async () => {
  const log = "POSITIONS";
  const commandId = await withOpenHedge(log);
  const told = (snapshotId: string, quantity: string): Outgoing =>
    message(log, "position_snapshot", { snapshotId, account: "paper-1", sequence: 1, lastFillId: "fill-1", positions: [{ instrument: "FUT", quantity }], venueTimeUs: after(3) }, { instantUs: after(3) });
  await house.send(log, message(log, "fill", fill({ commandId, quantity: "10", cumulativeQuantity: "10" }), { instantUs: after(2) }), told("s-1", "-10"));
  const before = await house.recorded(log);
  expect(before.at(-1)?.type).toBe("FillRecorded");
  expect((await house.reader.head(log))?.duplicates).toBe(0);
  await house.send(log, told("s-2", "-9"), told("s-3", "-9"), told("s-4", "-10"));
  const added = (await house.recorded(log)).slice(before.length).filter(({ body }) => "snapshotId" in body);
  expect(added.map(({ type, body }) => [type, "snapshotId" in body && body.snapshotId])).toEqual([["PositionMismatchRecorded", "s-2"], ["PositionsReconciled", "s-4"]]);
  await house.send(log, trade(log, "t-2", { instantUs: after(4) }), ticksAt(log, 5, 3700));
  const records = await house.recorded(log);
  expect(lastOf(records, "HedgeRefused")?.body).toMatchObject({ reason: "held" });
  expect(records.filter(({ type }) => type === "HedgeDecided")).toHaveLength(1);
});
