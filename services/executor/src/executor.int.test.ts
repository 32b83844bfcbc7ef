import { setTimeout as sleep } from "node:timers/promises";
import { parseMessage, topics } from "@finality/contracts";
import { openDatabase, type Database } from "@finality/database";
import { claim, halt } from "@finality/execution";
import { databaseGate, eventually, privatePostgres } from "@finality/testkit";
import { VenueError, type Venue } from "@finality/venues";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { account, log, openHouse, startUs, type House } from "./testing/house.ts";

let house: House;
beforeEach(async () => {
  house = await openHouse("data");
});
afterEach(async () => {
  await house.dispose();
});

/** The paper venue, behind something that counts and may lose answers. */
const counted = (real: Venue, lose: "nothing" | "requests" | "answers" = "nothing"): Venue & { readonly sent: string[] } => {
  const sent: string[] = [];
  return {
    ...real,
    sent,
    submit: async (order) => {
      sent.push(order.clientOrderId);
      if (lose === "requests") throw new VenueError("outcome_unknown", "the request was lost");
      const answer = await real.submit(order);
      if (lose === "answers") throw new VenueError("outcome_unknown", "the answer was lost");
      return answer;
    },
  };
};

const settled = (commandId: string, said: string): Promise<unknown> => eventually(async () => (await house.attempt(commandId)) === said || undefined);

describe("sending", () => {
  test("a queued command becomes one order at the venue, and its answer is reported at the time of the decision", async () => {
    const id = await house.command(7);
    house.start("one");
    await house.queue.add(account, { commandId: id });
    await settled(id, "accepted");
    expect(await house.orders()).toEqual([id]);
    const { rows } = await house.database.query("SELECT venue_us, published FROM execution.outbox");
    expect(rows).toEqual([{ venue_us: startUs, published: false }]);
    const ordered = await house.database.query("SELECT arrives_us, account, side, quantity FROM venue.order");
    expect(ordered.rows).toEqual([{ arrives_us: startUs + 250_000, account, side: "sell", quantity: "3" }]);
  });

  test("what the venue rejects is rejected with its reason", async () => {
    const id = await house.command(7, { instrument: "NOWHERE" });
    house.start("one");
    await house.queue.add(account, { commandId: id });
    await settled(id, "rejected no_such_instrument");
    expect(await house.outbox()).toEqual([`${id}-r1 rejected`]);
  });

  test("a command that nobody recorded is refused, and the next one sent (rule 21)", async () => {
    const id = await house.command(7);
    house.start("one");
    await house.queue.add(account, { commandId: "SPX-1-999" });
    await house.queue.add(account, { commandId: id });
    await settled(id, "accepted");
    await eventually(async () => (await house.queue.openJobs(account)) === 0);
    expect(await house.orders()).toEqual([id]);
  });

  test("nothing is sent past the deadline, although it was claimed", async () => {
    const id = await house.command(7);
    const venue = counted(house.venue);
    house.start("one", { venue, timings: { sendWithinMs: -1 } });
    await house.queue.add(account, { commandId: id });
    await settled(id, "withdrawn send_by_passed");
    expect(venue.sent).toEqual([]);
    expect(await house.outbox()).toEqual([`${id}-r1 rejected`]);
  });

  test("nothing is sent during a halt (rule 22)", async () => {
    await halt(house.database, { haltId: "halt-1", actor: "test", log, book: "scalper" });
    const id = await house.command(7);
    house.start("one");
    await house.queue.add(account, { commandId: id });
    await settled(id, "withdrawn halted");
    expect(await house.orders()).toEqual([]);
  });
});

