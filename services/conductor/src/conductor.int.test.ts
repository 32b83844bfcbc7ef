import type { Bus } from "@finality/bus";
import { canonicalJson, decodeJson, topicNames, topics } from "@finality/contracts";
import { loadCopies } from "@finality/datasets";
import type { LogHashes } from "@finality/event-log";
import { eventually, seededRandom } from "@finality/testkit";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { FeedProgress } from "./conductor.ts";
import { enterLog } from "./live/log-start.ts";
import { together } from "./together.ts";
import { log, openQuietHouse, shortDay, type QuietHouse } from "./testing/quiet-house.ts";

let undisturbed: LogHashes;
let house: QuietHouse;
beforeAll(async () => {
  house = await openQuietHouse();
  house.startFollowers();
  house.startSequencer();
  await house.feed();
  undisturbed = await house.hashes();
  expect(await house.leftovers()).toEqual({ duplicates: 0, deadLetters: 0 });
  await house.close();
});
beforeEach(async () => {
  house = await openQuietHouse();
  house.startFollowers();
  house.startSequencer();
});
afterEach(() => house.close());

test.each([1, 2, 3])("a feed that ends anywhere goes on behind its own last message, to the same bytes (seed %i)", async (seed) => {
  const random = seededRandom(seed);
  for (let ends = 0; ends < 6; ends += 1) {
    const stopping = new AbortController();
    let left = random.integer(0, 3);
    // Ends right behind one of the next messages to be stored, before or after the house has seen it.
    const bus: Bus = {
      ...house.bus,
      // A bus may give less at a time than it was asked for.
      read: (from, limit) => house.bus.read(from, Math.min(limit, 2)),
      produce: async (messages) => {
        const [first, rest] = [messages.slice(0, 1), messages.slice(1)];
        const placed = await house.bus.produce(left === 0 ? first : messages);
        if (left === 0 && rest.length > 0) {
          stopping.abort();
          throw new Error("killed");
        }
        left -= 1;
        if (left < 0) stopping.abort();
        return placed;
      },
    };
    await house.feed({ bus, signal: stopping.signal }).catch((error: unknown) => expect(error).toMatchObject({ message: "killed" }));
  }
  await house.feed();
  expect(await house.hashes()).toEqual(undisturbed);
  expect(await house.leftovers()).toEqual({ duplicates: 0, deadLetters: 0 });
  // A day that is over is over.
  await house.feed();
  expect(await house.hashes()).toEqual(undisturbed);
});

const report = async (id: string, account: string, sequence: number, venueUs: number): Promise<void> => {
  const body = { reportId: id, account, commandId: `nobody-${id}`, sequence, state: "accepted", cumulativeQuantity: "0", venueTimeUs: venueUs };
  await house.database.query("INSERT INTO execution.outbox (report_id, log, account, command_id, sequence, venue_us, type, body) VALUES ($1, $2, $3, 'c', $4, $5, 'order_report', $6)", [id, log, account, sequence, venueUs, canonicalJson(body)]);
};
const reportsOnTheBus = async (): Promise<readonly unknown[]> =>
  (await house.bus.read({ topic: topics.executions, partition: 0, offset: 0 }, 100)).map(({ value }) => Reflect.get(Object(Reflect.get(Object(decodeJson(value)), "body")), "reportId"));

test("several logs side by side: each is quiet by itself, and each restarted feed goes on behind its own last message", async () => {
  const copies = loadCopies("spx-2021-01-04", { count: 3 }).map((dataset) => shortDay(6, dataset));
  const random = seededRandom(4);
  const feedAll = async (endsAfter: number): Promise<void> => {
    const stopping = new AbortController();
    let conducted = 0;
    const onInstant = (): void => {
      conducted += 1;
      if (conducted >= endsAfter) stopping.abort();
    };
    const works = copies.map((dataset) => async (signal: AbortSignal) => {
      const partition = await enterLog(house.catalogue, house.bus, dataset.manifest.log);
      await house.feed({ dataset, partition, signal, onInstant });
    });
    await together(works, { atOnce: 2, signal: stopping.signal });
  };
  for (let ends = 0; ends < 4; ends += 1) await feedAll(random.integer(1, 6));
  await feedAll(Infinity);
  const { head, decisions } = undisturbed;
  for (const { manifest } of copies) {
    expect(await house.hashes(manifest.log)).toMatchObject({ head, decisions });
    expect(await house.leftovers(manifest.log)).toEqual({ duplicates: 0, deadLetters: 0 });
  }
});

test("a log for which the topics have no partition is refused, and gets no row that would stay", async () => {
  for (const name of ["A", "B", "C"]) await enterLog(house.catalogue, house.bus, name);
  await expect(enterLog(house.catalogue, house.bus, "D")).rejects.toMatchObject({ code: "no_partition", message: expect.stringContaining("they have 4") });
  expect(await house.catalogue.partitionOf("D")).toBeUndefined();
  expect(await enterLog(house.catalogue, house.bus, "C")).toBe(3);
});

