import { createPrisma, DatabaseError, type PrismaClient } from "@finality/database";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hedgesOf } from "./queries/hedges.ts";
import { inOneSnapshot, progressOf } from "./queries/progress.ts";
import { allRows, greeksOf, listBooks, pnlOf, positionsOf, smilesOf } from "./queries/read-rows.ts";
import { differences } from "./rows/differences.ts";
import { noRows, type BookRow, type Checkpoint, type GreeksRow, type ReadModels } from "./rows/rows.ts";
import { readCheckpoint, replaceReadModels, writeChanges } from "./writing/write-changes.ts";

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

test("what is written is read back, every bit and every digit of it", async () => {
  const rows = full("ALL");
  await writeChanges(server.database, { from: 0, to: at("ALL", 7), rows });
  expect(differences(await allRows(prisma, "ALL"), rows)).toEqual([]);
  expect(await readCheckpoint(server.database, "ALL")).toEqual(at("ALL", 7));
  expect(await listBooks(prisma, "ALL")).toEqual(rows.books);
  const place = { log: "ALL", book: "scalper" };
  expect(await positionsOf(prisma, place)).toEqual(rows.positions);
  expect(await greeksOf(prisma, place)).toEqual(rows.greeks[0]);
  expect(await pnlOf(prisma, place)).toEqual(rows.pnl[0]);
  expect(await smilesOf(prisma, "ALL")).toEqual(rows.smiles);
  expect(await pnlOf(prisma, { log: "ALL", book: "nobody" })).toBeUndefined();
});

test("a later row takes the place of the earlier one, others stay", async () => {
  await writeChanges(server.database, { from: 0, to: at("LATER", 1), rows: full("LATER") });
  await writeChanges(server.database, { from: 1, to: at("LATER", 2), rows: { ...noRows, books: [book("LATER", 4)] } });
  expect(differences(await allRows(prisma, "LATER"), { ...full("LATER"), books: [book("LATER", 4)] })).toEqual([]);
});

test("rows and checkpoint are one transaction: neither is seen before the commit, neither stays without it", async () => {
  await writeChanges(server.database, { from: 0, to: at("ONE", 1), rows: { ...noRows, greeks: [greeks("ONE", 1)] } });
  const failing = writeChanges(server.database, {
    from: 1,
    to: at("ONE", 2),
    rows: { ...noRows, greeks: [greeks("ONE", 2)] },
    beforeCommit: () => {
      throw new Error("died");
    },
  });
  await expect(failing).rejects.toThrow("died");
  expect((await readCheckpoint(server.database, "ONE"))?.position).toBe(1);
  expect((await greeksOf(prisma, { log: "ONE", book: "scalper" }))?.spot).toBe(1);
  // A row that PostgreSQL refuses takes the checkpoint back with it.
  const impossible = { ...book("ONE"), account: null as unknown as string };
  await expect(writeChanges(server.database, { from: 1, to: at("ONE", 2), rows: { ...noRows, books: [impossible] } })).rejects.toBeInstanceOf(DatabaseError);
  expect((await readCheckpoint(server.database, "ONE"))?.position).toBe(1);
});

test("of two writers behind one checkpoint the second changes nothing", async () => {
  for (const from of [0, 1]) {
    const writes = [1, 2].map((spot) => writeChanges(server.database, { from, to: at("RACE", from + spot), rows: { ...noRows, greeks: [greeks("RACE", spot)] } }));
    const outcomes = await Promise.allSettled(writes);
    const [failure] = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(failure).toMatchObject({ code: "checkpoint_moved", message: expect.stringContaining("RACE") });
    const winner = outcomes.findIndex(({ status }) => status === "fulfilled") + 1;
    expect((await greeksOf(prisma, { log: "RACE", book: "scalper" }))?.spot).toBe(winner);
    expect((await readCheckpoint(server.database, "RACE"))?.position).toBe(from + winner);
    await server.database.query("UPDATE read_model.checkpoint SET position = 1 WHERE log = 'RACE'");
  }
});

test("a rebuild replaces every row, and must not be behind", async () => {
  await writeChanges(server.database, { from: 0, to: at("REBUILT", 5), rows: full("REBUILT") });
  await expect(replaceReadModels(server.database, at("REBUILT", 4), noRows)).rejects.toMatchObject({ code: "rebuild_behind", message: expect.stringContaining("position 4") });
  expect(differences(await allRows(prisma, "REBUILT"), full("REBUILT"))).toEqual([]);
  await replaceReadModels(server.database, at("REBUILT", 5), { ...noRows, books: [book("REBUILT", 2)] });
  expect(await allRows(prisma, "REBUILT")).toEqual({ ...noRows, books: [book("REBUILT", 2)] });
});

test("a snapshot holds rows and checkpoint of one moment while the projector goes on", async () => {
  await writeChanges(server.database, { from: 0, to: at("MOMENT", 1), rows: { ...noRows, greeks: [greeks("MOMENT", 1)] } });
  await inOneSnapshot(prisma, async (client) => {
    expect((await progressOf(client, "MOMENT"))?.checkpoint.position).toBe(1);
    await writeChanges(server.database, { from: 1, to: at("MOMENT", 2), rows: { ...noRows, greeks: [greeks("MOMENT", 2)] } });
    expect((await greeksOf(client, { log: "MOMENT", book: "scalper" }))?.spot).toBe(1);
  });
  expect((await greeksOf(prisma, { log: "MOMENT", book: "scalper" }))?.spot).toBe(2);
});

test("an order whose decision is missing, and a status that does not exist, are named", async () => {
  await writeChanges(server.database, { from: 0, to: at("BROKEN", 5), rows: full("BROKEN") });
  await expect(hedgesOf(prisma, { log: "BROKEN", book: "scalper" }, { after: 0, limit: 10 })).rejects.toMatchObject({ code: "unreadable_row", message: expect.stringContaining("BROKEN-1-3") });
  await server.database.query("UPDATE read_model.book SET status = 'sleeping' WHERE log = 'BROKEN'");
  await expect(listBooks(prisma, "BROKEN")).rejects.toMatchObject({ code: "unreadable_row", message: expect.stringContaining("sleeping") });
});
