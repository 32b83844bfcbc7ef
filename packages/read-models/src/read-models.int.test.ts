import { createPrisma, DatabaseError, openDatabase, type PrismaClient } from "@finality/database";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hedgesOf } from "./queries/hedges.ts";
import { inOneSnapshot, progressOf } from "./queries/progress.ts";
import { allRows, greeksOf, listBooks, pnlOf, positionsOf, smilesOf } from "./queries/read-rows.ts";
import { beginVersion, dropVersion, markFailed, skipRecord, switchItself, switchVersion } from "./versions/change-versions.ts";
import { readModelShape, versionsOf, type ReadModelVersion } from "./versions/versions.ts";
import { columnsOfShape } from "./writing/tables.ts";
import { differences } from "./rows/differences.ts";
import { noRows, type BookRow, type Checkpoint, type GreeksRow, type ReadModels } from "./rows/rows.ts";
import { writeChanges, type ReadModelChanges } from "./writing/write-changes.ts";

let server: TestDatabase;
let prisma: PrismaClient;

beforeAll(async () => {
  server = await testDatabase();
  prisma = createPrisma(server.database);
});

afterAll(async () => {
  await prisma.$disconnect();
  await server.dispose();
});

const at = (log: string, position: number): Checkpoint => ({ log, generation: 1, position, recordedTimeUs: 1_609_770_840_123_456 + position, venueTimeUs: 1 });

const book = (log: string, hedges = 0): BookRow => ({
  log, book: "scalper", account: "paper", hedgeInstrument: "FUT", policy: { type: "none" }, status: "trading", refusal: null, hedges,
  limits: { maxOrderQuantity: "1", maxHedgePosition: "1", maxQuoteAgeMs: 1 },
});

const greeks = (log: string, spot: number | null): GreeksRow => ({
  log, book: "scalper", spot, netDeltaLow: null, netDeltaHigh: null, optionDelta: null, hedgeDelta: null, gamma: null, vegaPerVolPoint: null, thetaPerDay: null,
  bandLower: null, bandUpper: null, bandTarget: null, condition: "ok",
  premiumAdjustedDelta: null, vanna: 1e-300, volga: null, charmPerYear: -0.1, vetaPerYear: null, speed: null, zomma: null, colorPerYear: null, ultima: null,
});

const full = (log: string): ReadModels => ({
  books: [book(log)],
  positions: [{ log, book: "scalper", instrument: "FUT", quantity: "1.50", averagePrice: null, markPrice: "0.10", currency: "USD", realizedPnl: "-0.00000001", unrealizedPnl: null, settlementCash: "0", fees: "0", status: "flat" }],
  greeks: [greeks(log, 0.1 + 0.2)],
  pnl: [{ log, book: "scalper", currency: "USD", openingCost: "0", optionPnl: "0", hedgePnl: "0", settlement: "0", fees: "0", netPnl: "0", cash: "0", maxAbsNetDelta: Number.MIN_VALUE, meanAbsNetDelta: Number.MAX_VALUE, quotePrice: "63486.06", quotePriceUs: 1_786_953_600_000_000, quoteNetPnl: "-0.5", quoteCash: "0" }],
  smiles: [
    {
      log, key: "1|inverse|index", expiryUs: 1_786_953_600_000_000, refused: null, strikes: [{ strike: 63_000, vol: 0.1 + 0.2, volTimeUs: 3, volSource: "mark" }],
      fitted: {
        svi: { a: 1e-5, b: 0.01, rho: -0.3, m: 0, sigma: 0.05 }, forward: 63_000.5, yearsToExpiry: 1 / 3, timeUs: 4, quotesUsed: 7, quotesLeftOut: 1,
        rmsVolPoints: 0.1, maxVolPoints: 0.2, rmsWidths: 0.3, maxWidths: 0.4, repairs: 0,
      },
    },
  ],
  orders: [{ log, commandId: `${log}-1-3`, position: 3, book: "scalper", instrument: "FUT", side: "buy", quantity: "1", cumulativeQuantity: "0", averagePrice: null, fees: "0", state: "decided" }],
  decisions: [{ log, position: 3, type: "StateHashed", book: null, reason: null, recordedTimeUs: 9, body: { hash: "a", nested: { z: 1.5e-300, a: ["ä", null] } } }],
});

