import { privatePostgres, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { venueConformance } from "../conformance/venue-conformance.ts";
import type { VenueOrder } from "../venue.ts";
import { createPaperVenueClient } from "./client.ts";
import { parseVenueTerms, setVenueTerms, venueTermsOf } from "./terms.ts";

const terms = { latencyMs: 250, feePerContract: "0.62", feeShareOfNotional: "0", quoteAgeMaxMs: 90_000, maxShareOfSize: null };
const order: VenueOrder = { clientOrderId: "SPX-1-7", log: "SPX", account: "paper", instrument: "SPX-FUT", side: "buy", quantity: "3", decidedUs: 1_000_000 };
const listing = "INSERT INTO venue.quote (log, instrument, venue_us) VALUES ('SPX', 'SPX-FUT', 0)";

let shared: TestDatabase;
beforeAll(async () => {
  shared = await testDatabase();
  await setVenueTerms(shared.database, "SPX", terms);
  await shared.database.query(listing);
});
afterAll(async () => {
  await shared.dispose();
});

venueConformance("paper", async () => ({ open: () => createPaperVenueClient(shared.database), order: { ...order } }));

describe("the paper venue's client", () => {
  test("an order arrives after its latency", async () => {
    await createPaperVenueClient(shared.database).submit(order);
    const { rows } = await shared.database.query("SELECT arrives_us, quantity, filled, state FROM venue.order WHERE client_order_id = $1", [order.clientOrderId]);
    expect(rows).toEqual([{ arrives_us: 1_250_000, quantity: "3", filled: "0", state: "open" }]);
  });

  test("a log without terms is no market", async () => {
    const answer = await createPaperVenueClient(shared.database).submit({ ...order, clientOrderId: "ETH-1-7", log: "ETH" });
    expect(answer).toEqual({ kind: "rejected", reason: "no_such_market" });
  });

  test("a lost connection leaves the outcome unknown, and what was accepted survives a crash of the database (rule 24)", async () => {
    const postgres = await privatePostgres();
    const venue = createPaperVenueClient(postgres.database);
    await setVenueTerms(postgres.database, "SPX", terms);
    await postgres.database.query(listing);
    expect(await venue.submit(order)).toEqual({ kind: "accepted" });
    await postgres.stop("immediate");
    await expect(venue.submit({ ...order, clientOrderId: "SPX-1-8" })).rejects.toMatchObject({ name: "VenueError", code: "outcome_unknown" });
    await expect(venue.orderByClientId("SPX-1-7")).rejects.toMatchObject({ name: "VenueError", code: "unavailable" });
    await postgres.start();
    expect(await venue.orderByClientId("SPX-1-7")).toEqual({ clientOrderId: "SPX-1-7", state: "open", filled: "0" });
    expect(await venue.orderByClientId("SPX-1-8")).toBeUndefined();
    await postgres.dispose();
  });

  test("terms are read as they were stated, and wrong ones are refused by name", async () => {
    expect(await venueTermsOf(shared.database, "SPX")).toEqual(terms);
    expect(await venueTermsOf(shared.database, "BTC")).toBeUndefined();
    for (const [wrong, named] of [
      [{ ...terms, latencyMs: 0 }, "/latencyMs"],
      [{ ...terms, maxShareOfSize: "1.5" }, "/maxShareOfSize"],
      [{ ...terms, feePerContract: 0.62 }, "/feePerContract"],
      [{ ...terms, fee: "1" }, "/fee"],
      [null, "the terms"],
    ] as const) {
      expect(() => parseVenueTerms(wrong), JSON.stringify(wrong)).toThrow(named);
    }
  });
});