describe("one order a command (rule 20)", () => {
  test("two executors, and a job that comes again and again, send it once", async () => {
    const venue = counted(house.venue);
    const ids = await Promise.all([7, 8, 9, 10].map((position) => house.command(position)));
    house.start("one", { venue });
    house.start("two", { venue });
    for (let round = 0; round < 5; round++) for (const commandId of ids) await house.queue.add(account, { commandId });
    for (const id of ids) await settled(id, "accepted");
    await eventually(async () => (await house.queue.openJobs(account)) === 0);
    expect(venue.sent.toSorted()).toEqual(ids.toSorted());
    expect(await house.outbox()).toHaveLength(ids.length);
  });

  test("who finds a claim never sends: one that reached the venue is found there", async () => {
    const id = await house.command(7);
    // An executor died between the venue's acceptance and its own note of it.
    await claim(house.database, { commandId: id, executor: "dead", sendWithinMs: 1_000 });
    await house.venue.submit({ clientOrderId: id, log, account, instrument: "FUT", side: "sell", quantity: "3", decidedUs: startUs });
    const venue = counted(house.venue);
    house.start("one", { venue });
    await house.queue.add(account, { commandId: id });
    await settled(id, "accepted");
    expect(venue.sent).toEqual([]);
    expect(await house.outbox()).toEqual([`${id}-r1 accepted`]);
  });

  test("one that never reached the venue is unknown until its time has passed, then withdrawn, never sent", async () => {
    const id = await house.command(7);
    await claim(house.database, { commandId: id, executor: "dead", sendWithinMs: 500 });
    const venue = counted(house.venue);
    house.start("one", { venue });
    await house.queue.add(account, { commandId: id });
    await settled(id, "unknown");
    await settled(id, "withdrawn not_accepted");
    const { rows } = await house.database.query("SELECT finished_at > send_by + interval '100 ms' AS waited FROM execution.attempt");
    expect(rows).toEqual([{ waited: true }]);
    expect(venue.sent).toEqual([]);
    expect(await house.outbox()).toEqual([`${id}-r1 unknown`, `${id}-r2 rejected`]);
  });

  test("a request that arrives after \"not found\" was believed is refused by the venue itself", async () => {
    const id = await house.command(7);
    const claimed = await claim(house.database, { commandId: id, executor: "slow", sendWithinMs: 1 });
    house.start("one");
    await settled(id, "withdrawn not_accepted");
    const submitByUs = claimed.kind === "claimed" ? claimed.sendByUs : 0;
    const late = await house.venue.submit({ clientOrderId: id, log, account, instrument: "FUT", side: "sell", quantity: "3", decidedUs: startUs, submitByUs });
    expect(late).toEqual({ kind: "rejected", reason: "request_expired" });
  });

  test.each([
    { lost: "answers", end: "accepted", orders: 1, second: "accepted" },
    { lost: "requests", end: "withdrawn not_accepted", orders: 0, second: "rejected" },
  ] as const)("lost $lost: it asks and never sends again", async ({ lost, end, orders, second }) => {
    const id = await house.command(7);
    const venue = counted(house.venue, lost);
    house.start("one", { venue, timings: { sendWithinMs: 200 } });
    await house.queue.add(account, { commandId: id });
    await settled(id, end);
    expect(venue.sent).toEqual([id]);
    expect(await house.orders()).toHaveLength(orders);
    expect(await house.outbox()).toEqual([`${id}-r1 unknown`, `${id}-r2 ${second}`]);
  });
});

describe("one executor an account (rule 23)", () => {
  const own = (): Database => openDatabase(house.database.url, { applicationName: "another process", max: 6 });
  const holder = async (): Promise<string | undefined> =>
    (await house.database.query<{ readonly holder: string }>("SELECT holder FROM execution.lease WHERE name LIKE 'account/%' AND expires_at > clock_timestamp()")).rows[0]?.holder;

  test("another one takes over when the holder stops, and only then", async () => {
    const first = house.start("one");
    const id = await house.command(7);
    await house.queue.add(account, { commandId: id });
    await settled(id, "accepted");
    house.start("two");
    await sleep(300);
    expect(await holder()).toBe("one");
    await first.stop();
    await eventually(async () => (await holder()) === "two");
  });

  test.each(["killed", "hung"] as const)("another one takes over when the holder was %s; every command is sent once", async (end) => {
    const [gate, theirs, mine] = [databaseGate(), own(), own()];
    const venue = counted(house.venue);
    const sent = async (position: number): Promise<void> => {
      const id = await house.command(position);
      await house.queue.add(account, { commandId: id });
      // As the sweep does: a worker that died may have taken it along.
      await eventually(async () => {
        await house.queue.add(account, { commandId: id });
        return (await house.attempt(id)) === "accepted" || undefined;
      });
    };
    const one = house.start("one", { venue, database: gate.before(theirs) });
    await sent(7);
    const two = house.start("two", { venue, database: mine });
    await sent(8);
    expect(await holder()).toBe("one");
    if (end === "killed") await theirs.close();
    else gate.shut();
    await eventually(async () => (await holder()) === "two");
    await sent(9);
    gate.open();
    await sent(10);
    expect(await holder()).toBe("two");
    expect(venue.sent).toEqual(["SPX-1-7", "SPX-1-8", "SPX-1-9", "SPX-1-10"]);
    await Promise.all([one.stop(), two.stop()]);
    for (const each of [theirs, mine]) await each.close();
  });

  test("who lost the lease sends nothing: the new holder does", async () => {
    const venue = counted(house.venue);
    const first = await house.command(7);
    house.start("one", { venue, timings: { leaseMs: 400 } });
    await house.queue.add(account, { commandId: first });
    await settled(first, "accepted");
    // Somebody else took it, for long: a process that hung for the time of its lease finds this when it wakes.
    await house.database.query("UPDATE execution.lease SET holder = 'other', epoch = epoch + 1, expires_at = now() + interval '1 hour' WHERE name LIKE 'account/%'");
    await sleep(500);
    const second = await house.command(8);
    await house.queue.add(account, { commandId: second });
    await sleep(300);
    expect([await house.attempt(second), venue.sent]).toEqual(["none", [first]]);
    await house.database.query("UPDATE execution.lease SET expires_at = now()");
    await settled(second, "accepted");
  });
});