const semantics = 4;
const actor = "somebody";

const begin = (log: string): Promise<number> => beginVersion(server.database, { log, semantics, switchesItself: false, actor });

/** Writes the version that serves, which is begun by the first rows. */
const write = async (changes: Omit<ReadModelChanges, "version">): Promise<void> => {
  if (changes.from === 0 && (await versionsOf(server.database, changes.to.log)).length === 0) await begin(changes.to.log);
  await writeChanges(server.database, { version: 1, ...changes });
};

const version = async (log: string, number = 1): Promise<ReadModelVersion | undefined> => (await versionsOf(server.database, log)).find((each) => each.version === number);
const readCheckpoint = async (log: string): Promise<Checkpoint | undefined> => (await version(log))?.checkpoint;
const served = (log: string, number = 1) => allRows(prisma, { log, version: number });

test("what is written is read back, every bit and every digit of it", async () => {
  const rows = full("ALL");
  await write({ from: 0, to: at("ALL", 7), rows });
  expect(differences(await served("ALL"), rows)).toEqual([]);
  expect(await readCheckpoint("ALL")).toEqual(at("ALL", 7));
  expect(await listBooks(prisma, "ALL")).toEqual(rows.books);
  const place = { log: "ALL", book: "scalper" };
  expect(await positionsOf(prisma, place)).toEqual(rows.positions);
  expect(await greeksOf(prisma, place)).toEqual(rows.greeks[0]);
  expect(await pnlOf(prisma, place)).toEqual(rows.pnl[0]);
  expect(await smilesOf(prisma, "ALL")).toEqual(rows.smiles);
  expect(await pnlOf(prisma, { log: "ALL", book: "nobody" })).toBeUndefined();
});

test("a later row takes the place of the earlier one, others stay", async () => {
  await write({ from: 0, to: at("LATER", 1), rows: full("LATER") });
  await write({ from: 1, to: at("LATER", 2), rows: { ...noRows, books: [book("LATER", 4)] } });
  expect(differences(await served("LATER"), { ...full("LATER"), books: [book("LATER", 4)] })).toEqual([]);
});

test("rows and checkpoint are one transaction: neither is seen before the commit, neither stays without it", async () => {
  await write({ from: 0, to: at("ONE", 1), rows: { ...noRows, greeks: [greeks("ONE", 1)] } });
  const failing = write({
    from: 1,
    to: at("ONE", 2),
    rows: { ...noRows, greeks: [greeks("ONE", 2)] },
    beforeCommit: () => {
      throw new Error("died");
    },
  });
  await expect(failing).rejects.toThrow("died");
  expect((await readCheckpoint("ONE"))?.position).toBe(1);
  expect((await greeksOf(prisma, { log: "ONE", book: "scalper" }))?.spot).toBe(1);
  // A row that PostgreSQL refuses takes the checkpoint back with it.
  const impossible = { ...book("ONE"), account: null as unknown as string };
  await expect(write({ from: 1, to: at("ONE", 2), rows: { ...noRows, books: [impossible] } })).rejects.toBeInstanceOf(DatabaseError);
  expect((await readCheckpoint("ONE"))?.position).toBe(1);
});

