import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpointOf, moveCheckpoint } from "./followers.ts";
import { releaseLease, renewLeases, takeLease, type Lease } from "./leases.ts";

let shared: TestDatabase;
beforeAll(async () => {
  shared = await testDatabase();
});
afterAll(async () => {
  await shared.dispose();
});

test("a checkpoint moves from where it is; of two processes of one follower only one has the effects", async () => {
  const { database } = shared;
  const move = (from: number, to: number) => database.transaction((client) => moveCheckpoint(client, { follower: "dispatcher", log: "BTC", from, to }));
  expect(await checkpointOf(database, "dispatcher", "BTC")).toBe(0);
  await expect(move(3, 4)).rejects.toMatchObject({ code: "checkpoint_moved" });
  for (const [from, to] of [[0, 5], [5, 9]] as const) {
    const moved = await Promise.allSettled([move(from, to), move(from, to), move(from, to)]);
    expect(moved.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await checkpointOf(database, "dispatcher", "BTC")).toBe(to);
  }
  expect(await checkpointOf(database, "dispatcher", "ETH")).toBe(0);
});

test("a lease has one holder; it goes on when released or run out, under a higher epoch, and the old holder notices", async () => {
  const { database } = shared;
  const take = (holder: string, forMs = 60_000) => takeLease(database, { name: "account/a", holder, forMs });
  const taken = await Promise.all(["one", "two", "three"].map((holder) => take(holder)));
  const [first] = taken.filter((lease) => lease !== undefined);
  expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
  if (first === undefined) return;
  const kept = (lease: Lease) => renewLeases(database, [lease], 60_000);
  expect(await kept(first)).toEqual(new Set([first.name]));
  expect(await take("four")).toBeUndefined();
  await releaseLease(database, first);
  // What was given back is not revived by a renewal that was under way.
  expect(await kept(first)).toEqual(new Set());
  const second = await take("four", -1);
  expect(second?.epoch).toBe(first.epoch + 1);
  expect(await kept(first)).toEqual(new Set());
  const third = await take("five");
  expect(third?.epoch).toBe(first.epoch + 2);
});
