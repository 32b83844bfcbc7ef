import { expect, test } from "vitest";
import { networkFaults } from "./testing/faulty-network.ts";
import { openLane } from "./testing/history-lane.ts";
import { liveHistory, type Happened } from "./testing/random-history.ts";

// FINALITY_HISTORIES=20000 lives more of them; FINALITY_HISTORY=123 that one alone. A seed gives the same messages and steps each time; where
// two things happen at once (a takeover amid an append, a client that is cut off) PostgreSQL decides which comes first, and either must hold.
const alone = process.env["FINALITY_HISTORY"];
const count = Number(process.env["FINALITY_HISTORIES"] ?? 2_000);
const seeds = alone === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(alone)];
const lanes = 4;

test(`${String(seeds.length)} random histories leave what a model in memory says, record for record and hash for hash`, async () => {
  const happened: Happened = {};
  const waiting = seeds.values();
  const liveSome = async (): Promise<void> => {
    const lane = await openLane(seeds.length);
    try {
      let partition = 0;
      for (const seed of waiting) await liveHistory(lane, { seed, partition: partition++ }, happened);
    } finally {
      await lane.close();
    }
  };
  await Promise.all(Array.from({ length: lanes }, liveSome));
  // Of a few, some things may not happen.
  if (seeds.length < 200) return;
  const kinds = ["data log", "live log", "deliver", "restart", "take over", "take over amid an append", "a deposed writer goes on", "snapshot", "spoil", "forget all snapshots", "rebuild", "read", ...networkFaults];
  expect(kinds.filter((kind) => (happened[kind] ?? 0) < seeds.length / 20)).toEqual([]);
}, 600_000);
