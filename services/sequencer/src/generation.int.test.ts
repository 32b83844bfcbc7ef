import { orderGeneration, verifyHashes } from "@finality/event-log";
import { createFold, createSnapshotStore, foldTo, takeSnapshot } from "@finality/history";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { message, openDesk, quote, second, startUs, trade, type Outgoing } from "./testing/desk-messages.ts";
import { openHouse, type WritingHouse } from "./testing/writing-house.ts";

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

const log = "SPX";
const ticksAt = (seconds: number): Outgoing => message(log, "ticks", { ticks: [quote(3700, startUs + seconds * second)] }, { instantUs: startUs + seconds * second });

/** A desk long ten futures beyond its band: the first tick makes it hedge. */
const writtenDesk = async (): Promise<number> => {
  const sequencer = house.start();
  await house.send(log, ...openDesk(log, "data"), trade(log, "trade-1", { instantUs: startUs }), ticksAt(1), ticksAt(2));
  const records = await house.recorded(log);
  await sequencer.stop();
  return records.length;
};

test("an ordered generation is recorded before anything else, with who ordered it, and ids are of it from then on", async () => {
  const head = await writtenDesk();
  expect(await orderGeneration(server.database, log, { reason: "restored_backup", actor: "actor-1" })).toBe(2);
  await expect(orderGeneration(server.database, log, { reason: "again", actor: "actor-1" })).rejects.toMatchObject({ code: "conflict" });
  house.start();
  await house.send(log, ticksAt(3));
  const records = await house.recorded(log);
  const raised = records[head];
  expect(raised).toMatchObject({ position: head + 1, generation: 2, type: "GenerationRaised", body: { generation: 2, reason: "restored_backup" } });
  // Trading is halted before anything can be decided.
  expect(records.slice(head).find(({ type }) => type === "Halted")).toMatchObject({ body: { haltId: "generation-SPX-2" } });
  expect(records.slice(head).map(({ type }) => type)).not.toContain("HedgeDecided");
  expect(records.map(({ generation }) => generation)).toEqual(records.map(({ position }) => (position <= head ? 1 : 2)));
  const [stored] = await house.reader.read(log, head, 1);
  expect(JSON.parse(Buffer.from(stored?.provenance ?? []).toString())).toMatchObject({ actor: "actor-1" });
  expect(await house.reader.head(log)).toMatchObject({ generation: 2, position: records.length });
  expect((await verifyHashes(house.reader, log)).firstDifference).toBeUndefined();
  // It is carried out once: the next takeover appends nothing.
  await house.close();
  house = await openHouse(server.database);
  house.start();
  await eventually(async () => ((await house.reader.head(log))?.epoch ?? 0) >= 3);
  expect(await house.reader.head(log)).toMatchObject({ generation: 2, position: records.length });
});

test("a database that was set back behind what was attested outside is not written to, until a generation is raised above it", async () => {
  const head = await writtenDesk();
  const attested = (): Promise<{ generation: number; size: number }> => Promise.resolve({ generation: 1, size: head + 10 });
  const refused = house.start({ attested });
  await house.send(log, ticksAt(3));
  const stopped = await eventually(() => refused.status().find(({ state }) => state === "stopped"));
  expect(stopped).toMatchObject({ log, reason: expect.stringContaining(`a checkpoint of ${String(head + 10)} records of generation 1 was signed`) });
  expect((await house.reader.head(log))?.position).toBe(head);
  await refused.stop();
  await orderGeneration(server.database, log, { reason: "restored_backup", actor: "actor-1" });
  house.start({ attested });
  const records = await house.recorded(log);
  expect(records[head]).toMatchObject({ generation: 2, type: "GenerationRaised" });
});

test("what is attested and there is no reason to stop", async () => {
  const head = await writtenDesk();
  house.start({ attested: () => Promise.resolve({ generation: 1, size: head }) });
  await house.send(log, ticksAt(3));
  expect((await house.recorded(log)).length).toBeGreaterThan(head);
});

test("a takeover folds the tail behind the newest snapshot alone: it does without the records before it", async () => {
  const head = await writtenDesk();
  const snapshots = createSnapshotStore(server.database);
  const fold = createFold(log);
  await foldTo({ source: house.reader }, fold, head - 1);
  const [record] = await house.reader.read(log, head - 2, 1);
  await snapshots.put(await takeSnapshot(fold.state, { leafHash: record?.leafHash ?? new Uint8Array(), build: "test" }));
  const reads: number[] = [];
  const reader = { ...house.reader, read: (of: string, after: number, limit: number) => (reads.push(after), house.reader.read(of, after, limit)) };
  house.start({ snapshots, reader });
  await house.send(log, ticksAt(3));
  expect((await house.recorded(log)).length).toBeGreaterThan(head);
  expect(Math.min(...reads)).toBeGreaterThanOrEqual(head - 2);
});