test("of two writers behind one checkpoint the second changes nothing", async () => {
  for (const from of [0, 1]) {
    const writes = [1, 2].map((spot) => write({ from, to: at("RACE", from + spot), rows: { ...noRows, greeks: [greeks("RACE", spot)] } }));
    const outcomes = await Promise.allSettled(writes);
    const [failure] = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(failure).toMatchObject({ code: "checkpoint_moved", message: expect.stringContaining("RACE") });
    const winner = outcomes.findIndex(({ status }) => status === "fulfilled") + 1;
    expect((await greeksOf(prisma, { log: "RACE", book: "scalper" }))?.spot).toBe(winner);
    expect((await readCheckpoint("RACE"))?.position).toBe(from + winner);
    await server.database.query("UPDATE projection.version SET position = 1 WHERE log = 'RACE'");
  }
});

describe("versions of a log's read models", () => {
  const rowsOf = (log: string): ReadModels => ({ ...noRows, books: [book(log, 2)] });

  test("are numbered once for all; the first serves, the next ones are built beside it unseen", async () => {
    await write({ from: 0, to: at("BESIDE", 5), rows: full("BESIDE") });
    expect(await begin("BESIDE")).toBe(2);
    await writeChanges(server.database, { version: 2, from: 0, to: at("BESIDE", 4), rows: rowsOf("BESIDE") });
    expect(await listBooks(prisma, "BESIDE")).toEqual([book("BESIDE")]);
    expect((await progressOf(prisma, "BESIDE"))?.checkpoint.position).toBe(5);
    expect((await server.database.query("SELECT FROM read_model.order WHERE log = 'BESIDE'")).rowCount).toBe(1);
    expect(await served("BESIDE", 2)).toEqual(rowsOf("BESIDE"));
    await dropVersion(server.database, { log: "BESIDE", version: 2 }, { actor });
    expect(await served("BESIDE", 2)).toEqual(noRows);
    expect(differences(await served("BESIDE"), full("BESIDE"))).toEqual([]);
    expect(await begin("BESIDE")).toBe(3);
    expect((await versionsOf(server.database, "BESIDE")).map((each) => [each.version, each.isServing])).toEqual([[1, true], [3, false]]);
  });

  test("one serves when it is as far as the other, and the other can serve again", async () => {
    const log = "SWITCHED";
    await write({ from: 0, to: at(log, 5), rows: full(log) });
    await begin(log);
    await writeChanges(server.database, { version: 2, from: 0, to: at(log, 4), rows: rowsOf(log) });
    await expect(switchVersion(server.database, { log, version: 2 }, { actor })).rejects.toMatchObject({ code: "version_behind", message: expect.stringContaining("at position 4") });
    expect((await listBooks(prisma, log)).map(({ hedges }) => hedges)).toEqual([0]);
    await writeChanges(server.database, { version: 2, from: 4, to: at(log, 6), rows: noRows });
    await switchVersion(server.database, { log, version: 2 }, { actor });
    expect(await listBooks(prisma, log)).toEqual(rowsOf(log).books);
    expect(await positionsOf(prisma, { log, book: "scalper" })).toEqual([]);
    expect((await server.database.query("SELECT position::int8 FROM read_model.checkpoint WHERE log = 'SWITCHED'")).rows).toEqual([{ position: 6 }]);
    await expect(switchVersion(server.database, { log, version: 1 }, { actor })).rejects.toMatchObject({ code: "version_behind" });
    await write({ from: 5, to: at(log, 6), rows: noRows });
    await switchVersion(server.database, { log, version: 1 }, { actor });
    expect(differences(await served(log), full(log))).toEqual([]);
    expect((await listBooks(prisma, log)).map(({ hedges }) => hedges)).toEqual([0]);
    const { rows } = await server.database.query("SELECT version, kind, position, actor FROM projection.action WHERE log = $1 ORDER BY at", [log]);
    expect(rows).toEqual([
      { version: 1, kind: "begun", position: null, actor },
      { version: 2, kind: "begun", position: null, actor },
      { version: 2, kind: "switched", position: 6, actor },
      { version: 1, kind: "switched", position: 6, actor },
    ]);
  });

  test("a switch waits for a projector's open transaction, and holds still what it compares", async () => {
    const log = "LOCKED";
    await write({ from: 0, to: at(log, 5), rows: full(log) });
    await begin(log);
    await writeChanges(server.database, { version: 2, from: 0, to: at(log, 5), rows: rowsOf(log) });
    const reached = Promise.withResolvers<undefined>();
    const held = Promise.withResolvers<undefined>();
    const beforeCommit = (): Promise<undefined> => {
      reached.resolve(undefined);
      return held.promise;
    };
    const open = write({ from: 5, to: at(log, 6), rows: noRows, beforeCommit });
    await reached.promise;
    const switching = switchVersion(server.database, { log, version: 2 }, { actor });
    const isWaiting = async (): Promise<boolean> => (await server.database.query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).rowCount === 1;
    await eventually(isWaiting).finally(() => { held.resolve(undefined); });
    await open;
    // Had it not waited, it would have compared 5 with 5.
    await expect(switching).rejects.toMatchObject({ code: "version_behind", message: expect.stringContaining("at 6 already") });
  });

  test("one that a new release began serves by itself, once", async () => {
    const log = "ITSELF";
    await write({ from: 0, to: at(log, 1), rows: full(log) });
    const next = { log, semantics: semantics + 1, switchesItself: true, actor: "projector" };
    expect([await beginVersion(server.database, next), await beginVersion(server.database, next)]).toEqual([2, 2]);
    expect(await version(log, 2)).toMatchObject({ shape: readModelShape, semantics: semantics + 1, switchesItself: true, isServing: false, checkpoint: undefined });
    await writeChanges(server.database, { version: 2, from: 0, to: at(log, 1), rows: noRows });
    await switchItself(server.database, { log, version: 2 });
    expect(await version(log, 2)).toMatchObject({ isServing: true, switchesItself: false });
  });

  test("what stands still says so until it goes on, and only the record that it failed at is skipped", async () => {
    const log = "FAILED";
    await write({ from: 0, to: at(log, 5), rows: full(log) });
    const place = { log, version: 1 };
    const skip = (position: number) => skipRecord(server.database, place, { position, reason: "known_bug", actor });
    await expect(skip(6)).rejects.toMatchObject({ code: "not_failed_there", message: expect.stringContaining("has not failed") });
    await markFailed(server.database, place, { position: 6, reason: "it is not a number" });
    expect((await version(log))?.failure).toMatchObject({ position: 6, reason: "it is not a number" });
    await expect(skip(7)).rejects.toMatchObject({ code: "not_failed_there", message: expect.stringContaining("failed at record 6") });
    await skip(6);
    await skip(6);
    expect((await version(log))?.skipped).toEqual([6]);
    await begin(log);
    await markFailed(server.database, { log, version: 2 }, { position: undefined, reason: "no room" });
    await expect(switchVersion(server.database, { log, version: 2 }, { actor })).rejects.toMatchObject({ code: "version_failed", message: expect.stringContaining("no room") });
    await write({ from: 5, to: at(log, 6), rows: noRows });
    expect((await version(log))?.failure).toBeUndefined();
  });

  test("the one that serves is not dropped, and one that is not there is named", async () => {
    const log = "KEPT";
    await write({ from: 0, to: at(log, 1), rows: full(log) });
    await expect(dropVersion(server.database, { log, version: 1 }, { actor })).rejects.toMatchObject({ code: "version_serves" });
    for (const change of [dropVersion, switchVersion]) await expect(change(server.database, { log, version: 7 }, { actor })).rejects.toMatchObject({ code: "no_version", message: expect.stringContaining("version 7; there is 1") });
  });

  test("whoever begins at the same time gets versions of their own", async () => {
    expect((await Promise.all([1, 2, 3].map(() => begin("TOGETHER")))).sort()).toEqual([1, 2, 3]);
    expect((await versionsOf(server.database, "TOGETHER")).filter(({ isServing }) => isServing).length).toBe(1);
  });

  test("an operator's rights are enough to begin, switch, skip and drop, and do not reach the rows", async () => {
    const log = "OPERATED";
    await write({ from: 0, to: at(log, 1), rows: full(log) });
    const database = openDatabase(server.url, { applicationName: "operator", max: 2, role: "finality_operator" });
    try {
      expect(await beginVersion(database, { log, semantics, switchesItself: false, actor })).toBe(2);
      await writeChanges(server.database, { version: 2, from: 0, to: at(log, 1), rows: noRows });
      await switchVersion(database, { log, version: 2 }, { actor });
      await markFailed(server.database, { log, version: 2 }, { position: 2, reason: "no" });
      await skipRecord(database, { log, version: 2 }, { position: 2, reason: "known_bug", actor });
      await dropVersion(database, { log, version: 1 }, { actor });
      expect(await served(log)).toEqual(noRows);
      await expect(database.query("UPDATE projection.pnl SET net_pnl = '1'")).rejects.toMatchObject({ code: "permission" });
      await expect(database.query("UPDATE projection.version SET position = 7")).rejects.toMatchObject({ code: "permission" });
      await expect(database.query("DELETE FROM projection.action")).rejects.toMatchObject({ code: "permission" });
    } finally {
      await database.close();
    }
  });
});

