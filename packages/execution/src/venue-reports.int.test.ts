import type { Fill } from "@finality/contracts";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claim } from "./claim.ts";
import { commandAccounts, commandById, unansweredCommands } from "./commands.ts";
import { markPublished, publishableReports } from "./outbox.ts";
import { settle } from "./settle.ts";
import { attemptOf, command, decided, openLog, outboxOf, startUs } from "./testing/stored-log.ts";
import { takeOverReports, venueCursor, type TakenReport } from "./venue-reports.ts";

let shared: TestDatabase;
beforeAll(async () => {
  shared = await testDatabase();
  await openLog(shared.database, "BTC", "live");
  await openLog(shared.database, "SPX", "data");
});
afterAll(async () => {
  await shared.dispose();
});

const account = "paper-scalper";
const reports = (log: string, commandId: string, from: number): readonly TakenReport[] => {
  const common = { account, commandId, cumulativeQuantity: "3", venueTimeUs: startUs + 1 };
  const fill: Fill = { ...common, fillId: `${commandId}-f1`, sequence: 1, instrument: "FUT", side: "sell", quantity: "3", price: "1", fee: "0", liquidity: "taker" };
  return [
    { sequence: from, type: "fill", log, body: fill },
    { sequence: from + 1, type: "order_report", log, body: { ...common, reportId: `${commandId}-v2`, sequence: 2, state: "filled" } },
  ];
};

test("venue reports are taken over once, with the cursor, numbered behind the executor's own", async () => {
  const { database } = shared;
  const id = await command(database, "SPX", 7);
  await claim(database, { commandId: id, executor: "one", sendWithinMs: 1_000 });
  await database.transaction((client) => settle(client, id, { state: "unknown" }));
  await database.transaction((client) => settle(client, id, { state: "accepted" }));
  const taken = reports("SPX", id, 1);
  const results = await Promise.allSettled([takeOverReports(database, account, 0, taken), takeOverReports(database, account, 0, taken)]);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await venueCursor(database, account)).toBe(2);
  await expect(takeOverReports(database, account, 1, taken.slice(1))).rejects.toMatchObject({ code: "cursor_moved" });
  const lines = await outboxOf(database, id);
  expect(lines.map(([report, state, sequence]) => [report, state, sequence])).toEqual([[`${id}-r1`, "unknown", 1], [`${id}-r2`, "accepted", 2], [`${id}-f1`, "fill", 3], [`${id}-v2`, "filled", 4]]);
});

test("a fill that is faster than the answer proves the acceptance, which is reported before it", async () => {
  const { database } = shared;
  const id = await command(database, "SPX", 8);
  await claim(database, { commandId: id, executor: "one", sendWithinMs: 1_000 });
  await takeOverReports(database, account, 2, reports("SPX", id, 3));
  expect(await attemptOf(database, id)).toEqual(["accepted", null]);
  expect(await database.transaction((client) => settle(client, id, { state: "unknown" }))).toBe(false);
  const lines = await outboxOf(database, id);
  expect(lines.map(([report, , sequence]) => [report, sequence])).toEqual([[`${id}-r1`, 1], [`${id}-f1`, 2], [`${id}-v2`, 3]]);
});

test("executors publish the reports of live logs only, until they are marked", async () => {
  const { database } = shared;
  const id = await command(database, "BTC", 7, { validUntilUs: Date.now() * 1_000 + 60_000_000 });
  await claim(database, { commandId: id, executor: "one", sendWithinMs: 1_000 });
  await takeOverReports(database, account, 4, reports("BTC", id, 5));
  const open = await publishableReports(database, account, 100);
  expect(open.map(({ log, body }) => [log, body.sequence])).toEqual([["BTC", 1], ["BTC", 2], ["BTC", 3]]);
  await markPublished(database, open.slice(0, 2).map(({ id: row }) => row));
  expect((await publishableReports(database, account, 100)).map(({ body }) => body.sequence)).toEqual([3]);
});

test("a command is stored once as it was decided, and is unanswered until its sending is known", async () => {
  const { database } = shared;
  const id = await command(database, "BTC", 9, { account: "other" });
  await command(database, "BTC", 9, { account: "changed" });
  const { body } = decided("BTC", 9, { account: "other" });
  expect(await commandById(database, id)).toEqual({ commandId: id, log: "BTC", position: 9, account: "other", book: "scalper", recordedUs: startUs, validUntilUs: body.validUntilUs, body });
  expect(await commandAccounts(database)).toEqual(["other", account]);
  expect(await unansweredCommands(database)).toEqual([{ commandId: id, account: "other" }]);
  await claim(database, { commandId: id, executor: "one", sendWithinMs: 1_000 });
  expect(await unansweredCommands(database)).toEqual([]);
});
