import { topics } from "@finality/contracts";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { book, fill, future, message, openDesk, quote, second, startUs, trade, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

let server: TestDatabase;
let house: WritingHouse;
beforeAll(async () => {
  server = await testDatabase();
  house = await openHouse(server.database, 16);
  house.start();
});
afterAll(async () => {
  await house.close();
  await server.dispose();
});

const text = (topic: string, value: string): Outgoing => ({ topic, value: new TextEncoder().encode(value), headers: { source: "feed" } });
const after = (seconds: number): number => startUs + seconds * second;

test("every kind of bad message becomes a dead letter with its bytes and its reason, and what is around it is recorded", async () => {
  const log = "BAD";
  const good = (atUs: number): Outgoing => message(log, "ticks", { ticks: [quote(3700, atUs)] }, { instantUs: atUs });
  await house.send(
    log,
    ...openDesk(log, "data"),
    good(after(1)),
    text(topics.ticks, "{not json"),
    text(topics.ticks, '{"type":"tocks","version":1}'),
    text(topics.ticks, `{"type":"ticks","version":2,"log":"${log}","body":{"ticks":[]}}`),
    text(topics.control, `{"type":"ticks","version":1,"log":"${log}","body":{"ticks":[]}}`),
    text(topics.ticks, `{"type":"ticks","version":1,"log":"${log}","body":{"tocks":[]}}`),
    message("OTHER", "ticks", { ticks: [quote(3700, after(1))] }, { instantUs: after(1) }),
    message(log, "ticks", { ticks: [quote(3700, after(1), { bid: "0" })] }, { instantUs: after(1) }),
    message(log, "ticks", { ticks: [quote(3700, after(1), { bid: "3699.1234567890123" })] }, { instantUs: after(1) }),
    message(log, "ticks", { ticks: [quote(3700, after(1), { instrument: "NOBODY" })] }, { instantUs: after(1) }),
    message(log, "ticks", { ticks: [quote(3700, after(1))] }),
    message(log, "ticks", { ticks: [quote(3700, startUs - second)] }, { instantUs: startUs - second }),
    message(log, "open_book", { ...book, account: "paper-2" }, { instantUs: after(1) }),
    message(log, "fill", fill({ quantity: "-4" }), { instantUs: after(1) }),
    good(after(2)),
  );
  const records = await house.recorded(log);
  expect(records.filter(({ type }) => type === "TicksRecorded").map(({ recordedTimeUs }) => recordedTimeUs)).toEqual([after(1), after(2)]);
  const letters = await house.deadLettersOf(log);
  expect(letters.map(({ topic, offset, reason }) => [topic, offset, reason])).toEqual([
    [topics.control, 3, "wrong_topic"],
    [topics.control, 4, "control_conflict"],
    [topics.ticks, 1, "not_json"],
    [topics.ticks, 2, "unknown_type"],
    [topics.ticks, 3, "unknown_version"],
    [topics.ticks, 4, "schema"],
    [topics.ticks, 5, "wrong_partition"],
    [topics.ticks, 6, "not_positive"],
    [topics.ticks, 7, "too_many_digits"],
    [topics.ticks, 8, "unknown_instrument"],
    [topics.ticks, 9, "schema"],
    [topics.ticks, 10, "control_conflict"],
    [topics.executions, 0, "not_positive"],
  ]);
  expect(letters[2]?.value.toString()).toBe("{not json");
  expect(letters[10]?.detail).toContain("/instantUs must be there");
  expect(letters[11]?.detail).toContain(String(startUs - second));
  expect((await house.reader.head(log))?.duplicates).toBe(0);
});

test("a message beyond the size limit, which another producer may store, is a dead letter", async () => {
  const log = "LARGE";
  await house.send(log, ...openDesk(log, "data"), text(topics.ticks, "small"));
  // Our own producer refuses it, so it is put where a message lies.
  await server.database.query(
    `WITH head AS (UPDATE bus.partition_head SET next_offset = 2 WHERE topic = $1 AND partition = $2)
     INSERT INTO bus.message (topic, partition, "offset", value, headers) VALUES ($1, $2, 1, $3, '{}')`,
    [topics.ticks, await house.enter(log), Buffer.alloc(1_000_001, 32)],
  );
  await house.recorded(log);
  const letters = await house.deadLettersOf(log);
  expect(letters.map(({ reason }) => reason)).toEqual(["not_json", "oversize"]);
  expect(letters[1]?.value.length).toBe(1_000_001);
  expect(letters[1]?.detail).toContain("1000001");
});

test("of a message with bad ticks the good ones are recorded, and the dead letter names the bad ones", async () => {
  const log = "MIXED";
  const at = { instantUs: after(1) };
  const ticks = [quote(3700, after(1)), quote(3700, after(1), { instrument: "NOBODY" }), quote(3701, after(1)), quote(3701, after(1), { ask: "-1" })];
  await house.send(log, ...openDesk(log, "data"), message(log, "ticks", { ticks }, at));
  const record = (await house.recorded(log)).find(({ type }) => type === "TicksRecorded");
  expect(record?.type === "TicksRecorded" && record.body.flags.length).toBe(2);
  expect((await house.deadLettersOf(log)).map(({ reason, bad_indices }) => [reason, bad_indices])).toEqual([["unknown_instrument", [1, 3]]]);
});

test("merged messages of a live log with a bad tick are judged each by itself: the dead letter names its own message's ticks", async () => {
  const log = "LIVEBAD";
  const send = (mid: number, ...bad: readonly ReturnType<typeof quote>[]): Outgoing => message(log, "ticks", { ticks: [quote(mid, startUs), ...bad] });
  const nobodys = quote(3702, startUs, { instrument: "NOBODY" });
  await house.send(log, ...openDesk(log, "live"));
  await house.recorded(log);
  await house.send(log, send(3700), send(3701, nobodys), message(log, "ticks", { ticks: [nobodys] }));
  await house.recorded(log);
  expect((await house.deadLettersOf(log)).map(({ offset, reason, bad_indices, detail }) => [offset, reason, bad_indices, detail.slice(0, 7)])).toEqual([
    [1, "unknown_instrument", [1], "Tick 1:"],
    [2, "unknown_instrument", null, "Tick 0:"],
  ]);
});

test("a tick from further in the future than a live log allows is a dead letter, one within is recorded", async () => {
  const log = "FUTURE";
  const at = (atUs: number): Outgoing => message(log, "ticks", { ticks: [quote(3700, atUs)] });
  await house.send(log, ...openDesk(log, "live", { maxFutureMs: 1_000 }), at(startUs + second), at(startUs + second + 1));
  expect((await house.recorded(log)).filter(({ type }) => type === "TicksRecorded")).toHaveLength(1);
  expect((await house.deadLettersOf(log)).map(({ offset, reason }) => [offset, reason])).toEqual([[1, "future_dated"]]);
});

test("crossed, far, stale and late ticks are recorded with their flags, and nothing is priced on them", async () => {
  const log = "FLAGGED";
  const at = (seconds: number, ...ticks: readonly ReturnType<typeof quote>[]): Outgoing => message(log, "ticks", { ticks: [...ticks] }, { instantUs: after(seconds) });
  await house.send(
    log,
    ...openDesk(log, "data", { stateHashEvery: 1_000 }),
    trade(log, "t-1", { instantUs: startUs }),
  );
  await house.recorded(log);
  // Crossed, late: the first prices that there are. A book that priced on them would hedge.
  await house.send(log, at(100, quote(3700, after(100), { bid: "3702", ask: "3698" }), quote(3700, after(1))));
  const flagged = await house.recorded(log);
  expect(flagged.map(({ type }) => type).filter((type) => type === "HedgeDecided")).toEqual([]);
  await house.send(log, at(101, quote(3700, after(101))), at(102, quote(9000, after(102))), at(103, quote(3700, after(90))));
  const records = await house.recorded(log);
  expect(records.flatMap((record) => (record.type === "TicksRecorded" ? [[...record.body.flags]] : []))).toEqual([[1, 8], [0], [2], [4]]);
  expect(records.filter(({ type }) => type === "HedgeDecided").map(({ recordedTimeUs }) => recordedTimeUs)).toEqual([after(101)]);
});

test("a redriven message is recorded in a data log's present and says what it was redriven from", async () => {
  const log = "REDRIVEN";
  const headers = { "finality-redrive-of": "md.ticks.v1/3/7", "finality-actor": "desk-1", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  await house.send(log, ...openDesk(log, "data"), message(log, "ticks", { ticks: [quote(3700, after(5))] }, { instantUs: after(5) }));
  await house.recorded(log);
  const badHeaders = { "finality-redrive-of": "nonsense", "finality-actor": "some body", traceparent: "half \u0001 a line" };
  await house.send(log, message(log, "ticks", { ticks: [quote(3700, after(1))] }, { instantUs: after(1), headers }), message(log, "clock", {}, { instantUs: after(5), headers: badHeaders }));
  const records = await house.recorded(log);
  const [redriven, other] = (await house.reader.read(log, records.length - 2, 2)).map(({ provenance, recordedTimeUs }) => ({ ...JSON.parse(Buffer.from(provenance).toString()), recordedTimeUs }));
  expect(redriven).toMatchObject({ redriveOf: "md.ticks.v1/3/7", actor: "desk-1", traceparent: headers.traceparent, recordedTimeUs: after(5), topic: topics.ticks, firstOffset: 1, lastOffset: 1 });
  expect(Object.keys(other).sort()).toEqual(["build", "epoch", "firstOffset", "lastOffset", "partition", "recordedTimeUs", "topic"]);
});

test("control of a person without an instant takes a data log's present; an execution of a past instant is recorded all the same", async () => {
  const log = "PRESENT";
  await house.send(log, ...openDesk(log, "data"), message(log, "clock", {}, { instantUs: after(7) }));
  await house.recorded(log);
  await house.send(log, message(log, "list_instrument", { instrument: { ...future(log), instrument: "FUT2" } }), message(log, "fill", fill(), { instantUs: after(3) }), message(log, "fill", fill({ fillId: "fill-2" })));
  const records = await house.recorded(log);
  const late = records.filter(({ type, recordedTimeUs }) => type !== "ClockTicked" && recordedTimeUs === after(7)).map(({ type }) => type);
  expect(late.toSorted()).toEqual(["InstrumentListed", "UnexpectedFillRecorded", "UnexpectedFillRecorded"]);
  expect(await house.deadLettersOf(log)).toEqual([]);
});