test("the columns are those of this shape: whoever changes them raises readModelShape", () => {
  const columns = Object.entries(columnsOfShape).map(([table, names]) => `${table}: ${names.join(" ")}`);
  expect(readModelShape).toBe(1);
  expect(columns).toEqual([
    "book: log book account hedge_instrument policy limits status refusal hedges",
    "position: log book instrument quantity average_price mark_price currency realized_pnl unrealized_pnl settlement_cash fees status",
    "greeks: log book spot net_delta_low net_delta_high option_delta hedge_delta gamma vega_per_vol_point theta_per_day premium_adjusted_delta vanna volga charm_per_year veta_per_year speed zomma color_per_year ultima band_lower band_upper band_target condition",
    "smile: log key expiry_us strikes fitted refused",
    "pnl: log book currency opening_cost option_pnl hedge_pnl settlement fees net_pnl cash quote_price quote_price_us quote_net_pnl quote_cash max_abs_net_delta mean_abs_net_delta",
    "order: log book command_id position instrument side quantity cumulative_quantity average_price fees state",
    "decision: log book position type reason recorded_us body",
  ]);
});

test("a snapshot holds rows and checkpoint of one moment while the projector goes on", async () => {
  await write({ from: 0, to: at("MOMENT", 1), rows: { ...noRows, greeks: [greeks("MOMENT", 1)] } });
  await inOneSnapshot(prisma, async (client) => {
    expect((await progressOf(client, "MOMENT"))?.checkpoint.position).toBe(1);
    await write({ from: 1, to: at("MOMENT", 2), rows: { ...noRows, greeks: [greeks("MOMENT", 2)] } });
    expect((await greeksOf(client, { log: "MOMENT", book: "scalper" }))?.spot).toBe(1);
  });
  expect((await greeksOf(prisma, { log: "MOMENT", book: "scalper" }))?.spot).toBe(2);
});

test("an order whose decision is missing, and a status that does not exist, are named", async () => {
  await write({ from: 0, to: at("BROKEN", 5), rows: full("BROKEN") });
  await expect(hedgesOf(prisma, { log: "BROKEN", book: "scalper" }, { after: 0, limit: 10 })).rejects.toMatchObject({ code: "unreadable_row", message: expect.stringContaining("BROKEN-1-3") });
  await server.database.query("UPDATE projection.book SET status = 'sleeping' WHERE log = 'BROKEN'");
  await expect(listBooks(prisma, "BROKEN")).rejects.toMatchObject({ code: "unreadable_row", message: expect.stringContaining("sleeping") });
});
