import type { Tick } from "@finality/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { loadDataset } from "./dataset.ts";
import type { TimelineInstant } from "./timeline.ts";
import { datasetFolder, removeDatasetFolders, smallManifest } from "./testing/dataset-folder.ts";

afterEach(removeDatasetFolders);

const openMs = Date.UTC(2021, 0, 4, 14, 32);

/** Milliseconds behind 14:32, the instant of the small manifest's opening trade. */
const files = {
  "index.csv": `at,close\n${String(openMs - 500)},3700\n${String(openMs)},3701\n${String(openMs + 1)},3702\n${String(openMs + 1_900)},3703\n`,
  "trades.csv": `at,price,size\n${String(openMs - 400)},3710,1\n${String(openMs + 1)},3711,2\n${String(openMs + 1)},3712,3\n${String(openMs + 1_900)},3712,3\n${String(openMs + 1_900)},3712,3\n`,
};

const stamp = { column: "at", unit: "ms", meaning: "the trade", knownAfterMs: 0 };

/** The small manifest over index and trades of the future, which is quoted around its trades. */
const tradesManifest = (change: object = {}): unknown => {
  const manifest = smallManifest();
  return {
    ...manifest,
    files: [
      { file: "index.csv", kind: "index", instrument: "SPX", stamp, columns: { price: "close" } },
      { file: "trades.csv", kind: "trades", instrument: "SPX-FUT", stamp, columns: { price: "price", size: "size" } },
    ],
    modelledQuotes: [{ instrument: "SPX-FUT", from: "trades", halfSpread: "0.25", size: "500" }],
    books: manifest.books.map((book) => ({ ...book, openingTrades: book.openingTrades.map((trade) => ({ ...trade, price: "92.25" })) })),
    ...change,
  };
};

const timelineOf = (change?: object): readonly TimelineInstant[] => loadDataset(datasetFolder(tradesManifest(change), files)).timeline;
const spell = (tick: Tick): string => `${String(tick.venueTimeUs / 1_000 - openMs)} ${tick.kind}${tick.kind === "quote" ? ` ${tick.bid ?? ""}/${tick.ask ?? ""}` : ` ${tick.price}`}`;
const spelled = (timeline: readonly TimelineInstant[]): unknown => timeline.filter(({ ticks }) => ticks.length > 0).map(({ instantUs, ticks }) => [instantUs / 1_000 - openMs, ticks.map(spell)]);

describe("quotes modelled from trades", () => {
  test("stand around the last trade of each instant, one an instant, and before the trades that they come from", () => {
    expect(spelled(timelineOf())).toEqual([
      [-500, ["-500 index 3700"]],
      [-400, ["-400 quote 3709.75/3710.25", "-400 trade 3710"]],
      [0, ["0 index 3701"]],
      [1, ["1 index 3702", "1 quote 3711.75/3712.25", "1 trade 3711", "1 trade 3712"]],
      [1_900, ["1900 index 3703", "1900 quote 3711.75/3712.25", "1900 trade 3712", "1900 trade 3712"]],
    ]);
  });

  test("are of the instrument's own trades only", () => {
    const other = { instrument: "SPX-C", from: "trades", halfSpread: "0.25", size: "500" };
    expect(timelineOf({ modelledQuotes: [other] }).flatMap(({ ticks }) => ticks).filter(({ kind }) => kind === "quote")).toEqual([]);
  });
});

describe("batches", () => {
  const batched = timelineOf({ batchMs: 1_000 });

  test("are published at the next whole multiple, each tick with its own time and in order of it; a tick at a multiple belongs to it", () => {
    expect(spelled(batched)).toEqual([
      [0, ["-500 index 3700", "-400 quote 3709.75/3710.25", "-400 trade 3710", "0 index 3701"]],
      [1_000, ["1 index 3702", "1 quote 3711.75/3712.25", "1 trade 3711", "1 trade 3712"]],
      [2_000, ["1900 index 3703", "1900 quote 3711.75/3712.25", "1900 trade 3712", "1900 trade 3712"]],
    ]);
  });

  test("hold every tick of the day once, and none is known before its time", () => {
    const inOrder = (timeline: readonly TimelineInstant[]): readonly string[] => timeline.flatMap(({ ticks }) => ticks.map(spell));
    for (const batchMs of [1, 7, 250, 5_000, 60_000]) {
      const timeline = timelineOf({ batchMs });
      expect(inOrder(timeline)).toEqual(inOrder(timelineOf()));
      for (const { instantUs, ticks } of timeline) {
        for (const { venueTimeUs } of ticks) {
          expect(instantUs - venueTimeUs).toBeGreaterThanOrEqual(0);
          expect(instantUs - venueTimeUs).toBeLessThan(batchMs * 1_000);
        }
      }
    }
  });

  test("leave control at its own instants", () => {
    const controlOf = (timeline: readonly TimelineInstant[]): unknown => timeline.filter(({ control }) => control.length > 0).map(({ instantUs, control }) => [instantUs, control]);
    expect(controlOf(batched)).toEqual(controlOf(timelineOf()));
    expect(batched.map(({ instantUs }) => instantUs)).toEqual(batched.map(({ instantUs }) => instantUs).toSorted((left, right) => left - right));
  });

  test("of no length are refused", () => {
    expect(() => timelineOf({ batchMs: 0 })).toThrow(/batchMs/);
  });
});

describe("the shipped BTC days", () => {
  test.each([
    ["btc-expiry-2026-08-17", { index: 365, quote: 365, trade: 277, mark: 277 }, "2026-08-16T20:21:48Z"],
    ["btc-perp-2026-08-17", { index: 4_733, quote: 4_375, trade: 9_592, mark: 55 }, "2026-08-17T16:19:50Z"],
  ])("%s has every row of its files", (name, counts, firstTicksAt) => {
    const { timeline, manifest } = loadDataset(name);
    const ticks = timeline.flatMap((instant) => instant.ticks);
    expect(ticks.reduce<Record<string, number>>((sums, { kind }) => ({ ...sums, [kind]: (sums[kind] ?? 0) + 1 }), {})).toEqual(counts);
    expect(timeline.find((instant) => instant.ticks.length > 0)?.instantUs).toBe(Date.parse(firstTicksAt) * 1_000);
    expect(timeline.every((instant) => instant.ticks.length === 0 || instant.instantUs % ((manifest.batchMs ?? 0) * 1_000) === 0)).toBe(true);
  });
});
