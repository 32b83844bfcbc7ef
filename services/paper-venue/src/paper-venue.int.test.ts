import { createNotifier, openDatabase, type Database, type Notifier } from "@finality/database";
import { createLogReader } from "@finality/event-log";
import { checkpointOf } from "@finality/execution";
import { silentLogger } from "@finality/service-kit";
import { databaseGate, eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { createPaperVenueClient, setVenueTerms, type Venue, type VenueOrder, type VenueTerms } from "@finality/venues";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startPaperVenue, type PaperVenue, type PaperVenueDeps } from "./paper-venue.ts";
import { append, clock, listed, log, ms, opened, quote } from "./testing/written-log.ts";
import type { Input } from "@finality/contracts";

const terms: VenueTerms = { latencyMs: 250, feePerContract: "0.62", feeShareOfNotional: "0.0001", quoteAgeMaxMs: 1_000, maxShareOfSize: "0.5" };

let db: TestDatabase;
let notifier: Notifier;
let client: Venue;
let started: PaperVenue[] = [];
beforeEach(async () => {
  db = await testDatabase({ max: 16 });
  notifier = createNotifier(db.database);
  client = createPaperVenueClient(db.database, notifier);
  started = [];
  await setVenueTerms(db.database, log, terms);
});
afterEach(async () => {
  await Promise.all(started.map((venue) => venue.stop()));
  await db.dispose();
});

const start = (change: Partial<PaperVenueDeps> = {}): PaperVenue => {
  const { database = db.database } = change;
  const reader = createLogReader({ database, notifier, pollMs: 20 });
  const venue = startPaperVenue({ database, reader, notifier, logger: silentLogger, pollMs: 20, ...change });
  started.push(venue);
  return venue;
};
/** Appends and waits until the venue has read it. */
const record = async (atUs: number, ...bodies: readonly Input[]): Promise<void> => {
  const head = await append(db.database, notifier, atUs, ...bodies);
  await eventually(async () => (await checkpointOf(db.database, "paper-venue", log)) === head);
};
const order = (clientOrderId: string, change: Partial<VenueOrder> = {}): VenueOrder => ({ clientOrderId, log, account: "a", instrument: "FUT", side: "buy", quantity: "3", decidedUs: 1_000 * ms, ...change });
/** "<sequence> <id> <quantity> @ <price> fee <fee>" or "<sequence> <id> <state>". */
const told = async (account: string): Promise<readonly string[]> =>
  (await client.reports(account, 0, 1_000)).map(({ sequence, type, body }) =>
    type === "fill" ? `${String(sequence)} ${body.fillId} ${body.quantity} @ ${body.price} fee ${body.fee}` : `${String(sequence)} ${body.reportId} ${body.state}`,
  );
const position = async (account: string): Promise<string | undefined> =>
  (await db.database.query<{ readonly quantity: string }>("SELECT quantity FROM venue.position WHERE account = $1", [account])).rows[0]?.quantity;

test("an order is filled at the recorded quote when its time has come; report, position and order say the same", async () => {
  start();
  await record(1_000 * ms, opened, listed, quote("3700", "3700.5"));
  expect(await client.submit(order("SPX-1-7"))).toEqual({ kind: "accepted" });
  await record(1_200 * ms, clock);
  expect(await told("a")).toEqual([]);
  await record(1_250 * ms, clock);
  // 3 x 0.62 + 3 x 5 x 3700.5 x 0.0001 = 1.86 + 5.55075
  expect(await told("a")).toEqual(["1 SPX-1-7-f1 3 @ 3700.5 fee 7.41075", "2 SPX-1-7-v2 filled"]);
  expect(await client.orderByClientId("SPX-1-7")).toEqual({ clientOrderId: "SPX-1-7", state: "filled", filled: "3" });
  expect(await position("a")).toBe("3");
  await client.submit(order("SPX-1-8", { side: "sell", quantity: "5" }));
  await record(1_300 * ms, clock);
  expect((await told("a")).slice(2)).toEqual(["3 SPX-1-8-f1 5 @ 3700 fee 12.35", "4 SPX-1-8-v2 filled"]);
  expect(await position("a")).toBe("-2");
});

test("an instrument is known once its listing was read, and no more when it has expired", async () => {
  start();
  await record(1_000 * ms, opened);
  expect(await client.submit(order("SPX-1-1"))).toEqual({ kind: "rejected", reason: "no_such_instrument" });
  await record(1_000 * ms, listed);
  expect(await client.submit(order("SPX-1-1"))).toEqual({ kind: "accepted" });
  const { rows } = await db.database.query("SELECT instrument, bid, ask FROM venue.quote");
  expect(rows).toEqual([{ instrument: "FUT", bid: null, ask: null }]);
});

