import { canonicalJson, encodeRecord, type Decision, type Input, type StoredRecord } from "@finality/contracts";
import type { Database } from "@finality/database";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claim } from "./claim.ts";
import { checkpointOf } from "./followers.ts";
import { isHalted } from "./halts.ts";
import { recoverExecution, recoverFrom } from "./recover.ts";
import { takeOverReports } from "./venue-reports.ts";
import { attemptOf, command, decided, openLog, outboxOf, startUs } from "./testing/stored-log.ts";

const log = "SPX";
const account = "paper-scalper";
let server: TestDatabase;
let database: Database;

beforeEach(async () => {
  server = await testDatabase();
  ({ database } = server);
  await openLog(database, log, "live");
  await database.query("INSERT INTO execution.follower (follower, log, position) VALUES ('dispatcher', $1, 2)", [log]);
});
afterEach(async () => {
  await server.dispose();
});

const stored = (position: number, body: Input | Decision): StoredRecord => ({
  log, generation: 1, position, venueTimeUs: startUs, recordedTimeUs: startUs, ...encodeRecord(body),
  provenance: canonicalJson({ epoch: 1, build: "test", actor: "actor-1" }), contentHash: new Uint8Array(32), leafHash: new Uint8Array(32),
});
const hedge = (position: number): StoredRecord => {
  const { type, body } = decided(log, position);
  return stored(position, { type, body });
};
const report = (position: number, commandId: string, state: "accepted" | "rejected", reason?: string): StoredRecord =>
  stored(position, { type: "OrderReported", body: { reportId: `${commandId}-r1`, account, commandId, sequence: 1, state, cumulativeQuantity: "0", venueTimeUs: startUs, ...(reason === undefined ? {} : { reason }) } });
const fill = (commandId: string, sequence: number) =>
  ({ fillId: `${commandId}-f1`, account, commandId, sequence, instrument: "FUT", side: "sell", quantity: "3", price: "3700", fee: "0", cumulativeQuantity: "3", liquidity: "taker", venueTimeUs: startUs }) as const;
const recover = (...records: readonly StoredRecord[]): Promise<readonly string[]> => recoverExecution(database, log, (async function* () { yield await Promise.resolve(records); })());
const published = async (): Promise<unknown> => (await database.query("SELECT report_id, published FROM execution.outbox ORDER BY id")).rows;

test("commands of imported records have the answers that the log knows, and the venue is asked about the others: none is sent", async () => {
  // Recorded before the backup, and nobody had claimed it by then.
  const old = await command(database, log, 2);
  const asked = await recover(
    hedge(3), hedge(4), hedge(5), hedge(6), report(7, "SPX-1-3", "accepted"), report(8, "SPX-1-4", "rejected", "no_such_instrument"), stored(9, { type: "FillRecorded", body: fill("SPX-1-5", 1) }),
  );
  expect(asked).toEqual([old, "SPX-1-6"]);
  expect(await Promise.all([3, 4, 5, 6].map((position) => attemptOf(database, `SPX-1-${String(position)}`)))).toEqual([["accepted", null], ["rejected", "no_such_instrument"], ["accepted", null], ["unknown", null]]);
  for (const commandId of [old, "SPX-1-3", "SPX-1-6"]) expect(await claim(database, { commandId, executor: "one", sendWithinMs: 1_000 })).toEqual({ kind: "taken" });
});

test("what the log was told is not told again, and what the venue says next is numbered behind it", async () => {
  await recover(hedge(3), report(4, "SPX-1-3", "accepted"), stored(5, { type: "FillRecorded", body: fill("SPX-1-3", 2) }));
  await takeOverReports(database, account, 0, [{ sequence: 1, type: "fill", log, body: fill("SPX-1-3", 1) }]);
  expect(await published()).toEqual([{ report_id: "SPX-1-3-r1", published: true }, { report_id: "SPX-1-3-f1", published: true }]);
  expect((await outboxOf(database, "SPX-1-3")).map(([id, , sequence]) => [id, sequence])).toEqual([["SPX-1-3-r1", 1], ["SPX-1-3-f1", 2]]);
});

test("a fill of an order that was lost is numbered as it was when it was told before", async () => {
  await takeOverReports(database, account, 0, [{ sequence: 1, type: "fill", log, body: fill("SPX-1-7", 1) }, { sequence: 2, type: "fill", log, body: fill("by-hand", 1) }]);
  expect((await outboxOf(database, "SPX-1-7")).map(([, , sequence]) => sequence)).toEqual([2]);
  expect((await outboxOf(database, "by-hand")).map(([, , sequence]) => sequence)).toEqual([1]);
});

test("halts of the imported records are in force again, accounts of the log's books are looked at, and a second time changes nothing", async () => {
  const book = { book: "scalper", account, hedgeInstrument: "FUT", policy: { type: "none" }, limits: { maxOrderQuantity: "1", maxHedgePosition: "1", maxQuoteAgeMs: 1_000 } };
  await database.query(
    `INSERT INTO event_log.record (log, position, generation, type, version, venue_us, recorded_us, payload, provenance, content_hash, leaf_hash)
     VALUES ($1, 2, 1, 'BookOpened', 1, $2, $2, convert_to($3, 'UTF8'), ''::bytea, $4, $4)`,
    [log, startUs, JSON.stringify(book), Buffer.alloc(32)],
  );
  const records = [stored(3, { type: "Halted", body: { haltId: "halt-1", book: "scalper" } }), hedge(4)];
  expect(await recoverFrom(database, log)).toBe(2);
  expect(await recover(...records)).toEqual(["SPX-1-4"]);
  expect(await checkpointOf(database, "dispatcher", log)).toBe(4);
  expect([await isHalted(database, log, "scalper"), await isHalted(database, log, "other")]).toEqual([true, false]);
  expect((await database.query("SELECT account, sequence FROM execution.venue_cursor")).rows).toEqual([{ account, sequence: 0 }]);
  expect(await recover()).toEqual(["SPX-1-4"]);
  expect((await database.query("SELECT FROM execution.attempt")).rowCount).toBe(1);
});