test("reports are published at the instant they are found at, by venue time, account, command and sequence, and once", async () => {
  await house.feed({ dataset: shortDay(1) });
  await report("late", "a", 1, 900);
  await report("b2", "b", 2, 100);
  await report("b1", "b", 1, 100);
  await report("Z", "Z", 1, 100);
  await house.feed({ dataset: shortDay(2) });
  await house.feed({ dataset: shortDay(2) });
  expect(await reportsOnTheBus()).toEqual(["Z", "b1", "b2", "late"]);
  const { rows } = await house.database.query("SELECT type, recorded_us FROM event_log.record WHERE type = 'OrderReported' AND recorded_us = $1", [shortDay(1).timeline[0]?.instantUs]);
  expect(rows).toHaveLength(4);
});

test("a crash between publishing reports and marking them repeats them, and the log knows them", async () => {
  await house.feed({ dataset: shortDay(1) });
  await report("r1", "a", 1, 100);
  await house.feed({ dataset: shortDay(2) });
  await house.database.query("UPDATE execution.outbox SET published = false");
  await house.feed({ dataset: shortDay(3) });
  expect(await reportsOnTheBus()).toEqual(["r1", "r1"]);
  expect(await house.leftovers()).toEqual({ duplicates: 1, deadLetters: 0 });
});

test("a feed that is aborted between finding a report and publishing it does both or neither of publishing and marking", async () => {
  await house.feed({ dataset: shortDay(1) });
  await report("r1", "a", 1, 100);
  const stopping = new AbortController();
  const query: typeof house.database.query = (statement, values) => {
    if (typeof statement === "string" && statement.includes("FROM execution.outbox")) stopping.abort();
    return house.database.query(statement, values);
  };
  await house.feed({ dataset: shortDay(2), signal: stopping.signal, database: { ...house.database, query } });
  expect(stopping.signal.aborted).toBe(true);
  const { rows } = await house.database.query<{ published: boolean }>("SELECT published FROM execution.outbox");
  expect(rows).toEqual([{ published: (await reportsOnTheBus()).length > 0 }]);
  await house.feed({ dataset: shortDay(2) });
  expect(await reportsOnTheBus()).toEqual(["r1"]);
});

test("an instant without ticks or control is a clock message: an order's arrival makes one", async () => {
  await house.feed({ dataset: shortDay(2) });
  const [first, second, third] = shortDay(3).timeline.map(({ instantUs }) => instantUs);
  if (first === undefined || second === undefined || third === undefined) throw new Error("the day has three instants");
  const arrivalUs = second + 300_000;
  await house.database.query("INSERT INTO venue.order (client_order_id, log, account, instrument, side, quantity, filled, arrives_us, state) VALUES ('o', $1, 'a', 'SPX-FUT', 'buy', '1', '0', $2, 'open')", [log, arrivalUs]);
  const progress: FeedProgress[] = [];
  await house.feed({ dataset: shortDay(3), onInstant: (each) => progress.push(each) });
  expect(progress.map(({ instantUs, done, of }) => [instantUs, done, of])).toEqual([[second, 2, 3], [arrivalUs, 2, 3], [third, 3, 3]]);
  const { rows } = await house.database.query("SELECT recorded_us FROM event_log.record WHERE type = 'ClockTicked'");
  expect(rows).toEqual([{ recorded_us: arrivalUs }]);
});

test("a halt is in force before its message is published", async () => {
  const dataset = shortDay(2);
  const [first, ...rest] = dataset.timeline;
  if (first === undefined) throw new Error("the day has an instant");
  const halting = { ...dataset, timeline: [{ ...first, control: [...first.control, { type: "halt", body: { haltId: "h-1" } } as const] }, ...rest] };
  const seen: unknown[] = [];
  await house.feed({ dataset: halting, beforeHalt: async (haltId) => { seen.push([haltId, await house.bus.endOffset(topics.control, 0)]); } });
  expect(seen).toEqual([["h-1", 0]]);
  const { rows } = await house.database.query("SELECT FROM event_log.record WHERE type = 'Halted'");
  expect(rows).toHaveLength(1);
});

test("a dataset that begins, or goes on, before the log's last recorded time is refused, and nothing is published", async () => {
  const other = (name: string) => ({ ...shortDay(3), manifest: { ...shortDay(3).manifest, dataset: name } });
  await house.feed({ dataset: shortDay(2) });
  await house.feed({ dataset: { ...other("later"), timeline: shortDay(3).timeline.slice(1) } });
  const ends = async (): Promise<readonly number[]> => Promise.all(topicNames.map((topic) => house.bus.endOffset(topic, 0)));
  const before = await ends();
  await expect(house.feed({ dataset: other("early") })).rejects.toMatchObject({ code: "begins_too_early", message: expect.stringContaining("The dataset early begins at 2021-01-04T14:30:00.000Z") });
  await expect(house.feed({ dataset: shortDay(4) })).rejects.toMatchObject({ code: "begins_too_early", message: expect.stringContaining("goes on at") });
  expect(await ends()).toEqual(before);
});

test("a house that does not become quiet is waited for, and the abort ends the waiting", async () => {
  house.stopFollowers();
  const stopping = new AbortController();
  const fed = house.feed({ signal: stopping.signal });
  await eventually(async () => (await house.bus.endOffset(topics.control, 0)) > 0);
  stopping.abort();
  await fed;
  expect(await house.bus.endOffset(topics.ticks, 0)).toBe(0);
});