test("stopped and started anywhere it goes on where it was: partial fills neither lost nor doubled", async () => {
  const steps: readonly (readonly [number, Input])[] = [[1_250, clock], [1_300, quote("3700", "3701", "3")], [1_300, quote("3700", "3702", "3")], [1_400, clock], [1_500, quote("3700", "3703", "50")]];
  await append(db.database, notifier, 1_000 * ms, opened, listed, quote("3700", "3700.5", "4"));
  for (const [atMs, body] of steps) {
    const venue = start();
    await eventually(async () => (await client.submit(order("SPX-1-7", { quantity: "6" }))).kind === "accepted" || (await client.orderByClientId("SPX-1-7")) !== undefined);
    await record(atMs * ms, body);
    await venue.stop();
  }
  // Half of 4 at once; half of 3 is 1.5, so 1; again 1; the last 2 of half of 50.
  expect((await told("a")).map((line) => line.replace(/ fee .*/, ""))).toEqual(["1 SPX-1-7-f1 2 @ 3700.5", "2 SPX-1-7-f2 1 @ 3701", "3 SPX-1-7-f3 1 @ 3702", "4 SPX-1-7-f4 2 @ 3703", "5 SPX-1-7-v5 filled"]);
  expect(await position("a")).toBe("6");
});

test("two of it on one log execute each order once, and accounts are numbered without gaps", async () => {
  start();
  start();
  await record(1_000 * ms, opened, listed, quote("3700", "3700.5", "1000"));
  for (let n = 0; n < 20; n++) await client.submit(order(`SPX-1-${String(n)}`, { account: n % 2 === 0 ? "a" : "b", quantity: "1" }));
  for (let n = 0; n < 10; n++) await record((1_250 + n) * ms, clock);
  for (const account of ["a", "b"]) {
    const reports = await client.reports(account, 0, 1_000);
    expect(reports.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(await position(account)).toBe("10");
  }
});

describe("of two processes one works on a log", () => {
  const leaseMs = 1_000;
  const own = (): Database => openDatabase(db.url, { applicationName: "another process", max: 4 });
  const holder = async (): Promise<unknown> =>
    (await db.database.query<{ readonly holder: string }>("SELECT holder FROM execution.lease WHERE name = 'paper-venue/SPX' AND expires_at > clock_timestamp()")).rows[0]?.holder;
  let atMs = 1_000;
  /** Orders, and their fills one after the other. */
  const filled = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      await client.submit(order(`SPX-1-${String(n)}`, { quantity: "1", decidedUs: atMs * ms }));
      atMs += 250;
      await record(atMs * ms, quote("3700", "3700.5", "1000"));
    }
    expect((await client.reports("a", 0, 1_000)).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 2 * to }, (_, n) => n + 1));
    expect(await position("a")).toBe(String(to));
  };

  test.each(["stopped", "killed", "hung"] as const)("and the other takes over when it was %s: nothing is lost or doubled", async (end) => {
    atMs = 1_000;
    const [gate, theirs, mine] = [databaseGate(), own(), own()];
    const one = start({ instance: "one", database: gate.before(theirs), leaseMs });
    await record(atMs * ms, opened, listed, quote("3700", "3700.5", "1000"));
    await filled(0, 2);
    expect(await holder()).toBe("one");
    const two = start({ instance: "two", database: mine, leaseMs });
    await filled(2, 4);
    if (end === "stopped") await one.stop();
    else if (end === "killed") await theirs.close();
    else gate.shut();
    await filled(4, 6);
    expect(await holder()).toBe("two");
    gate.open();
    await filled(6, 8);
    await Promise.all([one.stop(), two.stop()]);
    for (const each of [theirs, mine]) await each.close();
  });
});

test("a cancelled order is not filled", async () => {
  start();
  await record(1_000 * ms, opened, listed, quote("3700", "3700.5"));
  await client.submit(order("SPX-1-7"));
  await client.cancel("SPX-1-7");
  await record(1_300 * ms, clock);
  expect(await told("a")).toEqual(["1 SPX-1-7-v1 cancelled"]);
  expect(await position("a")).toBeUndefined();
});

test("cancelled after a part, an order says what was filled of it; positions name the fills that they include", async () => {
  start();
  await record(1_000 * ms, opened, listed, quote("3700", "3700.5", "4"));
  await client.submit(order("SPX-1-7", { quantity: "6" }));
  await record(1_250 * ms, clock);
  expect(await client.openOrders("a")).toEqual(["SPX-1-7"]);
  expect(await client.positions("a", log)).toEqual({ sequence: 1, lastFillId: "SPX-1-7-f1", positions: [{ instrument: "FUT", quantity: "2" }] });
  await client.cancel("SPX-1-7");
  await record(1_300 * ms, quote("3700", "3701", "50"));
  expect((await client.reports("a", 1, 10)).map(({ sequence, body }) => ({ sequence, body }))).toMatchObject([{ sequence: 2, body: { state: "cancelled", sequence: 2, cumulativeQuantity: "2" } }]);
  expect(await client.openOrders("a")).toEqual([]);
  expect(await client.positions("a", log)).toEqual({ sequence: 2, lastFillId: "SPX-1-7-f1", positions: [{ instrument: "FUT", quantity: "2" }] });
  expect(await client.positions("a", "BTC")).toMatchObject({ lastFillId: undefined });
});