test("the venue's reports reach the outbox once, with the cursor", async () => {
  const id = await house.command(7);
  house.start("one");
  await house.queue.add(account, { commandId: id });
  await settled(id, "accepted");
  await house.venue.cancel(id);
  await eventually(async () => (await house.outbox()).length === 2);
  expect(await house.outbox()).toEqual([`${id}-r1 accepted`, `${id}-v1 cancelled`]);
  const { rows } = await house.database.query("SELECT sequence FROM execution.venue_cursor WHERE account = $1", [account]);
  expect(rows).toEqual([{ sequence: 1 }]);
});

test("in a live log the executor publishes its reports to the log's partition, in order; in a data log never", async () => {
  const live = await openHouse("live");
  try {
    for (const each of [live, house]) {
      const id = await each.command(7);
      each.start("one");
      await each.queue.add(account, { commandId: id });
      await eventually(async () => (await each.attempt(id)) === "accepted" || undefined);
      await each.venue.cancel(id);
      await eventually(async () => (await each.outbox()).length === 2 || undefined);
    }
    const states = async (): Promise<readonly (readonly [number, string])[]> =>
      (await live.bus.read({ topic: topics.executions, partition: 0, offset: 0 }, 10)).flatMap(({ topic, value }) => {
        const parsed = parseMessage(topic, value);
        return parsed.ok && parsed.message.type === "order_report" ? [[parsed.message.body.sequence, parsed.message.body.state] as const] : [];
      });
    expect(await eventually(async () => ((await states()).length >= 2 ? states() : undefined))).toEqual([[1, "accepted"], [2, "cancelled"]]);
    expect(await house.bus.endOffset(topics.executions, 0)).toBe(0);
  } finally {
    await live.dispose();
  }
});

test("PostgreSQL crashes underneath, again and again: every command gets one answer and at most one order", async () => {
  const postgres = await privatePostgres();
  const other = await openHouse("data", postgres);
  try {
    const venue = counted(other.venue);
    other.start("one", { venue, timings: { sendWithinMs: 500 } });
    const ids = await Promise.all(Array.from({ length: 30 }, (_, n) => other.command(10 + n)));
    const sweep = async (): Promise<boolean> => {
      const { rows } = await other.database.query<{ readonly id: string }>(
        "SELECT command_id AS id FROM execution.command LEFT JOIN execution.attempt USING (command_id) WHERE state IS NULL OR state IN ('sending', 'unknown')",
      );
      for (const { id } of rows) await other.queue.add(account, { commandId: id });
      return rows.length === 0;
    };
    await sweep();
    for (const answered of [3, 10]) {
      await eventually(async () => (await other.outbox()).length >= answered || undefined);
      await postgres.restart("immediate");
    }
    await eventually(sweep, { timeoutMs: 40_000, intervalMs: 300 });
    expect(venue.sent.toSorted()).toEqual([...new Set(venue.sent)].toSorted());
    const { rows } = await other.database.query<{ readonly state: string; readonly id: string }>("SELECT state, command_id AS id FROM execution.attempt ORDER BY 2");
    expect(rows).toHaveLength(ids.length);
    expect(rows.filter(({ state }) => state === "accepted").map(({ id }) => id)).toEqual(await other.orders());
    const ends = (await other.outbox()).filter((line) => !line.endsWith(" unknown"));
    expect(ends).toHaveLength(ids.length);
  } finally {
    await other.dispose();
  }
});
