import { parseMessage, topics, type Message } from "@finality/contracts";
import { halt, resume } from "@finality/execution";
import { silentLogger } from "@finality/service-kit";
import { eventually } from "@finality/testkit";
import { appendVenueReports } from "@finality/venues";
import { afterEach, expect, test } from "vitest";
import { cancelResting } from "./cancel-resting.ts";
import { pullReports } from "./pull-reports.ts";
import { reconcile } from "./reconcile.ts";
import { account, log, openHouse, startUs, type House } from "./testing/house.ts";

let house: House;
afterEach(async () => {
  await house.dispose();
});

/** An order that rests at the venue. */
const resting = async (position: number, book = "scalper"): Promise<string> => {
  const id = await house.command(position, { book });
  expect(await house.venue.submit({ clientOrderId: id, log, account, instrument: "FUT", side: "buy", quantity: "3", decidedUs: startUs })).toEqual({ kind: "accepted" });
  return id;
};
const look = (silentMs: number): Promise<void> => cancelResting({ ...house, logger: silentLogger }, { silentMs }, account);
const silence = (): Promise<unknown> => house.database.query("UPDATE event_log.head SET written_at = now() - interval '20 seconds'");
/** The venue fills all of an order. */
const fill = async (commandId: string, n: number): Promise<void> => {
  await house.database.transaction(async (client) => {
    await appendVenueReports(client, [
      { type: "fill", body: { fillId: `${commandId}-f1`, account, commandId, sequence: 1, instrument: "FUT", side: "buy", quantity: "3", price: "3700", fee: "0", cumulativeQuantity: "3", liquidity: "taker", venueTimeUs: startUs } },
    ]);
    await client.query("INSERT INTO venue.position (account, instrument, quantity) VALUES ($1, 'FUT', $2) ON CONFLICT (account, instrument) DO UPDATE SET quantity = excluded.quantity", [account, String(3 * n)]);
  });
};
const published = async (): Promise<readonly Message[]> =>
  (await house.bus.read({ topic: topics.executions, partition: 0, offset: 0 }, 100)).map(({ topic, value }) => {
    const parsed = parseMessage(topic, value);
    if (!parsed.ok) throw new Error(parsed.detail);
    return parsed.message;
  });

test("the resting orders of a live log whose writer is silent are cancelled, and the log is told (rule 23)", async () => {
  house = await openHouse("live");
  const id = await resting(7);
  await look(15_000);
  expect(await house.venue.openOrders(account)).toEqual([id]);
  await silence();
  // A worker does it by itself, and publishes what the venue says.
  house.start("one");
  await eventually(async () => (await house.outbox()).includes(`${id}-v1 cancelled`) || undefined);
  expect(await house.venue.orderByClientId(id)).toMatchObject({ state: "cancelled" });
  await eventually(async () => (await published()).some((message) => message.type === "order_report" && message.body.state === "cancelled") || undefined);
});

test("a data log stands still between instants: its orders stay, and it is told no positions", async () => {
  house = await openHouse("data");
  const id = await resting(7);
  await silence();
  await look(15_000);
  await reconcile({ ...house, logger: silentLogger, executor: "one" }, account);
  expect(await house.venue.openOrders(account)).toEqual([id]);
  expect(await published()).toEqual([]);
});

test("a halt that asks for it cancels what rests of its books, while it is in force (rule 22)", async () => {
  house = await openHouse("data");
  const [one, other] = [await resting(7), await resting(8, "writer")];
  await halt(house.database, { haltId: "halt-1", actor: "test", log, book: "scalper" });
  await look(15_000);
  expect(await house.venue.openOrders(account)).toEqual([one, other]);
  await halt(house.database, { haltId: "halt-2", actor: "test", log, book: "scalper", cancelOrders: true });
  await look(15_000);
  expect(await house.venue.openOrders(account)).toEqual([other]);
  await resume(house.database, { haltId: "resume-1", actor: "test", log, book: "scalper" });
  const later = await resting(9);
  await look(15_000);
  expect(await house.venue.openOrders(account)).toEqual([other, later]);
});

test("a live log is told the venue's positions behind the fills that they include (rule 25)", async () => {
  house = await openHouse("live");
  await fill(await resting(7), 1);
  const last = await resting(8);
  await fill(last, 2);
  await reconcile({ ...house, logger: silentLogger, executor: "one" }, account);
  const messages = await published();
  expect(messages.map(({ type }) => type)).toEqual(["fill", "fill", "position_snapshot"]);
  expect(messages.at(-1)).toMatchObject({ log, body: { account, sequence: 2, lastFillId: `${last}-f1`, positions: [{ instrument: "FUT", quantity: "6" }] } });
});

test("a worker tells positions from the start on", async () => {
  house = await openHouse("live");
  await resting(7);
  house.start("one");
  await eventually(async () => (await published()).some(({ type }) => type === "position_snapshot") || undefined);
});

test("after a lost cursor, and behind a gap, missed fills are taken over and nothing is doubled (rule 25)", async () => {
  house = await openHouse("live");
  for (const position of [7, 8, 9]) await fill(await resting(position), 1);
  const expected = ["SPX-1-7-f1 fill", "SPX-1-8-f1 fill", "SPX-1-9-f1 fill"];
  await pullReports(house, account);
  expect(await house.outbox()).toEqual(expected);
  await house.database.query("DELETE FROM execution.venue_cursor");
  await pullReports(house, account);
  expect(await house.outbox()).toEqual(expected);
  // A gap: two were never written, and the cursor stands before them.
  await house.database.query("DELETE FROM execution.outbox WHERE report_id IN ('SPX-1-8-f1', 'SPX-1-9-f1')");
  await house.database.query("UPDATE execution.venue_cursor SET sequence = 1");
  await pullReports(house, account);
  expect(await house.outbox()).toEqual(expected);
});
